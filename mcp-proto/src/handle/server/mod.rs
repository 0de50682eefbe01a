//! Servers as their authors write them, and the driver that runs one over a [`Link`](super::Link).

mod arguments;
mod builder;
mod catalog;
mod context;
mod driver;
mod failure;
mod handler;
mod outcome;
mod serving;
mod tool;

pub use builder::{LocalServer, Server};
pub use catalog::{Catalog, Dispatch, Job, LocalCatalog, SLOW, Started};
pub use context::{CallContext, Cx, Responder, ServerPort};
pub use driver::{ServerDriver, Spawn};
pub use failure::{Failure, Interrupt};
pub use handler::{Async, Guarded, LocalFuture, Plain, RawHandler, Run, SendFuture, ToolHandler};
pub use outcome::{IntoRawResult, IntoToolResult};
pub use serving::Serving;
pub use tool::Tool;
