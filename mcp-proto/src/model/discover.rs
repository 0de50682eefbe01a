//! `server/discover` (2026-07-28): who a server is, asked without any handshake.

use super::capability::ServerCapabilities;
use super::method::{Direction, Method, MethodFacts};
use super::object::object;
use super::version::Revision;

object! {
    /// Asks a server who it is and which revisions it serves.
    pub struct Discover {}

    /// The answer to [`Discover`].
    pub struct DiscoverResult {
        /// The revisions it serves, best first. A name of the older era means: use `initialize`.
        "supportedVersions" supported_versions: Vec<String>,
        /// What it offers.
        "capabilities" capabilities: ServerCapabilities,
        ? /// How to use it, for a model to read.
        "instructions" instructions: String,
        ? /// For how many milliseconds the answer may be kept. Absent: not at all.
        "ttlMs" ttl_ms: u64,
        ? /// `public` or `private`: who may share a kept answer. Absent: `private`.
        "cacheScope" cache_scope: String,
    }
}

impl Method for Discover {
    const FACTS: MethodFacts = MethodFacts {
        name: "server/discover",
        direction: Direction::ToServer,
        revisions: &[Revision::V2026_07_28],
        may_ask: false,
        cacheable: true,
    };
    type Result = DiscoverResult;
}
