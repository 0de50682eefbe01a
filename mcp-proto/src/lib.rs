//! mcp-proto
pub mod binding;
pub mod client;
pub mod error;
pub mod handle;
pub mod limits;
pub mod machine;
pub mod model;
pub mod rpc;
pub mod server;
pub mod sim;
pub mod time;
pub mod wire;
