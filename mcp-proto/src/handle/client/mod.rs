//! Clients as programs use them, and the driver that runs one over a [`Link`](super::Link).

mod builder;
mod call;
mod connected;
mod driver;
mod eras;
mod pending;

pub use builder::{AnswerFuture, Callbacks, ClientBuilder};
pub use call::{Call, Canceller, FromReply};
pub use connected::{Awaited, Client, Opened, Port, Prepared};
pub use driver::{ClientDriver, Fresh};
pub use eras::Eras;
pub use pending::{Ended, Listeners, OnProgress, OnUpdate, Pending, Released, Slot, Todo};
