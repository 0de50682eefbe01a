//! Bytes to frames; knows nothing about JSON-RPC or MCP.
pub mod ndjson;
