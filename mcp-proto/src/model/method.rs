//! Requests as values: a method's parameters, its result, and the facts legality is decided by.

use super::version::{Era, Revision};
use crate::rpc::Raw;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Who may send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Clients only.
    ToServer,
    /// Servers only.
    ToClient,
    /// Either side.
    Both,
}

/// What the specification says of a method. It stands in the file of its concept; the tables are collected
/// from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodFacts {
    /// The name on the wire.
    pub name: &'static str,
    /// Who sends it.
    pub direction: Direction,
    /// The revisions that have it as a request of its own.
    pub revisions: &'static [Revision],
    /// Whether a modern server may answer it with `input_required` (2026-07-28, multi-round-trip requests).
    pub may_ask: bool,
    /// Whether its modern result carries caching hints (2026-07-28, caching).
    pub cacheable: bool,
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

impl MethodFacts {
    /// Whether `revision` has it as a request of its own.
    #[must_use]
    pub fn is_in(&self, revision: Revision) -> bool {
        self.revisions.contains(&revision)
    }

    /// Whether any revision of `era` has it as a request of its own.
    #[must_use]
    pub fn is_in_era(&self, era: Era) -> bool {
        self.revisions.iter().any(|r| r.era() == era)
    }
}

/// The facts of a method by its name; `None` for names the specification does not have.
#[must_use]
pub fn facts(name: &str) -> Option<&'static MethodFacts> {
    KNOWN.iter().find(|f| f.name == name)
}

const KNOWN: &[MethodFacts] = &[
    super::Discover::FACTS,
    super::Initialize::FACTS,
    super::Ping::FACTS,
    super::ListTools::FACTS,
    super::CallTool::FACTS,
    super::Elicit::FACTS,
];
