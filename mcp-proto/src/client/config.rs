//! What a client is, before it meets a server.

use crate::limits::{Limits, Timeouts};
use crate::model::{ClientCapabilities, Era, Implementation, Level, Revision};
use crate::tap::Tap;
use std::time::Duration;

/// How a client finds out which era its server belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// Asks `server/discover` first and falls back to `initialize` (2026-07-28, stdio: dual-era clients).
    #[default]
    Probe,
    /// Asks `initialize` first and `server/discover` if that is refused: for servers known to be of the older era,
    /// which else cost the time of a probe. What an [`Eras`](crate::handle::client::Eras) remembers leads here.
    LegacyFirst,
    /// Only `initialize`: for servers that can't bear an unknown first request.
    LegacyOnly,
    /// Only `server/discover`: a server of the older era is an error.
    ModernOnly,
}

/// What becomes of a connection whose server ends without being told to. Only where the stream can be replaced by a
/// fresh one, as with a process that is launched again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Restarts {
    /// How often in a row; an answered call begins the count anew. Default 0: the connection is over. Calls in flight
    /// fail either way; calls that wait go on waiting; subscriptions are asked for again.
    pub attempts: u32,
    /// How long before the first attempt; it doubles with each that follows. Default 1 s.
    pub delay: Duration,
    /// The longest such wait. Default 30 s.
    pub longest_delay: Duration,
}

impl Default for Restarts {
    fn default() -> Self {
        Self { attempts: 0, delay: Duration::from_secs(1), longest_delay: Duration::from_secs(30) }
    }
}

impl Restarts {
    /// As often as that in a row, the rest by default.
    #[must_use]
    pub fn attempts(attempts: u32) -> Self {
        Self { attempts, ..Self::default() }
    }

    /// How long before this attempt, counted from 1.
    pub(super) fn delay_before(&self, attempt: u32) -> Duration {
        let factor = 1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.delay.saturating_mul(factor).min(self.longest_delay)
    }
}

/// What a client says of itself and how far it goes.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Who it is.
    pub identity: Implementation,
    /// What it can do for servers.
    pub capabilities: ClientCapabilities,
    /// The revisions it speaks, best first. Default: all this library speaks.
    pub revisions: Vec<Revision>,
    /// How it begins.
    pub opening: Opening,
    /// Whether the owner can replace the stream by a fresh one of the same server, as with a process that can be
    /// launched again. Default no. A server that ends during the probe is then started afresh and spoken to in the
    /// older era.
    pub reopens: bool,
    /// What becomes of a server that ends without being told to.
    pub restarts: Restarts,
    /// Log messages of this level and worse are wanted: asked for with every request (2026-07-28), or once
    /// (`logging/setLevel`) of a server of the older era that logs. Default: none, and there the server chooses.
    pub log_level: Option<Level>,
    /// Types of results beyond the protocol's own, of extensions whose use was agreed (2026-07-28). Default: none; a
    /// result of any other type is invalid.
    pub result_types: Vec<String>,
    /// Bounds on memory and work.
    pub limits: Limits,
    /// Bounds on waiting.
    pub timeouts: Timeouts,
    /// Where frames go. With one, the machine hands every frame out for it. Default: none.
    pub tap: Option<Tap>,
}

impl Config {
    /// A client of that name that can do nothing for servers yet.
    #[must_use]
    pub fn new(identity: Implementation) -> Self {
        Self {
            identity,
            capabilities: ClientCapabilities::new(),
            revisions: Revision::SPOKEN.to_vec(),
            opening: Opening::default(),
            reopens: false,
            restarts: Restarts::default(),
            log_level: None,
            result_types: Vec::new(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            tap: None,
        }
    }

    /// The best revision of an era we speak.
    pub(super) fn best(&self, era: Era) -> Option<Revision> {
        self.revisions.iter().copied().find(|r| r.era() == era)
    }

    /// The best revision of an era that we speak and `offered` names.
    pub(super) fn mutual(&self, era: Era, offered: &[String]) -> Option<Revision> {
        self.revisions.iter().copied().find(|r| r.era() == era && offered.iter().any(|o| o == r.as_str()))
    }
}
