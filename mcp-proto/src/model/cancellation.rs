//! `notifications/cancelled`: the sender of a request no longer wants its answer.

use super::object::object;
use crate::rpc::Id;

/// The notification's name.
pub const CANCELLED: &str = "notifications/cancelled";

object! {
    /// Names the request that is not wanted any more.
    pub struct Cancelled {
        ? /// Its id. Optional in the schema of 2025-11-25; without it there is nothing to cancel.
        "requestId" request_id: Id,
        ? /// Why, for people.
        "reason" reason: String,
    }
}
