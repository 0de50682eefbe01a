//! What is wrong with a message, and what can still be said about it.

use super::error::{INVALID_REQUEST, PARSE_ERROR};
use super::id::Id;
use super::message::Message;
use super::salvage::Salvaged;

/// What is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Not JSON.
    #[error("not JSON: {reason} (byte {offset})")]
    NotJson {
        /// Where, in bytes from the start of the text.
        offset: usize,
        /// What is wrong there.
        reason: &'static str,
    },
    /// Objects and arrays are nested deeper than allowed.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// Longer than allowed.
    #[error("message of {length} bytes is longer than the limit of {limit} bytes")]
    TooLong {
        /// Bytes there were.
        length: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A number, a string, a literal.
    #[error("a message must be an object")]
    NotAnObject,
    /// An array of messages where the revision has none, or one within another.
    #[error("arrays of messages are not part of this revision; send each message on a line of its own")]
    Batch,
    /// An array without elements.
    #[error("an empty batch")]
    EmptyBatch,
    /// No `jsonrpc` member, or another value.
    #[error("`jsonrpc` must be \"2.0\"")]
    Version,
    /// The id is missing where there must be one, or is no string and no integer, or is too long.
    #[error("`id` must be a string or an integer of at most {max} bytes", max = super::MAX_ID)]
    BadId,
    /// The method is not a string.
    #[error("`method` must be a string")]
    BadMethod,
    /// There are params, but they are not an object.
    #[error("`params` must be an object")]
    BadParams,
    /// A member occurs twice, at the top or in the payload.
    #[error("member `{0}` occurs twice")]
    DuplicateMember(
        /// Its name, cut short and escaped.
        String,
    ),
    /// A request that carries a result or an error.
    #[error("`method` together with `result` or `error`")]
    BothMethodAndAnswer,
    /// A response that is both.
    #[error("both `result` and `error`")]
    BothResultAndError,
    /// Nothing that says what it is.
    #[error("neither `method` nor `result` nor `error`")]
    Neither,
    /// The result is not an object.
    #[error("`result` must be an object")]
    BadResult,
    /// The error is not an object with an integer `code` and a string `message`.
    #[error("`error` must be an object with an integer `code` and a string `message`")]
    BadError,
}

impl Violation {
    /// The JSON-RPC code for it: -32700 for text that could not be parsed, -32600 for the wrong shape.
    #[must_use]
    pub const fn code(&self) -> i64 {
        match self {
            Self::NotJson { .. } | Self::TooDeep { .. } | Self::NotUtf8 => PARSE_ERROR,
            _ => INVALID_REQUEST,
        }
    }
}

/// A message that is none, and what could still be read of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refused {
    /// What is wrong.
    pub why: Violation,
    /// Its id, if there is exactly one and it is legal.
    pub id: Option<Id>,
    /// It looked like a request: it has a `method`, and an id, be it a bad one.
    pub wants_answer: bool,
    /// It looked like a notification: it has a `method` and no id. It is never answered.
    pub notification: bool,
    /// It looked like a response: a `result` or an `error`, and no `method`. It is never answered.
    pub response: bool,
    /// The id of that response: the request it fails.
    pub response_to: Option<Id>,
}

impl Refused {
    /// A message that is well-formed, but must not stand where it does. `None` for a notification: nothing is
    /// said to those.
    #[must_use]
    pub fn out_of_place(why: Violation, message: &Message) -> Option<Self> {
        let (id, response) = match message {
            Message::Request { id, .. } => (Some(id), false),
            Message::Response { id, .. } => (Some(id), true),
            Message::Error { id, .. } => (id.as_ref(), true),
            Message::Batch(_) => (None, false),
            Message::Notification { .. } => return None,
        };
        Some(Self {
            why,
            id: id.cloned(),
            wants_answer: matches!(message, Message::Request { .. }),
            notification: false,
            response,
            response_to: id.filter(|_| response).cloned(),
        })
    }

    /// A refusal, with what could be salvaged.
    #[must_use]
    pub fn new(why: Violation, salvaged: Salvaged) -> Self {
        let Salvaged { id, has_id, method, response } = salvaged;
        let response = response && !method;
        Self {
            why,
            response,
            wants_answer: has_id && method,
            notification: method && !has_id,
            response_to: id.clone().filter(|_| response),
            id,
        }
    }
}
