//! Elicitation: a server asks the user of a client, by a form.

use super::method::{Method, MethodFacts};
use super::object::object;
use super::version::Revision;
use crate::rpc::Raw;
use serde::{Deserialize, Serialize};

object! {
    /// Asks the user to fill in a form. `requestedSchema` is a flat object schema.
    pub struct Elicit {
        /// What the user reads.
        "message" message: String,
        /// JSON Schema of the answer.
        "requestedSchema" requested_schema: Raw,
        ? /// `form`, or absent, which means the same.
        "mode" mode: String,
    }

    /// What the user did.
    pub struct ElicitResult {
        /// Which button.
        "action" action: ElicitAction,
        ? /// What was filled in; only with [`ElicitAction::Accept`].
        "content" content: Raw,
    }
}

/// What the user did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Answered it.
    Accept,
    /// Said no.
    Decline,
    /// Went away.
    Cancel,
}

impl Elicit {
    /// A form. The schema is an object schema whose properties are strings, numbers, booleans or enums.
    #[must_use]
    pub fn form(message: impl Into<String>, requested_schema: Raw) -> Self {
        Self::new(message, requested_schema)
    }
}

impl Method for Elicit {
    const FACTS: MethodFacts = MethodFacts::to_server("elicitation/create", &[])
        .to_client(&[Revision::V2025_06_18, Revision::V2025_11_25])
        .needs("elicitation");
    type Result = ElicitResult;
}
