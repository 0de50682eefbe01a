//! What each side can do.

use super::object::{Extra, object};
use crate::rpc::{Object, Raw};

object! {
    /// What a client can do for a server. Sent in `initialize`, or with every request since 2026-07-28.
    pub struct ClientCapabilities {
        ? /// It can ask its user.
        "elicitation" elicitation: ElicitationCapability,
    }

    /// How a client can ask its user. Empty means forms only.
    pub struct ElicitationCapability {
        ? /// By a form.
        "form" form: Extra,
        ? /// By sending the user to a web page.
        "url" url: Extra,
    }

    /// What a server offers.
    pub struct ServerCapabilities {
        ? /// It has tools.
        "tools" tools: ListCapability,
    }

    /// A list a server offers.
    pub struct ListCapability {
        ? /// It announces changes of the list.
        "listChanged" list_changed: bool,
    }
}

impl ServerCapabilities {
    /// Whether it offers this, named as in [`MethodFacts::capability`](super::MethodFacts::capability).
    #[must_use]
    pub fn offers(&self, capability: &str) -> bool {
        let (name, rest) = capability.split_once('.').map_or((capability, None), |(name, rest)| (name, Some(rest)));
        match (name, rest) {
            ("tools", None) => self.tools.is_some(),
            ("tools", Some("listChanged")) => self.tools.as_ref().is_some_and(|t| t.list_changed == Some(true)),
            _ => self.extra.get(name).is_some_and(|value| rest.is_none_or(|rest| declares(value, rest))),
        }
    }
}

/// Whether an object of capabilities has one, its members separated by dots. What is `false` or null is not there.
pub(crate) fn declares(capabilities: &Raw, path: &str) -> bool {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let member = Object::from_raw(capabilities.clone()).and_then(|object| object.get(name));
    let there = member.filter(|value| !matches!(value.as_bytes(), b"false" | b"null"));
    there.is_some_and(|value| rest.is_none_or(|rest| declares(&value, rest)))
}

impl ClientCapabilities {
    /// Whether a form can be shown to the user (2025-11-25, elicitation: an empty object means forms).
    #[must_use]
    pub fn can_show_form(&self) -> bool {
        self.elicitation.as_ref().is_some_and(|e| e.form.is_some() || e.url.is_none())
    }
}
