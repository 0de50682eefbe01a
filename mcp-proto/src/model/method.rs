//! Requests as values: a method's parameters, its result, and the facts legality is decided by.

use super::version::Revision;
use crate::rpc::Raw;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What the specification says of a request. It stands in the file of its concept; the tables are collected
/// from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodFacts {
    /// The name on the wire.
    pub name: &'static str,
    /// The revisions in which clients send it as a request of its own.
    pub to_server: &'static [Revision],
    /// The revisions in which servers send it as a request of its own. Since 2026-07-28 they send none: what they
    /// want to know stands within their answers.
    pub to_client: &'static [Revision],
    /// The capability its receiver must have declared, members separated by dots. Not every revision may know of it:
    /// see [`Self::capability_in`].
    pub capability: Option<&'static str>,
    /// The first revision that has the capability.
    pub capability_since: Revision,
    /// Whether a modern server may answer it with `input_required` (2026-07-28, multi-round-trip requests).
    pub may_ask: bool,
    /// Whether its modern result carries caching hints (2026-07-28, caching).
    pub cacheable: bool,
    /// The member of its parameters that says what it is about, and that HTTP has in a header as well (2026-07-28,
    /// transports).
    pub about: Option<&'static str>,
}

/// What the specification says of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationFacts {
    /// The name on the wire.
    pub name: &'static str,
    /// The revisions in which clients send it.
    pub to_server: &'static [Revision],
    /// The revisions in which servers send it.
    pub to_client: &'static [Revision],
}

/// Who receives a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// The server.
    Server,
    /// The client.
    Client,
}

/// A typed request: its parameters are the value itself.
pub trait Method: Serialize {
    /// What the specification says of it.
    const FACTS: MethodFacts;
    /// What it is answered with.
    type Result: DeserializeOwned;

    /// Its parameters as JSON.
    ///
    /// # Errors
    /// What can't be written as JSON.
    fn to_params(&self) -> Result<Raw, serde_json::Error> {
        Raw::from_serialize(self)
    }
}

use Revision::{V2024_11_05, V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28};

/// In every revision.
pub(crate) const ALWAYS: &[Revision] = &[V2024_11_05, V2025_03_26, V2025_06_18, V2025_11_25, V2026_07_28];
/// In every revision with a handshake.
pub(crate) const WITH_HANDSHAKE: &[Revision] = &[V2024_11_05, V2025_03_26, V2025_06_18, V2025_11_25];
/// Where every request describes itself.
pub(crate) const SELF_DESCRIBING: &[Revision] = &[V2026_07_28];

impl MethodFacts {
    /// A request of clients in these revisions, which needs nothing.
    #[must_use]
    pub const fn to_server(name: &'static str, revisions: &'static [Revision]) -> Self {
        Self {
            name,
            to_server: revisions,
            to_client: &[],
            capability: None,
            capability_since: V2024_11_05,
            may_ask: false,
            cacheable: false,
            about: None,
        }
    }

    /// Servers send it too, in these revisions.
    #[must_use]
    pub const fn to_client(self, revisions: &'static [Revision]) -> Self {
        Self { to_client: revisions, ..self }
    }

    /// It needs this capability of its receiver.
    #[must_use]
    pub const fn needs(self, capability: &'static str) -> Self {
        Self { capability: Some(capability), ..self }
    }

    /// It needs this capability of its receiver since that revision; those before have none for it.
    #[must_use]
    pub const fn needs_since(self, capability: &'static str, revision: Revision) -> Self {
        Self { capability: Some(capability), capability_since: revision, ..self }
    }

    /// The capability its receiver must have declared in that revision, members separated by dots.
    #[must_use]
    pub fn capability_in(&self, revision: Revision) -> Option<&'static str> {
        self.capability.filter(|_| revision.is_since(self.capability_since))
    }

    /// It may be answered by a question.
    #[must_use]
    pub const fn may_ask(self) -> Self {
        Self { may_ask: true, ..self }
    }

    /// Its result may be kept.
    #[must_use]
    pub const fn cacheable(self) -> Self {
        Self { cacheable: true, ..self }
    }

    /// This member of its parameters says what it is about.
    #[must_use]
    pub const fn about(self, member: &'static str) -> Self {
        Self { about: Some(member), ..self }
    }

    /// Whether `receiver` may get it as a request of its own in `revision`.
    #[must_use]
    pub fn is_legal(&self, revision: Revision, receiver: Receiver) -> bool {
        legal(self.to_server, self.to_client, revision, receiver)
    }
}

impl NotificationFacts {
    pub(crate) const fn new(
        name: &'static str,
        to_server: &'static [Revision],
        to_client: &'static [Revision],
    ) -> Self {
        Self { name, to_server, to_client }
    }

