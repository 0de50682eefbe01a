//! `subscriptions/listen` (2026-07-28): one request that stays open and brings the changes it asks for.

use super::method::{Method, MethodFacts, SELF_DESCRIBING};
use super::object::object;

/// Begins a subscription: what the server accepted of it. The notification's name.
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

object! {
    /// Asks for changes, until it is cancelled or the server ends it.
    pub struct Listen {
        /// Which changes.
        "notifications" notifications: Changes,
    }

    /// The changes a subscription is for. What is absent is not wanted.
    pub struct Changes {
        ? /// The list of tools.
        "toolsListChanged" tools_list_changed: bool,
        ? /// The list of prompts.
        "promptsListChanged" prompts_list_changed: bool,
        ? /// The list of resources.
        "resourcesListChanged" resources_list_changed: bool,
        ? /// The content of resources, by their URIs.
        "resourceSubscriptions" resource_subscriptions: Vec<String>,
    }

    /// A server's word that a subscription has ended as it should.
    pub struct ListenResult {}

    /// What a server accepted of a subscription. Comes before anything else of it.
    pub struct Acknowledged {
        /// The changes that will be told.
        "notifications" notifications: Changes,
    }
}

impl Method for Listen {
    const FACTS: MethodFacts = MethodFacts::to_server("subscriptions/listen", SELF_DESCRIBING);
    type Result = ListenResult;
}
