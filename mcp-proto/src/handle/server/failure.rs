//! How a handler ends if not with a result.

use super::catalog::not_found;
use super::outcome::{IntoAnswer, Recipient};
use crate::model::{CallToolResult, Content};
use crate::rpc::{self, ErrorObject};
use crate::server::{Answer, Ask};

/// Why a handler did not answer with a result.
///
/// Any error becomes one by `?`: it is the tool's own failure, which the model gets to read (`isError`).
#[derive(Debug)]
pub struct Failure(Kind);

#[derive(Debug)]
enum Kind {
    /// The tool failed; the text says why.
    Tool(String),
    /// The protocol's error.
    Protocol(ErrorObject),
    /// Not a failure: the answer needs input first.
    Input(Ask),
}

impl Failure {
    /// The tool failed; the model reads why.
    pub fn tool(why: impl Into<String>) -> Self {
        Self(Kind::Tool(why.into()))
    }

    /// The request is answered with an error object.
    #[must_use]
    pub fn protocol(error: ErrorObject) -> Self {
        Self(Kind::Protocol(error))
    }

    /// The parameters are not what the method takes (-32602).
    pub fn invalid_params(why: impl Into<String>) -> Self {
        Self::protocol(ErrorObject::new(rpc::INVALID_PARAMS, why))
    }

    /// There is no such resource (-32002 before 2026-07-28, -32602 since then).
    #[must_use]
    pub fn resource_not_found(uri: &str) -> Self {
        Self::protocol(not_found(uri))
    }

    /// As the answer to a tool call.
    pub(super) fn into_tool_answer(self, to: &Recipient) -> Answer {
        match self.0 {
            Kind::Tool(why) => {
                let mut result = CallToolResult::new(vec![Content::text(why)]);
                result.is_error = Some(true);
                result.into_answer(to)
            }
            kind => Self(kind).into_answer(),
        }
    }

    /// As the answer to any other request.
    pub(super) fn into_answer(self) -> Answer {
        match self.0 {
            Kind::Tool(why) => Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, why)),
            Kind::Protocol(error) => Answer::Error(error),
            Kind::Input(ask) => Answer::Ask(ask),
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::tool(error.to_string())
    }
}

/// Ends this run of a handler: what it asked for is not known yet. Passed on by `?`.
#[derive(Debug)]
#[must_use = "pass it on with `?`, or the question is never asked"]
pub struct Interrupt(pub(super) Stop);

#[derive(Debug)]
pub(super) enum Stop {
    Ask(Ask),
    Error(ErrorObject),
}

impl From<Interrupt> for Failure {
    fn from(interrupt: Interrupt) -> Self {
        Self(match interrupt.0 {
            Stop::Ask(ask) => Kind::Input(ask),
            Stop::Error(error) => Kind::Protocol(error),
        })
    }
}