    /// Whether `receiver` may get it in `revision`.
    #[must_use]
    pub fn is_legal(&self, revision: Revision, receiver: Receiver) -> bool {
        legal(self.to_server, self.to_client, revision, receiver)
    }
}

fn legal(to_server: &[Revision], to_client: &[Revision], revision: Revision, receiver: Receiver) -> bool {
    let revisions = match receiver {
        Receiver::Server => to_server,
        Receiver::Client => to_client,
    };
    revisions.contains(&revision)
}

/// The facts of a request by its name; `None` for names the specification does not have.
#[must_use]
pub fn facts(name: &str) -> Option<&'static MethodFacts> {
    REQUESTS.iter().find(|f| f.name == name)
}

/// The facts of a notification by its name; `None` for names the specification does not have.
#[must_use]
pub fn notification_facts(name: &str) -> Option<&'static NotificationFacts> {
    NOTIFICATIONS.iter().find(|f| f.name == name)
}

/// Every request of every revision. What is called often comes first.
pub const REQUESTS: &[MethodFacts] = &[
    super::CallTool::FACTS,
    super::ListTools::FACTS,
    super::Discover::FACTS,
    super::Initialize::FACTS,
    super::Ping::FACTS,
    super::ReadResource::FACTS,
    super::ListResources::FACTS,
    super::ListResourceTemplates::FACTS,
    super::Subscribe::FACTS,
    super::Unsubscribe::FACTS,
    super::GetPrompt::FACTS,
    super::ListPrompts::FACTS,
    super::Complete::FACTS,
    super::SetLevel::FACTS,
    super::Listen::FACTS,
    super::Elicit::FACTS,
    super::CreateMessage::FACTS,
    super::ListRoots::FACTS,
    // Tasks: part of 2025-11-25; since 2026-07-28 an extension has some of these names, with other shapes.
    super::GetTask::FACTS,
    super::CancelTask::FACTS,
    super::GetTaskPayload::FACTS,
    super::ListTasks::FACTS,
    super::extension::tasks::UpdateTask::FACTS,
];

/// Every notification of every revision.
pub const NOTIFICATIONS: &[NotificationFacts] = &[
    NotificationFacts::new(super::PROGRESS, WITH_HANDSHAKE, ALWAYS),
    NotificationFacts::new(super::CANCELLED, ALWAYS, ALWAYS),
    NotificationFacts::new(super::INITIALIZED, WITH_HANDSHAKE, &[]),
    super::logging::LOG_FACTS,
    super::resource::LIST_CHANGED_FACTS,
    super::resource::UPDATED_FACTS,
    super::prompt::LIST_CHANGED_FACTS,
    super::tool::LIST_CHANGED_FACTS,
    super::roots::LIST_CHANGED_FACTS,
    super::task::STATUS_FACTS,
    super::elicitation::COMPLETE_FACTS,
    NotificationFacts::new(super::ACKNOWLEDGED, &[], SELF_DESCRIBING),
    super::extension::tasks::CHANGED_FACTS,
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_there_once() {
        let requests: BTreeSet<&str> = REQUESTS.iter().map(|f| f.name).collect();
        assert_eq!(requests.len(), REQUESTS.len());
        let notifications: BTreeSet<&str> = NOTIFICATIONS.iter().map(|f| f.name).collect();
        assert_eq!(notifications.len(), NOTIFICATIONS.len());
    }

    #[test]
    fn completion_needs_a_capability_since_there_is_one() {
        let complete = super::super::Complete::FACTS;
        assert_eq!(complete.capability_in(V2024_11_05), None);
        assert_eq!(complete.capability_in(V2025_03_26), Some("completions"));
        assert_eq!(super::super::CallTool::FACTS.capability_in(V2024_11_05), Some("tools"));
    }

    #[test]
    fn revisions_have_what_their_schemas_have() {
        // How many requests and notifications each side may get, revision by revision.
        let count = |revision: Revision, to: Receiver| {
            let requests = REQUESTS.iter().filter(|f| f.is_legal(revision, to)).count();
            (requests, NOTIFICATIONS.iter().filter(|f| f.is_legal(revision, to)).count())
        };
        for (revision, server, client) in [
            (V2024_11_05, (13, 4), (3, 7)),
            (V2025_03_26, (13, 4), (3, 7)),
            (V2025_06_18, (13, 4), (4, 7)),
            (V2025_11_25, (17, 5), (8, 9)),
            (V2026_07_28, (13, 1), (0, 9)),
        ] {
            let found = (count(revision, Receiver::Server), count(revision, Receiver::Client));
            assert_eq!(found, (server, client), "{revision}");
        }
    }
}
