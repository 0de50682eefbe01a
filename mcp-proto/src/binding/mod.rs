//! Bindings: what carries messages. A session speaks messages, each with a route; a binding knows what a
//! route leads to.

mod outbox;
mod rope;
mod session;
mod stream;

pub(crate) use outbox::{Outbox, Route};
pub use session::Session;
pub use stream::Stream;
