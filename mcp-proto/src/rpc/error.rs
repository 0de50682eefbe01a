//! JSON-RPC error objects and the codes JSON-RPC itself defines.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::id::Id;
use super::object::Object;
use super::raw::{Raw, present};
use super::text::{inside, unescape};

/// The text is not JSON.
pub const PARSE_ERROR: i64 = -32700;
/// JSON, but not a request.
pub const INVALID_REQUEST: i64 = -32600;
/// No such method, or not offered.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The params are not what the method takes.
pub const INVALID_PARAMS: i64 = -32602;
/// The receiver failed.
pub const INTERNAL_ERROR: i64 = -32603;

/// What a failed request is answered with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorObject {
    /// What kind of error.
    pub code: i64,
    /// One sentence for a person.
    pub message: String,
    /// Anything more; an explicit `null` is kept.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub data: Option<Raw>,
}

impl ErrorObject {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// The same with data.
    #[must_use]
    pub fn with_data(mut self, data: Raw) -> Self {
        self.data = Some(data);
        self
    }

    /// None if code or message are not what they must be.
    pub(super) fn from_object(object: &Object) -> Option<Self> {
        let code = Id::from_raw(&object.get("code")?)?.as_i64()?;
        let message = unescape(inside(object.get("message")?.as_bytes())?)?.into_owned();
        Some(Self { code, message, data: object.get("data") })
    }
}

/// For a person: the message, cut short and escaped, and the code. Never the data.
impl fmt::Display for ErrorObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.message.chars().take(200) {
            if c.is_control() {
                write!(f, "{}", c.escape_default())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        write!(f, " (code {})", self.code)
    }
}
