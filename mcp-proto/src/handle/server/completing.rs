//! Completing an argument while it is typed.

use super::arguments::invalid;
use super::context::CallContext;
use super::outcome::Recipient;
use crate::model::{Complete, Reference};
use crate::server::Answer;
use std::collections::BTreeMap;

/// An argument of a prompt, or a variable of a resource template, that somebody is typing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completing {
    /// Its name.
    pub argument: String,
    /// What was typed so far.
    pub value: String,
    /// The other arguments that are known already (since 2025-06-18).
    pub others: BTreeMap<String, String>,
}

/// Names what is completed, among all that may be.
pub(super) fn completed(of: &Reference) -> String {
    match of {
        Reference::Prompt(prompt) => format!("prompt {}", prompt.name),
        Reference::Resource(resource) => format!("resource {}", resource.uri),
        _ => String::new(),
    }
}

/// Reads it out of a `completion/complete`.
pub(super) fn completing(call: &CallContext) -> Result<(Completing, Recipient), Answer> {
    let request = &call.request;
    let asked: Complete = request.params.raw().parse().map_err(|e| invalid(format!("invalid parameters: {e}")))?;
    let others = asked.context.and_then(|context| context.arguments).unwrap_or_default();
    let completing = Completing { argument: asked.argument.name, value: asked.argument.value, others };
    Ok((completing, Recipient::of(request)))
}
