//! MCP clients and servers on smol, on async-std, and on any other executor.
//!
//! The protocol is in [`mcp_proto`]; this crate gives its machines the streams of [`futures_io`], and the timers
//! and pipes of [`async_io`]. It brings no executor: whatever has to run beside the caller is given to a hook,
//! for instance `|task| smol::spawn(task).detach()`. That is all that differs from `mcp-tokio`, which finds its
//! runtime by itself; the same server runs on both, and on `mcp-blocking`.
//!
//! ```
//! use mcp_smol::{ClientBuilder, Cx, Server, Tool};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # smol::block_on(async {
//! let spawn = |task| smol::spawn(task).detach();
//! let greet = async |_: serde_json::Value, _: Cx| "hello";
//! let server = Server::new("greeter", "1.0").tool(Tool::new("greet"), greet);
//!
//! // A stream in memory; on standard streams it is `serve_stdio`, on sockets `listen`.
//! let (here, there) = mcp_smol::pair();
//! let _serving = mcp_smol::serve(server, there, spawn)?;
//!
//! // A client of any stream; of a program it is `launch`, of a socket `connect_tcp`.
//! let client = mcp_smol::connect(ClientBuilder::new("user", "1.0"), here, spawn);
//! let result = client.call_tool("greet", serde_json::json!({})).await?;
//! assert_eq!(result.content[0].as_text(), Some("hello"));
//! # Ok(())
//! # })
//! # }
//! ```
//!
//! Features, all off by default: `schemars` (schemas of tools from types), `jsonschema` (results held against output
//! schemas), `tracing` (a span for each call).
//!
//! Whoever awaits a [`StdioServing`] or a [`LocalServing`] drives it, without a hop between tasks. To be at its
//! best, the outermost future is to be run by `smol::block_on` (or [`async_io::block_on`]), which waits for I/O
//! on the spot; any other way of blocking leaves that to a thread of the reactor.

mod child;
mod link;
mod net;
mod pipe;
mod reactor;
mod serve;
mod stdio;
mod threaded;

#[cfg(test)]
#[path = "../tests/support/mod.rs"]
mod support;

pub use child::{Launched, launch};
pub use link::{Halves, SmolLink};
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
pub use serve::{LocalServing, Task, connect, pair, serve, serve_caller, serve_local};
pub use stdio::{StdioServing, serve_stdio};
