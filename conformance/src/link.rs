//! Links: how the bytes of a script reach the subject, and how the subject's reach the script.

use mcp_proto::sim::{Behaviour, Cut};
use std::fmt;

/// How a link treats what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Every message in one piece.
    Whole,
    /// Every byte by itself.
    Bytes,
    /// Messages that follow each other arrive together.
    Glued,
    /// A few bytes at a time, in virtual time so many a second.
    Slow,
    /// It breaks when the script has sent so many hundredths of what it has to say.
    Broken(u8),
}

impl LinkKind {
    /// All of them, as the matrix runs them. The first is whole: it tells how long a script is.
    pub const ALL: &'static [Self] = &[
        Self::Whole,
        Self::Bytes,
        Self::Glued,
        Self::Slow,
        Self::Broken(0),
        Self::Broken(20),
        Self::Broken(50),
        Self::Broken(80),
        Self::Broken(99),
    ];

    /// Without its numbers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Bytes => "bytes",
            Self::Glued => "glued",
            Self::Slow => "slow",
            Self::Broken(_) => "broken",
        }
    }

    /// Whether every revision is run over it, not only the newest of those that share a section.
    #[must_use]
    pub const fn carries_every_revision(self) -> bool {
        matches!(self, Self::Whole | Self::Bytes)
    }

    /// How many bytes of a script of `total` bytes pass.
    #[must_use]
    pub fn budget(self, total: usize) -> Option<usize> {
        match self {
            Self::Broken(hundredths) => Some(total * usize::from(hundredths) / 100),
            _ => None,
        }
    }

    /// On the virtual clock.
    #[must_use]
    pub fn behaviour(self) -> Behaviour {
        let whole = Behaviour::default();
        match self {
            Self::Whole | Self::Broken(_) => whole,
            Self::Bytes => Behaviour { cut: Cut::EachByte, ..whole },
            Self::Glued => Behaviour { glue: true, ..whole },
            Self::Slow => Behaviour { cut: Cut::Random, bytes_per_second: Some(20_000), capacity: 512, ..whole },
        }
    }

    /// Bytes of one write over a socket.
    #[must_use]
    pub const fn piece(self) -> usize {
        match self {
            Self::Bytes => 1,
            Self::Slow => 7,
            Self::Whole | Self::Glued | Self::Broken(_) => usize::MAX,
        }
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(hundredths) => write!(f, "broken off at {hundredths}%"),
            other => f.write_str(other.name()),
        }
    }
}
