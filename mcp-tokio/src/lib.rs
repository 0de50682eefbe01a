//! MCP clients and servers on tokio.
//!
//! The protocol is in [`mcp_proto`]; this crate gives its machines tokio's streams, timers and tasks. The same
//! server runs on `mcp-smol` and `mcp-blocking`.

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
