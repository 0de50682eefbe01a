//! Clients as programs use them, and the driver that runs one over a [`Link`](super::Link).

mod builder;
mod call;
mod callbacks;
mod check;
mod connected;
mod driver;
mod eras;
mod feed;
mod methods;
mod outcome;
mod pages;
mod pending;
mod prepared;
mod progress;
#[cfg(feature = "stream")]
mod stream;
mod subscription;

pub use builder::ClientBuilder;
pub use call::{Call, Canceller, FromReply};
pub use callbacks::{AnswerFuture, Answering, Async, Callbacks, Plain};
pub use connected::{Awaited, Client, Opened, Port};
pub use driver::{ClientDriver, Fresh};
pub use eras::Eras;
pub use methods::Pong;
pub use outcome::Outcome;
pub use pages::{AllPages, Items, Pages};
pub use pending::{Ended, Listeners, OnProgress, OnUpdate, Pending, Released, Slot, Todo};
pub use prepared::Prepared;
pub use progress::{ProgressIter, ProgressStream};
pub use subscription::{Subscription, Update, Updates};
