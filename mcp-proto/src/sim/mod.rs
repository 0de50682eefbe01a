//! A test kit: a world without time and without chance of its own. It has a virtual clock, an executor of one
//! thread, and streams in memory that cut, hold up, slow down and break what they carry. A minute of waiting takes no
//! time, and the same seed gives the same run.
//!
//! A tool, called by a client, both as they are:
//!
//! ```
//! use mcp_proto::handle::server::{Cx, Server, Tool};
//! use mcp_proto::sim::World;
//! # fn server() -> Server {
//! #     Server::new("weather", "1.0").tool(Tool::new("forecast"), |_: serde_json::Value, _: Cx| "rain")
//! # }
//!
//! let world = World::new(7);
//! let client = world.client_of(server());
//! let result = world.run(client.call_tool("forecast", serde_json::json!({ "city": "Oslo" })))??;
//! assert_eq!(result.content[0].as_text(), Some("rain"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Everything happens within [`World::run`], which ends when its future does: `async { .. }` makes one of several
//! calls. A handler that has to wait gets [`World::clock`] as its state. [`World::link`] gives the two ends of a
//! stream and says how it [behaves](Behaviour); [`World::serve`] and [`World::connect`] put a server and a client on
//! them. [`seeds`] runs a test under many seeds and names the one that fails.
//!
//! **A peer that does not keep to the rules** is a [`RawPeer`]: it says what it is told to say, sense or nonsense.
//!
//! ```
//! use mcp_proto::handle::client::ClientBuilder;
//! use mcp_proto::sim::{Behaviour, World};
//!
//! let world = World::new(7);
//! let (near, far) = world.link(Behaviour::default());
//! let client = world.connect(ClientBuilder::new("example", "1.0"), near);
//! let mut server = far.into_peer();
//! let opened = world.run(async {
//!     assert!(server.line().await.is_some_and(|line| line.contains("server/discover")));
//!     server.send_line("what?").await;
//!     client.server().await
//! })?;
//! assert!(opened.unwrap_err().to_string().starts_with("the server was not ready within 30s"));
//! assert_eq!(world.now().as_nanos(), 30_000_000_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **What was said** is written down by a [`Scribe`], as a [`Transcript`]: text that people read, compare
//! ([`Transcript::check`]) and keep. [`RawPeer::play`] plays one side of it again, so that what once went wrong
//! becomes a test.
//!
//! ```
//! # use mcp_proto::handle::{client::ClientBuilder, server::{Cx, Server, Tool}};
//! # use mcp_proto::sim::{Behaviour, World};
//! # let world = World::new(7);
//! # let server = Server::new("weather", "1.0").tool(Tool::new("forecast"), |_: serde_json::Value, _: Cx| "rain");
//! let (near, far) = world.link(Behaviour::default());
//! let scribe = near.scribe();
//! world.serve(server, far);
//! let client = world.connect(ClientBuilder::new("example", "1.0"), near);
//! world.run(client.call_tool("forecast", serde_json::json!({ "city": "Oslo" })))??;
//! scribe.transcript().check(r#"
//!     0 C> {"jsonrpc":"2.0","id":1,"method":"server/discover","params":{"_meta":"*"}}
//!     0 S> {"jsonrpc":"2.0","id":1,"result":{"capabilities":{"tools":{}},"*":"*"}}
//!     0 C> {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"forecast","*":"*"}}
//!     0 S> {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"rain"}],"*":"*"}}
//! "#)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! **What one machine was told and what it did**, input by input and byte by byte, is a [`Recording`], written by a
//! [`Recorder`] around the machine. It is for those who drive a machine themselves, and replays it exactly: how reads
//! were cut, what was confirmed as written, which command came between. A transcript knows messages only, of both
//! sides, whoever they are.

mod behaviour;
mod chance;
mod clock;
mod difference;
mod escape;
mod executor;
mod link;
mod peer;
mod pipe;
mod recording;
mod scribe;
mod seeds;
mod spell;
mod timeline;
mod transcript;
mod world;

pub use behaviour::{Behaviour, Cut, Point, Stall};
pub use clock::SimClock;
pub use difference::Difference;
pub use link::SimLink;
pub use peer::RawPeer;
pub use recording::{Recorder, Recording, Spell, Tell, Unreadable};
pub use scribe::Scribe;
pub use seeds::seeds;
pub use transcript::{Side, Transcript};
pub use world::{Stuck, World};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks. A panic elsewhere is no reason to panic here too: no lock of `sim` is held while other code runs.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
