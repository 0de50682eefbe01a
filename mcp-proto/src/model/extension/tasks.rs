//! The extension `io.modelcontextprotocol/tasks` (2026-07-28): a server answers a call of a tool by a task, which the
//! client looks at until it is done.

/// Its name, in [`Extensions`](super::Extensions).
pub const TASKS: &str = "io.modelcontextprotocol/tasks";
