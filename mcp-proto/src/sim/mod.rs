//! A world without time and without chance of its own: a virtual clock, an executor of one thread, and
//! streams in memory that cut, hold up, slow down and break what they carry. The same seed gives the same run.
//!
//! Drivers of [`handle`](crate::handle) run over a [`SimLink`] as they do over a socket; a [`RawPeer`] is the
//! other end, scripted by hand. A [`Recorder`] writes down what a machine is told and what it does, as a
//! [`Recording`]: text that can be read, kept, and played again.
//!
//! ```
//! use mcp_proto::handle::client::{ClientBuilder, ClientDriver};
//! use mcp_proto::sim::{Behaviour, World};
//!
//! let world = World::new(7);
//! let (ours, theirs) = world.link(Behaviour::default());
//! let (driver, client) = ClientDriver::new(ClientBuilder::new("example", "1"), ours);
//! world.spawn(async { drop(driver.await) });
//! let mut server = theirs.into_peer();
//! // Nobody answers: the client gives up after 30 seconds, in no time.
//! let opened = world.run(async move {
//!     let probe = server.line().await;
//!     assert!(probe.is_some_and(|line| line.contains("server/discover")));
//!     client.server().await
//! });
//! assert!(opened.is_ok_and(|server| server.is_err()));
//! assert_eq!(world.now().as_nanos(), 30_000_000_000);
//! ```

mod chance;
mod escape;
mod executor;
mod link;
mod peer;
mod pipe;
mod recording;
mod spell;
mod timeline;
mod world;

pub use link::SimLink;
pub use peer::RawPeer;
pub use pipe::{Behaviour, Cut};
pub use recording::{Recorder, Recording, Spell, Tell, Unreadable};
pub use world::{Stuck, World};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A panic elsewhere is no reason to panic here too: no lock of `sim` is held while other code runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
