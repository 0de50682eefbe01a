//! `subscriptions/listen` (2026-07-28): one request that stays open and brings the changes it asks for.

use super::method::{Method, MethodFacts, SELF_DESCRIBING};
use super::object::object;
use std::collections::BTreeSet;

/// Begins a subscription: what the server accepted of it. The notification's name.
pub const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

/// The list of tools is another one. The notification's name.
pub const TOOLS_LIST_CHANGED: &str = "notifications/tools/list_changed";
/// The list of prompts is another one. The notification's name.
pub const PROMPTS_LIST_CHANGED: &str = "notifications/prompts/list_changed";
/// The list of resources is another one. The notification's name.
pub const RESOURCES_LIST_CHANGED: &str = "notifications/resources/list_changed";
/// The content of a resource is another one. The notification's name.
pub const RESOURCE_UPDATED: &str = "notifications/resources/updated";

/// Something of a server that has changed. It does not say how: whoever wants to know asks anew.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Change {
    /// The list of tools.
    ToolsList,
    /// The list of prompts.
    PromptsList,
    /// The list of resources, or of their templates.
    ResourcesList,
    /// The content of the resource with this URI.
    Resource(String),
}

impl Change {
    /// The notification that tells of it, in every revision.
    #[must_use]
    pub const fn notification(&self) -> &'static str {
        match self {
            Self::ToolsList => TOOLS_LIST_CHANGED,
            Self::PromptsList => PROMPTS_LIST_CHANGED,
            Self::ResourcesList => RESOURCES_LIST_CHANGED,
            Self::Resource(_) => RESOURCE_UPDATED,
        }
    }

    /// The capability of a server that tells of it, members separated by dots.
    #[must_use]
    pub const fn capability(&self) -> &'static str {
        match self {
            Self::ToolsList => "tools.listChanged",
            Self::PromptsList => "prompts.listChanged",
            Self::ResourcesList => "resources.listChanged",
            Self::Resource(_) => "resources.subscribe",
        }
    }
}

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

impl Changes {
    /// All that are asked for, each once, in order.
    pub(crate) fn all(self) -> BTreeSet<Change> {
        let lists = [
            (self.tools_list_changed, Change::ToolsList),
            (self.prompts_list_changed, Change::PromptsList),
            (self.resources_list_changed, Change::ResourcesList),
        ];
        let lists = lists.into_iter().filter(|(wanted, _)| *wanted == Some(true)).map(|(_, change)| change);
        let resources = self.resource_subscriptions.into_iter().flatten().map(Change::Resource);
        lists.chain(resources).collect()
    }
}

/// Asks for these changes.
impl<'a> FromIterator<&'a Change> for Changes {
    fn from_iter<I: IntoIterator<Item = &'a Change>>(changes: I) -> Self {
        let mut asked = Self::new();
        for change in changes {
            match change {
                Change::ToolsList => asked.tools_list_changed = Some(true),
                Change::PromptsList => asked.prompts_list_changed = Some(true),
                Change::ResourcesList => asked.resources_list_changed = Some(true),
                Change::Resource(uri) => asked.resource_subscriptions.get_or_insert_default().push(uri.clone()),
            }
        }
        asked
    }
}

impl Method for Listen {
    const FACTS: MethodFacts = MethodFacts::to_server("subscriptions/listen", SELF_DESCRIBING);
    type Result = ListenResult;
}
