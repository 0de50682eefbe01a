//! Waiting, written once: what tasks and threads need of a machine beyond its three verbs. No I/O here
//! either; adapters bring it as a [`Link`].

pub mod client;
mod jobs;
mod link;
mod read_buffer;
pub mod server;
mod span;
mod sync;
mod tap;

pub use link::Link;
pub use read_buffer::ReadBuffer;
pub use sync::{Once, wake};
pub use tap::TapQueue;
