//! mcp-proto
pub mod rpc;
pub mod wire;
