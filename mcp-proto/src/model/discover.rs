//! `server/discover` (2026-07-28): who a server is, asked without any handshake.

use super::cache::{CacheScope, cacheable};
use super::capability::ServerCapabilities;
use super::method::{Method, MethodFacts, SELF_DESCRIBING};
use super::object::object;

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
        ? /// For how many milliseconds the answer may be kept. Absent or negative: not at all.
        "ttlMs" ttl_ms: i64,
        ? /// Who may share a kept answer. Absent: as private.
        "cacheScope" cache_scope: CacheScope,
    }
}

impl Method for Discover {
    const FACTS: MethodFacts = MethodFacts::to_server("server/discover", SELF_DESCRIBING).cacheable();
    type Result = DiscoverResult;
}

cacheable!(DiscoverResult);
