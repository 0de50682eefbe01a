//! Who a program says it is.

use super::icon::Icon;
use super::object::object;

object! {
    /// A client's or server's name and version. Nobody decides anything by it (2026-07-28, `_meta`).
    pub struct Implementation {
        /// For programs.
        "name" name: String,
        /// Any text.
        "version" version: String,
        ? /// For people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
        ? /// What it does (since 2025-11-25).
        since V2025_11_25 "description" description: String,
        ? /// Where there is more about it (since 2025-11-25).
        since V2025_11_25 "websiteUrl" website_url: String,
        ? /// Pictures to show beside its name (since 2025-11-25).
        since V2025_11_25 "icons" icons: Vec<Icon>,
    }
}
