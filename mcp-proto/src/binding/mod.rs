//! Bindings: what carries messages. A session speaks messages, each with a route; a binding knows what a
//! route leads to.

mod batch;
#[cfg(feature = "http")]
pub mod exchange;
mod outbox;
mod queue;
mod rope;
mod session;
mod stream;

pub(crate) use batch::BatchId;
pub(crate) use outbox::{Outbox, Reply, Route};
pub(crate) use queue::Queue;
pub use session::Session;
pub use stream::Stream;
