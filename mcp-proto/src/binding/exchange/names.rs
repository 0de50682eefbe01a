//! The names of headers. They compare without regard to case, so that `MCP-Session-Id` (2025-11-25) and
//! `Mcp-Session-Id` (before) are one.

use http::HeaderName;

/// The revision a request is of (since 2025-06-18).
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
/// The method of a request (2026-07-28).
pub const METHOD: HeaderName = HeaderName::from_static("mcp-method");
/// What a request is about: the name of a tool or a prompt, the URI of a resource, the id of a task (2026-07-28).
pub const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// What the names of headers for arguments of a tool begin with (2026-07-28).
pub const PARAM_PREFIX: &str = "mcp-param-";
/// The session (2025-03-26 to 2025-11-25).
pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
/// Where a stream is to go on (2025-03-26 to 2025-11-25).
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Asks proxies to pass on an event stream as it comes; its value is `no`.
pub const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
