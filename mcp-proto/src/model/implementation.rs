//! Who a program says it is.

use super::object::object;

object! {
    /// A client's or server's name and version. Nobody decides anything by it (2026-07-28, `_meta`).
    pub struct Implementation {
        /// For programs.
        "name" name: String,
        /// Any text.
        "version" version: String,
        ? /// For people.
        "title" title: String,
    }
}
