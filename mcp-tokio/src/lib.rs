//! MCP clients and servers on tokio.
//!
//! The protocol is in [`mcp_proto`]; this crate gives its machines tokio's streams, timers and tasks. The same
//! server runs on `mcp-smol` and `mcp-blocking`.
//!
//! ```
//! use mcp_tokio::{ClientBuilder, Cx, Server, Tool};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let greet = async |_: serde_json::Value, _: Cx| "hello";
//! let server = Server::new("greeter", "1.0").tool(Tool::new("greet"), greet);
//!
//! // A stream in memory; on standard streams it is `serve_stdio`, on sockets `listen`.
//! let (here, there) = mcp_tokio::pair();
//! let _serving = mcp_tokio::serve(server, there)?;
//!
//! // A client of any stream; of a program it is `launch`, of a socket `connect_tcp`.
//! let client = mcp_tokio::connect(ClientBuilder::new("user", "1.0"), here);
//! let result = client.call_tool("greet", serde_json::json!({})).await?;
//! assert_eq!(result.content[0].as_text(), Some("hello"));
//! # Ok(())
//! # }
//! ```
//!
//! Features, all off by default: `schemars` (schemas of tools from types), `jsonschema` (results held against output
//! schemas), `tracing` (a span for each call).

mod child;
mod link;
mod net;
#[cfg(unix)]
mod pipe;
mod serve;
mod stdio;

pub use child::{Launched, launch};
pub use link::TokioLink;
pub use mcp_os::{
    Closing, Ended, Environment, Exit, Grace, Launch, ListenError, Listener, Listening, SpawnError, Stderr, StderrTail,
    Step,
};
pub use mcp_proto::client::{Opening, Restarts};
pub use mcp_proto::error::{CallError, Closed, Fault, OpenError, RefusedCall};
pub use mcp_proto::handle::client::{
    Call, Canceller, Client, ClientBuilder, Eras, Opened, Outcome, Pages, Prepared, ProgressStream, Subscription,
    Update,
};
pub use mcp_proto::handle::server::{
    Announcer, Caller, Completing, Cx, Failure, Interrupt, InvalidTemplate, Json, LocalServer, Next, Offers, OneThread,
    Prompt, Resource, ResourceTemplate, Server, Serving, Tool,
};
pub use mcp_proto::limits::{Limits, Timeouts};
pub use mcp_proto::stats::{Stats, Timing};
pub use mcp_proto::tap::{Direction, Frame, Tap};
pub use mcp_proto::{client, model, rpc, sim, time};
#[cfg(unix)]
pub use net::connect_unix;
pub use net::{connect_tcp, listen};
pub use serve::{connect, pair, serve, serve_caller, serve_local};
pub use stdio::serve_stdio;
