//! The published revisions, and the two eras they fall into.

use std::fmt;

/// A published revision of the protocol. Revisions compare for equality; which era one belongs to is a fact
/// of the table, not of its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Revision {
    /// 2024-11-05.
    V2024_11_05,
    /// 2025-03-26.
    V2025_03_26,
    /// 2025-06-18.
    V2025_06_18,
    /// 2025-11-25, the newest with a handshake.
    V2025_11_25,
    /// 2026-07-28, the first in which every request describes itself.
    V2026_07_28,
}

/// How a peer and we come to terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Era {
    /// A handshake (`initialize`) and a session: 2024-11-05 to 2025-11-25.
    Legacy,
    /// Every request describes itself: 2026-07-28 and later.
    Modern,
}

impl Revision {
    /// The revisions this library speaks, newest first.
    pub const SPOKEN: &'static [Self] =
        &[Self::V2026_07_28, Self::V2025_11_25, Self::V2025_06_18, Self::V2025_03_26, Self::V2024_11_05];

    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2024_11_05 => "2024-11-05",
            Self::V2025_03_26 => "2025-03-26",
            Self::V2025_06_18 => "2025-06-18",
            Self::V2025_11_25 => "2025-11-25",
            Self::V2026_07_28 => "2026-07-28",
        }
    }

    /// The revision of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::SPOKEN.iter().copied().find(|r| r.as_str() == name)
    }

    /// Whether it is `first` or came after it.
    #[must_use]
    pub const fn is_since(self, first: Self) -> bool {
        self as u8 >= first as u8
    }

    /// Whether it is `last` or came before it.
    #[must_use]
    pub const fn is_until(self, last: Self) -> bool {
        self as u8 <= last as u8
    }

    /// Whether a message may be an array of messages (2025-03-26 only: what came before never said so, and what
    /// came after took it back).
    #[must_use]
    pub const fn has_batches(self) -> bool {
        matches!(self, Self::V2025_03_26)
    }

    /// Whether an error may come without an id, if the id could not be read. Schemas before 2025-11-25 require
    /// one, so there nothing can be said.
    #[must_use]
    pub const fn has_errors_without_id(self) -> bool {
        matches!(self, Self::V2025_11_25 | Self::V2026_07_28)
    }

    /// Whether arguments that a tool can't take are an error of the tool, for the model to read and mend (since
    /// 2025-11-25), or of the protocol.
    #[must_use]
    pub const fn has_argument_errors_as_results(self) -> bool {
        matches!(self, Self::V2025_11_25 | Self::V2026_07_28)
    }

    /// Whether progress has a message for people (since 2025-03-26).
    #[must_use]
    pub const fn has_progress_message(self) -> bool {
        !matches!(self, Self::V2024_11_05)
    }

    /// Its era.
    #[must_use]
    pub const fn era(self) -> Era {
        match self {
            Self::V2024_11_05 | Self::V2025_03_26 | Self::V2025_06_18 | Self::V2025_11_25 => Era::Legacy,
            Self::V2026_07_28 => Era::Modern,
        }
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Era {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Legacy => "legacy",
            Self::Modern => "modern",
        })
    }
}
