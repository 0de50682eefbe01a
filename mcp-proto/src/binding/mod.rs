//! Bindings: what carries messages. A session speaks messages, each with a route; a binding knows what a
//! route leads to.

mod batch;
mod outbox;
mod session;
mod stream;

pub(crate) use batch::BatchId;
pub(crate) use outbox::{Outbox, Reply, Route};
pub use session::Session;
pub use stream::Stream;
