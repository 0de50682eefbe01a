//! Roots: where a client lets a server work. Deprecated since 2026-07-28, and still there.

use super::method::{Method, MethodFacts, NotificationFacts, WITH_HANDSHAKE};
use super::object::{Extra, object};

/// Says that a client's roots have changed (until 2025-11-25).
pub const ROOTS_LIST_CHANGED: &str = "notifications/roots/list_changed";

object! {
    /// A place a server may work in.
    pub struct Root {
        /// A `file:` URI.
        "uri" uri: String,
        ? /// A name for people.
        "name" name: String,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Asks a client for its roots.
    pub struct ListRoots {}

    /// A client's roots.
    pub struct ListRootsResult {
        /// The roots.
        "roots" roots: Vec<Root>,
    }
}

impl Method for ListRoots {
    const FACTS: MethodFacts = MethodFacts::to_server("roots/list", &[]).to_client(WITH_HANDSHAKE).needs("roots");
    type Result = ListRootsResult;
}

pub(super) const LIST_CHANGED_FACTS: NotificationFacts =
    NotificationFacts::new(ROOTS_LIST_CHANGED, WITH_HANDSHAKE, &[]);
