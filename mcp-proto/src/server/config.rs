//! What a server is, before anybody connects.

use crate::limits::{Limits, Timeouts};
use crate::model::{CacheHint, Era, Implementation, Revision, ServerCapabilities};
use crate::tap::Tap;
use crate::time::Clock;
use std::fmt;

/// What a server says of itself and how far it goes. Shared by all its connections.
#[derive(Clone)]
#[non_exhaustive]
pub struct Config {
    /// Who it is.
    pub identity: Implementation,
    /// What it offers.
    pub capabilities: ServerCapabilities,
    /// How to use it, for a model to read.
    pub instructions: Option<String>,
    /// The revisions it serves, best first. Default: all this library speaks.
    pub revisions: Vec<Revision>,
    /// Bounds on memory and work.
    pub limits: Limits,
    /// Bounds on waiting.
    pub timeouts: Timeouts,
    /// How long clients may keep what `server/discover` says, and for whom. Default: not at all.
    pub discover_cache: CacheHint,
    /// Whether requests that begin or end telling go to the owner, as those do that the core knows nothing of:
    /// `subscriptions/listen`, `resources/subscribe`, `resources/unsubscribe` and `logging/setLevel`. For gateways.
    /// Default: no, the core answers them, and [`Command::Announce`](super::Command::Announce) and
    /// [`Command::Log`](super::Command::Log) go by them.
    ///
    /// A `subscriptions/listen` is then a call like others, but that its notifications and its result name it, and
    /// that it is ended, and the owner told of it as cancelled, when the connection begins to end.
    pub raw_subscriptions: bool,
    /// Where frames go. With one, the machine hands every frame out for it. Default: none.
    pub tap: Option<Tap>,
    /// The process's clock, for expiries that leave it.
    pub clock: Clock,
    /// The key that authenticates `requestState`. Instances that answer each other's clients share one;
    /// otherwise it is random per process, and a question asked before a restart is asked anew.
    pub state_key: [u8; 32],
}

/// All but the key.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("identity", &self.identity)
            .field("capabilities", &self.capabilities)
            .field("revisions", &self.revisions)
            .field("limits", &self.limits)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// A server of that name with nothing to offer yet. The key comes from the operating system's
    /// randomness in an adapter and is zero in a test.
    #[must_use]
    pub fn new(identity: Implementation, clock: Clock, state_key: [u8; 32]) -> Self {
        Self {
            identity,
            capabilities: ServerCapabilities::new(),
            instructions: None,
            revisions: Revision::SPOKEN.to_vec(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            discover_cache: CacheHint::default(),
            raw_subscriptions: false,
            tap: None,
            clock,
            state_key,
        }
    }

    /// Whether it tells of any changes. For drivers: if not, nobody need announce them to its connections.
    #[must_use]
    pub fn tells_of_changes(&self) -> bool {
        self.capabilities.tells_of_changes()
    }

    /// The identity as it stands in every modern result.
    pub(super) fn identity_json(&self) -> String {
        serde_json::to_string(&self.identity).unwrap_or_else(|_| "{}".to_owned())
    }

    pub(super) fn serves(&self, revision: Revision) -> bool {
        self.revisions.contains(&revision)
    }

    /// The revision a handshake ends on if the client's own is not served (lifecycle: the newest of the
    /// older era).
    pub(super) fn newest_legacy(&self) -> Option<Revision> {
        self.revisions.iter().copied().find(|r| r.era() == Era::Legacy)
    }
}
