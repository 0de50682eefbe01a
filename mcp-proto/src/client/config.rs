//! What a client is, before it meets a server.

use crate::limits::{Limits, Timeouts};
use crate::model::{ClientCapabilities, Era, Implementation, Revision};
use crate::tap::Tap;

/// How a client finds out which era its server belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Opening {
    /// Asks `server/discover` first and falls back to `initialize` (2026-07-28, stdio: dual-era clients).
    #[default]
    Probe,
    /// Only `initialize`: for servers that can't bear an unknown first request.
    LegacyOnly,
    /// Only `server/discover`: a server of the older era is an error.
    ModernOnly,
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
