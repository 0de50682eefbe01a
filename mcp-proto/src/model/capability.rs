//! What each side can do.

use super::object::{Extra, object};

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

impl ClientCapabilities {
    /// Whether a form can be shown to the user (2025-11-25, elicitation: an empty object means forms).
    #[must_use]
    pub fn can_show_form(&self) -> bool {
        self.elicitation.as_ref().is_some_and(|e| e.form.is_some() || e.url.is_none())
    }
}
