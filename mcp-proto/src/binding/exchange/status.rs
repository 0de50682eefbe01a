//! How everything that can be wrong with an exchange is answered: the status, the code of the error in the body, and
//! whether that names the request. One table, and no status of a refusal stands anywhere else.
//!
//! Modern requests are held against it in the order of [`Wrong::LADDER`]; the first that is wrong is answered.

use super::media::Unfit;
use crate::model::{Era, HEADER_MISMATCH, MISSING_CAPABILITY, UNSUPPORTED_VERSION};
use crate::rpc::{INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, Violation};
use http::StatusCode;

/// What is wrong with an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wrong {
    // ---- Both eras, by the head.
    /// Host or origin may not ask.
    Origin,
    /// The endpoint has no such HTTP method. The answer has `Allow`.
    HttpMethod,
    /// No token, or one that is not good. The answer has `WWW-Authenticate`.
    Unauthorized,
    /// The token is not good for this. The answer may have `WWW-Authenticate`.
    Forbidden,
    /// The body is no JSON.
    ContentType,
    /// What it would be answered with is not accepted.
    Accept,
    /// The body is longer than allowed, by what the head says or as it came.
    TooLarge,
    /// The body did not come in its time.
    TooSlow,
    /// As much is going on as may be. The answer has `Retry-After`.
    Overloaded,
    /// The server is about to end.
    ShuttingDown,
    // ---- Both eras, by the body.
    /// The body is no JSON, or no UTF-8, or nested too deep.
    NotJson,
    /// It is JSON, but no message.
    NotAMessage,
    /// It is an array, where the revision has none.
    Batch,
    /// It is a response, where the revision has no requests of servers, or one to nothing.
    Response,
    // ---- 2026-07-28.
    /// `_meta` lacks what it must have, or what it has is of the wrong type.
    Meta,
    /// A header that repeats the body is missing, can't be read, or says something else.
    Header,
    /// The version is not served.
    Version,
    /// The method does not exist, or is not implemented here.
    Method,
    /// The method needs a capability that the client does not declare.
    Capability,
    // ---- 2025-03-26 to 2025-11-25.
    /// `MCP-Protocol-Version` can't be read, or names none that is served (since 2025-06-18).
    LegacyVersion,
    /// Only requests of a session are taken, and this one names none.
    SessionMissing,
    /// There is no such session, or not any more: begin a new one.
    SessionUnknown,
    /// `Last-Event-ID` names no event of this session that is kept.
    Event,
    // ---- Us.
    /// The server failed before it answered.
    Internal,
}

/// How it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The code of the error in the body; without one there is no body.
    pub code: Option<i64>,
    /// Whether the error names the request, if its id can be read: a client may wait for just that.
    pub id: bool,
}

const fn row(status: StatusCode, code: Option<i64>, id: bool) -> Refusal {
    Refusal { status, code, id }
}

