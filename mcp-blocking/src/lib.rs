//! MCP clients and servers on plain threads, without an async runtime.
//!
//! The protocol is in [`mcp_proto`]; this crate gives its machines the system's streams and threads. The same
//! server runs on `mcp-tokio` and `mcp-smol`. Calls are waited for by `wait()`; a thread that waits reads for
//! everybody while it does.

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
