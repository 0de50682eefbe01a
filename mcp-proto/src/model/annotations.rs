//! What content and resources say about themselves for those who show them.

use super::object::object;
use super::word::words;

words! {
    /// Who says something, or is meant by it.
    pub enum Role {
        /// The user.
        User = "user",
        /// The model.
        Assistant = "assistant",
    }
}

object! {
    /// Hints for whoever shows or uses a resource or a block of content.
    pub struct Annotations {
        ? /// Whom it is for.
        "audience" audience: Vec<Role>,
        ? /// How important it is, from 0 (optional) to 1 (required).
        "priority" priority: f64,
        ? /// When it was last changed, as ISO 8601 has it (since 2025-06-18).
        since V2025_06_18 "lastModified" last_modified: String,
    }
}
