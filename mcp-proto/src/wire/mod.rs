//! Bytes to frames and back. Knows nothing of JSON-RPC or MCP.

pub mod ndjson;
pub mod sse;
