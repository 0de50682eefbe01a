//! `notifications/progress`: how far a request has come.

use super::object::object;
use crate::rpc::Id;

/// The notification's name.
pub const PROGRESS: &str = "notifications/progress";

object! {
    /// How far a request has come. Values grow from one notification to the next.
    pub struct Progress {
        /// The token of the request, from its `_meta`.
        "progressToken" progress_token: Id,
        /// How far.
        "progress" progress: f64,
        ? /// How far it will be at the end, if that is known.
        "total" total: f64,
        ? /// What it is doing, for people (since 2025-03-26).
        since V2025_03_26 "message" message: String,
    }
}
