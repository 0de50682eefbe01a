//! Input rounds (2026-07-28, multi-round-trip requests): an answer that asks back.

use super::method::Method;
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

object! {
    /// What a request that is sent again brings beside its own parameters (2026-07-28).
    pub struct InputAnswers {
        ? /// The answers, by the keys of the questions.
        "inputResponses" input_responses: BTreeMap<String, Raw>,
        ? /// What the server wanted to see again.
        "requestState" request_state: String,
    }
}

impl InputRequest {
    /// A question as a value: [`Elicit`](super::Elicit), [`CreateMessage`](super::CreateMessage) or
    /// [`ListRoots`](super::ListRoots).
    ///
    /// # Errors
    /// What can't be written as JSON.
    pub fn asking<M: Method>(question: &M) -> Result<Self, serde_json::Error> {
        Ok(Self::new(M::FACTS.name).params(question.to_params()?))
    }
}
