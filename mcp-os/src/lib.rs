//! What the MCP adapters ask of the operating system, written once and without an async runtime:
//! a [`clock`] and a [`seed`] for the protocol core, child processes that leave nothing behind
//! ([`Launch`], [`Child`]), the process's own standard streams ([`stdio`]), and sockets that listen
//! ([`Listener`], [`Listening`]).
//!
//! Everything here works from plain threads. What can be waited for is also a
//! [`Future`] that any executor can poll.

pub mod clock;
pub mod stdio;

mod accept;
mod child;
mod connect;
mod exit;
mod latch;
mod launch;
mod launched;
#[cfg(unix)]
mod leftover;
mod listener;
mod listening;
mod process;
mod seed;
mod shutdown;
mod stderr;

pub use accept::{AcceptErrors, AfterError};
pub use child::{Child, Exited};
#[cfg(unix)]
pub use connect::{connect_unix, unix_target};
pub use connect::{not_reached, tcp_target};
pub use exit::{Ended, Exit, Grace, Step};
pub use launch::{Environment, Launch, SpawnError, Stderr};
pub use launched::{ChildLink, Closing, LastWords, Launched, Pipes, Relaunch};
#[cfg(unix)]
pub use listener::BoundListener;
pub use listener::{Listener, Socket};
pub use listening::{Accepting, Acceptor, ListenError, Listening};
pub use seed::seed;
pub use shutdown::Shutdown;
pub use stderr::{DEFAULT_LINE_CAP, DEFAULT_TAIL_CAP, StderrTail};
