//! Tasks as 2025-11-25 has them: a request whose answer can be fetched later.
//!
//! 2026-07-28 took them out and has an extension of the same name and other shapes:
//! [`extension::tasks`](super::extension::tasks).

use super::object::object;

object! {
    /// Asks for a task instead of an answer.
    pub struct TaskMetadata {
        ? /// For how many milliseconds its result is to be kept, from its beginning.
        "ttl" ttl: u64,
    }
}
