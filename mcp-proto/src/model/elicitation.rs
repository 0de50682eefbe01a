//! Elicitation: a server asks the user of a client, by a form or by a web page.

use super::form::FormSchema;
use super::method::{Method, MethodFacts, NotificationFacts};
use super::object::{Extra, object};
use super::restrict::{Restrict, same_everywhere};
use super::tagged::Members;
use super::task::TaskMetadata;
use super::version::Revision;
use crate::rpc::Raw;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Says that what a user was sent to a web page for is done (2025-11-25 only); its parameters are
/// [`ElicitationComplete`].
pub const ELICITATION_COMPLETE: &str = "notifications/elicitation/complete";

/// A question to the user.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Elicit {
    /// By a form: `mode` is `form`, or absent, which means the same.
    Form(ElicitForm),
    /// By a web page, for what the client must not see (since 2025-11-25).
    Url(ElicitUrl),
    /// In a mode this version of the library does not know: its members as they came.
    Other(Extra),
}

object! {
    /// Asks the user to fill in a form.
    pub struct ElicitForm {
        /// What the user reads.
        "message" message: String,
        /// JSON Schema of the answer: an object of strings, numbers, booleans and choices, as [`FormSchema`] has them.
        "requestedSchema" requested_schema: Raw,
        ? /// `form`, or absent, which means the same.
        since V2025_11_25 "mode" mode: String,
        ? /// Asks for a task instead of an answer (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "task" task: TaskMetadata,
    }

    /// Asks the user to go to a web page (since 2025-11-25). The answer says that the user agreed, not that it is done.
    pub struct ElicitUrl("mode" = "url") {
        /// What the user reads.
        "message" message: String,
        /// Where to go.
        "url" url: String,
        ? /// Names it, for `notifications/elicitation/complete` (required in 2025-11-25, and only there).
        since V2025_11_25 until V2025_11_25 "elicitationId" elicitation_id: String,
        ? /// Asks for a task instead of an answer (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "task" task: TaskMetadata,
    }

    /// What the user did.
    pub struct ElicitResult {
        /// Which button.
        "action" action: ElicitAction,
        ? /// What was filled in; only with [`ElicitAction::Accept`], and for a form.
        "content" content: Raw,
    }

    /// Says that what a user was sent to a web page for is done (2025-11-25 only).
    pub struct ElicitationComplete {
        /// Which.
        "elicitationId" elicitation_id: String,
    }

    /// `data` of [`URL_ELICITATION_REQUIRED`](super::URL_ELICITATION_REQUIRED) (2025-11-25 only).
    pub struct UrlElicitationRequired {
        /// Where the user has to go first. Each has an id.
        "elicitations" elicitations: Vec<ElicitUrl>,
    }
}

/// What the user did with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Answered it, or agreed to go to a web page.
    Accept,
    /// Said no.
    Decline,
    /// Went away.
    Cancel,
}

same_everywhere!(ElicitAction);

impl Elicit {
    /// A form. The schema is an object schema whose properties are strings, numbers, booleans or choices: a
    /// [`FormSchema`], or JSON.
    #[must_use]
    pub fn form(message: impl Into<String>, requested_schema: impl Into<Raw>) -> Self {
        Self::Form(ElicitForm::new(message, requested_schema))
    }

    /// A web page. For a client of 2025-11-25 it needs an id, too.
    #[must_use]
    pub fn url(message: impl Into<String>, url: impl Into<String>) -> Self {
        Self::Url(ElicitUrl::new(message, url))
    }

    /// What the user reads; empty in a mode that is not known.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Form(form) => &form.message,
            Self::Url(url) => &url.message,
            Self::Other(_) => "",
        }
    }
}

impl ElicitForm {
    /// The schema, typed.
    ///
    /// # Errors
    /// It is not what a form may be.
    pub fn schema(&self) -> Result<FormSchema, serde_json::Error> {
        self.requested_schema.parse()
    }
}

impl ElicitResult {
    /// The user has filled in a form: an object, as `serde_json::json!` makes it.
    #[must_use]
    pub fn accept(content: impl Into<Raw>) -> Self {
        Self::new(ElicitAction::Accept).content(content)
    }

    /// The user said no.
    #[must_use]
    pub fn decline() -> Self {
        Self::new(ElicitAction::Decline)
    }

    /// What the user filled in; nothing if the user said no, or went away.
    ///
    /// # Errors
    /// It is not a `T`.
    pub fn accepted<T: DeserializeOwned>(&self) -> Result<Option<T>, serde_json::Error> {
        match &self.content {
            Some(content) if self.action == ElicitAction::Accept => content.parse().map(Some),
            None if self.action == ElicitAction::Accept => Raw::empty_object().parse().map(Some),
            _ => Ok(None),
        }
    }
}

impl From<ElicitForm> for Elicit {
    fn from(form: ElicitForm) -> Self {
        Self::Form(form)
    }
}

impl From<ElicitUrl> for Elicit {
    fn from(url: ElicitUrl) -> Self {
        Self::Url(url)
    }
}

impl Restrict for Elicit {
    fn restrict(&mut self, revision: Revision) {
        match self {
            Self::Form(form) => {
                form.restrict(revision);
                // A schema that cannot be read goes as it is. Later revisions have all there is.
                if !revision.is_since(Revision::V2025_11_25)
                    && let Ok(schema) = form.schema()
                {
                    let mut sent = schema.clone();
                    sent.restrict(revision);
                    if sent != schema {
                        // What cannot be asked cannot be required.
                        if let Some(required) = &mut sent.required {
                            let fields = &sent.properties;
                            required.retain(|name| fields.has(name) || !schema.properties.has(name));
                        }
                        form.requested_schema = sent.into();
                    }
                }
            }
            Self::Url(url) => url.restrict(revision),
            Self::Other(_) => {}
        }
    }
}

impl Serialize for Elicit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Form(form) => form.serialize(serializer),
            Self::Url(url) => url.serialize(serializer),
            Self::Other(members) => members.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Elicit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        match members.word("mode") {
            None | Some("form") => members.read().map(Self::Form),
            Some("url") => members.read().map(Self::Url),
            Some(_) => members.keep().map(Self::Other),
        }
    }
}

impl Method for Elicit {
    const FACTS: MethodFacts = MethodFacts::to_server("elicitation/create", &[])
        .to_client(&[Revision::V2025_06_18, Revision::V2025_11_25])
        .needs("elicitation");
    type Result = ElicitResult;
}

pub(super) const COMPLETE_FACTS: NotificationFacts =
    NotificationFacts::new(ELICITATION_COMPLETE, &[], &[Revision::V2025_11_25]);