impl Wrong {
    /// Everything.
    pub const ALL: &'static [Self] = &[
        Self::Origin,
        Self::HttpMethod,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ContentType,
        Self::Accept,
        Self::TooLarge,
        Self::TooSlow,
        Self::Overloaded,
        Self::ShuttingDown,
        Self::NotJson,
        Self::NotAMessage,
        Self::Batch,
        Self::Response,
        Self::Meta,
        Self::Header,
        Self::Version,
        Self::Method,
        Self::Capability,
        Self::LegacyVersion,
        Self::SessionMissing,
        Self::SessionUnknown,
        Self::Event,
        Self::Internal,
    ];

    /// The order in which a modern request is looked at. [`Self::Header`] comes three times: the version before it is
    /// known to be served, method and name before it is known whether there is such a method, arguments of tools last.
    pub const LADDER: &'static [Self] = &[
        Self::Origin,
        Self::HttpMethod,
        Self::Unauthorized,
        Self::Forbidden,
        Self::ContentType,
        Self::Accept,
        Self::TooLarge,
        Self::NotJson,
        Self::NotAMessage,
        Self::Batch,
        Self::Response,
        Self::Meta,
        Self::Header,
        Self::Version,
        Self::Header,
        Self::Method,
        Self::Header,
        Self::Capability,
    ];

    /// How it is answered.
    #[must_use]
    pub const fn refusal(self) -> Refusal {
        use StatusCode as S;
        match self {
            Self::Origin => row(S::FORBIDDEN, Some(INVALID_REQUEST), false),
            Self::HttpMethod => row(S::METHOD_NOT_ALLOWED, None, false),
            Self::Unauthorized => row(S::UNAUTHORIZED, None, false),
            Self::Forbidden => row(S::FORBIDDEN, None, false),
            Self::ContentType => row(S::UNSUPPORTED_MEDIA_TYPE, Some(INVALID_REQUEST), false),
            Self::Accept => row(S::NOT_ACCEPTABLE, Some(INVALID_REQUEST), false),
            Self::TooLarge => row(S::PAYLOAD_TOO_LARGE, Some(INVALID_REQUEST), true),
            Self::TooSlow => row(S::REQUEST_TIMEOUT, None, false),
            Self::Overloaded | Self::ShuttingDown => row(S::SERVICE_UNAVAILABLE, None, false),
            Self::NotJson => row(S::BAD_REQUEST, Some(PARSE_ERROR), true),
            Self::NotAMessage => row(S::BAD_REQUEST, Some(INVALID_REQUEST), true),
            // The ids in them are not one request's, or not the client's.
            Self::Batch | Self::Response => row(S::BAD_REQUEST, Some(INVALID_REQUEST), false),
            Self::Meta => row(S::BAD_REQUEST, Some(INVALID_PARAMS), true),
            Self::Header => row(S::BAD_REQUEST, Some(HEADER_MISMATCH), true),
            Self::Version => row(S::BAD_REQUEST, Some(UNSUPPORTED_VERSION), true),
            Self::Method => row(S::NOT_FOUND, Some(METHOD_NOT_FOUND), true),
            Self::Capability => row(S::BAD_REQUEST, Some(MISSING_CAPABILITY), true),
            Self::LegacyVersion | Self::SessionMissing | Self::Event => {
                row(S::BAD_REQUEST, Some(INVALID_REQUEST), true)
            }
            Self::SessionUnknown => row(S::NOT_FOUND, Some(INVALID_REQUEST), true),
            Self::Internal => row(S::INTERNAL_SERVER_ERROR, Some(INTERNAL_ERROR), true),
        }
    }
}

/// The status of a request that was taken and is answered by an error: whoever ran it says so in the body, and the
/// status is 200.
///
/// In the newer era three codes have a status of their own, however late they come, and so does a method that nobody
/// has; if the head is not out yet.
#[must_use]
pub const fn of_answer(code: i64, era: Era) -> StatusCode {
    match (era, code) {
        (Era::Modern, METHOD_NOT_FOUND) => Wrong::Method.refusal().status,
        (Era::Modern, HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}

impl From<&Violation> for Wrong {
    fn from(violation: &Violation) -> Self {
        match violation {
            Violation::NotJson { .. } | Violation::TooDeep { .. } | Violation::NotUtf8 => Self::NotJson,
            Violation::TooLong { .. } => Self::TooLarge,
            Violation::Batch | Violation::EmptyBatch => Self::Batch,
            Violation::BothResultAndError | Violation::BadResult | Violation::BadError => Self::Response,
            Violation::NotAnObject
            | Violation::Version
            | Violation::BadId
            | Violation::BadMethod
            | Violation::BadParams
            | Violation::DuplicateMember(_)
            | Violation::BothMethodAndAnswer
            | Violation::Neither => Self::NotAMessage,
        }
    }
}

impl From<Unfit> for Wrong {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::ContentType => Self::ContentType,
            Unfit::Accept => Self::Accept,
        }
    }
}

impl From<super::origin::Refused> for Wrong {
    fn from(_: super::origin::Refused) -> Self {
        Self::Origin
    }
}

impl From<super::metadata::Mismatch> for Wrong {
    fn from(_: super::metadata::Mismatch) -> Self {
        Self::Header
    }
}

#[cfg(test)]
mod tests;
