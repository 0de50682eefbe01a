//! Error codes of MCP, beyond those of JSON-RPC.

use super::capability::ClientCapabilities;
use super::object::object;
use super::version::Revision;
use crate::rpc::{ErrorObject, Raw};
use serde::Serialize;

/// There is no such resource (until 2025-11-25; since then it is invalid params).
pub const RESOURCE_NOT_FOUND: i64 = -32002;
/// The user has to go to a web page first (2025-11-25 only).
pub const URL_ELICITATION_REQUIRED: i64 = -32042;
/// A header says something else than the body (2026-07-28, HTTP).
pub const HEADER_MISMATCH: i64 = -32020;
/// A capability of the client is needed that this request does not declare (2026-07-28).
pub const MISSING_CAPABILITY: i64 = -32021;
/// The request's protocol version is not served (2026-07-28).
pub const UNSUPPORTED_VERSION: i64 = -32022;

object! {
    /// `data` of [`UNSUPPORTED_VERSION`].
    pub struct UnsupportedVersion {
        /// What is served.
        "supported" supported: Vec<String>,
        ? /// What was asked for. It should be there.
        "requested" requested: String,
    }

    /// `data` of [`MISSING_CAPABILITY`].
    pub struct MissingCapability {
        /// What the request would have to declare.
        "requiredCapabilities" required_capabilities: ClientCapabilities,
    }
}

impl UnsupportedVersion {
    /// The error that names what is served.
    pub(crate) fn error(served: &[Revision], requested: &str) -> ErrorObject {
        let supported: Vec<String> = served.iter().map(|r| r.as_str().to_owned()).collect();
        let message = format!("protocol version not served; this server speaks {}", supported.join(", "));
        let data = Self::new(supported).requested(requested.chars().take(64).collect::<String>());
        ErrorObject { code: UNSUPPORTED_VERSION, message, data: Raw::from_serialize(&data).ok() }
    }
}

/// The error for a client that did not declare what `required` names, members separated by dots.
pub(crate) fn missing_capability(required: &str) -> ErrorObject {
    ErrorObject {
        code: MISSING_CAPABILITY,
        message: format!("the client did not declare the capability this needs: {required}"),
        data: Raw::from_serialize(&Required { capabilities: Named(required) }).ok(),
    }
}

#[derive(Serialize)]
struct Required<'a> {
    #[serde(rename = "requiredCapabilities")]
    capabilities: Named<'a>,
}

/// Objects within objects, each with one member: capabilities are named by presence.
struct Named<'a>(&'a str);

impl Serialize for Named<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let (name, within) = self.0.split_once('.').unwrap_or((self.0, ""));
        let mut map = serializer.serialize_map(None)?;
        if !name.is_empty() {
            map.serialize_entry(name, &Named(within))?;
        }
        map.end()
    }
}
