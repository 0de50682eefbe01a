//! Servers as their authors write them, and the driver that runs one over a [`Link`](super::Link).

mod arguments;
mod backlog;
mod builder;
mod catalog;
mod connections;
mod context;
mod driver;
mod failure;
mod handler;
mod outcome;
mod service;
mod serving;
mod tool;

pub use builder::{LocalServer, Server};
pub use catalog::{Catalog, Dispatch, Job, LocalCatalog, SLOW, Started};
pub use connections::{Connections, Place};
pub use context::{CallContext, Cx, Responder, ServerPort};
pub use driver::{ServerDriver, Spawn};
pub use failure::{Failure, Interrupt};
pub use handler::{Async, Guarded, LocalFuture, Plain, RawHandler, Run, SendFuture, ToolHandler};
pub use outcome::{IntoRawResult, IntoToolResult};
pub use service::Service;
pub use serving::{Serving, conclude};
pub use tool::Tool;
