//! Log messages of servers, for whoever looks after them. Deprecated since 2026-07-28, and still there.

use super::initialize::EmptyResult;
use super::method::{ALWAYS, Method, MethodFacts, NotificationFacts, WITH_HANDSHAKE};
use super::object::{Word, object};
use super::restrict::same_everywhere;
use crate::rpc::Raw;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A log message; its parameters are [`LogMessage`].
pub const LOG_MESSAGE: &str = "notifications/message";

/// How bad something is, as RFC 5424 has it. Ordered: [`Level::Debug`] is the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// For who looks for a bug.
    Debug,
    /// What goes on.
    Info,
    /// Normal, but worth a look.
    Notice,
    /// Something may be wrong.
    Warning,
    /// Something went wrong.
    Error,
    /// A part has failed.
    Critical,
    /// Somebody has to act at once.
    Alert,
    /// Nothing works.
    Emergency,
}

impl Level {
    /// All of them, the least first.
    pub const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }
}

/// A word that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a log level is one of debug, info, notice, warning, error, critical, alert, emergency")]
pub struct UnknownLevel;

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(word: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|level| level.as_str() == word).ok_or(UnknownLevel)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Word::deserialize(deserializer)?.0.parse().map_err(serde::de::Error::custom)
    }
}

same_everywhere!(Level);

object! {
    /// Sets the least level a client wants to hear of (until 2025-11-25; since then each request says it in `_meta`).
    pub struct SetLevel {
        /// It, and what is worse.
        "level" level: Level,
    }

    /// A log message.
    pub struct LogMessage {
        /// How bad it is.
        "level" level: Level,
        /// What there is to say: a text, or any other value. No secrets, nothing personal.
        "data" data: Raw,
        ? /// Which part of the server says it.
        "logger" logger: String,
    }
}

impl Method for SetLevel {
    const FACTS: MethodFacts = MethodFacts::to_server("logging/setLevel", WITH_HANDSHAKE).needs("logging");
    type Result = EmptyResult;
}

pub(super) const LOG_FACTS: NotificationFacts = NotificationFacts::new(LOG_MESSAGE, &[], ALWAYS);
