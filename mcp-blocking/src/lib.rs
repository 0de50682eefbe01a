//! MCP clients and servers on plain threads, without an async runtime.
//!
//! The protocol is in [`mcp_proto`]; this crate gives its machines the system's streams and threads. The same
//! server runs on `mcp-tokio` and `mcp-smol`. Calls are waited for by `wait()`; a thread that waits reads for
//! everybody while it does.
//!
//! ```
//! use mcp_blocking::{ClientBuilder, Cx, Server, Tool};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let greet = |_: serde_json::Value, _: Cx| "hello";
//! let server = Server::new("greeter", "1.0").tool(Tool::new("greet"), greet);
//!
//! // A pair of sockets; on standard streams it is `serve_stdio`, on sockets of the net `listen`.
//! let (here, there) = mcp_blocking::pair()?;
//! let _serving = mcp_blocking::serve(server, there)?;
//!
//! // A client of any stream; of a program it is `launch`, of a socket `connect_tcp`.
//! let client = mcp_blocking::connect(ClientBuilder::new("user", "1.0"), here)?;
//! let result = client.call_tool("greet", serde_json::json!({})).wait()?;
//! assert_eq!(result.content[0].as_text(), Some("hello"));
//! # Ok(())
//! # }
//! ```
//!
//! Features, all off by default: `schemars` (schemas of tools from types), `jsonschema` (results held against output
//! schemas), `tracing` (a span for each call).

mod child;
mod client;
#[cfg(unix)]
mod descriptor;
mod lane;
mod net;
mod park;
mod pumped;
mod replaceable;
mod server;
mod service;
mod shared;
mod stdio;
mod transport;

pub use child::launch;
pub use client::connect;
#[cfg(unix)]
pub use descriptor::{Descriptors, pair};
pub use mcp_os::{
    Closing, Ended, Environment, Exit, Grace, Launch, Launched, ListenError, Listener, Listening, SpawnError, Stderr,
    StderrTail, Step,
};
pub use mcp_proto::client::{Opening, Restarts};
pub use mcp_proto::error::{CallError, Closed, Fault, OpenError, RefusedCall};
pub use mcp_proto::handle::client::{
    Call, Canceller, Client, ClientBuilder, Eras, Opened, Outcome, Pages, Prepared, ProgressStream, Subscription,
    Update,
};
pub use mcp_proto::handle::server::{
    Announcer, Caller, Completing, Cx, Failure, Interrupt, InvalidTemplate, Json, Next, Offers, Prompt, Resource,
    ResourceTemplate, Server, Serving, Tool,
};
pub use mcp_proto::limits::{Limits, Timeouts};
pub use mcp_proto::stats::{Stats, Timing};
pub use mcp_proto::tap::{Direction, Frame, Tap};
pub use mcp_proto::{model, rpc, sim, time};
#[cfg(unix)]
pub use net::connect_unix;
pub use net::{connect_tcp, listen};
pub use park::block_on;
pub use pumped::Pumped;
pub use replaceable::Replaceable;
pub use server::{serve, serve_caller};
pub use stdio::{StdioServing, serve_stdio};
pub use transport::{IntoTransport, Transport, Wake};
