//! Input rounds (2026-07-28, multi-round-trip requests): an answer that asks back.

use super::object::object;
use crate::rpc::Raw;
use std::collections::BTreeMap;

/// `resultType` of a final result.
pub const COMPLETE: &str = "complete";
/// `resultType` of a result that asks back.
pub const INPUT_REQUIRED: &str = "input_required";

/// What a server may ask for.
pub const QUESTIONS: &[&str] = &["elicitation/create", "sampling/createMessage", "roots/list"];

object! {
    /// A question within an answer.
    pub struct InputRequest {
        /// `elicitation/create`, `sampling/createMessage` or `roots/list`.
        "method" method: String,
        ? /// Its parameters.
        "params" params: Raw,
    }

    /// The answer that asks back. At least one of its members is there.
    pub struct InputRequired {
        ? /// The questions, by keys the server chose.
        "inputRequests" input_requests: BTreeMap<String, InputRequest>,
        ? /// What the server wants to see again, byte for byte.
        "requestState" request_state: String,
    }
}
