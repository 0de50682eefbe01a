//! What the MCP adapters ask of the operating system, written once and without an async runtime:
//! a [`clock`] and a [`seed`] for the protocol core, child processes that leave nothing behind
//! ([`Launch`], [`Child`]), and the process's own standard streams ([`stdio`]).
//!
//! Everything here works from plain threads. What can be waited for is also a
//! [`Future`] that any executor can poll.

pub mod clock;
pub mod stdio;

mod child;
mod exit;
mod latch;
mod launch;
mod launched;
mod process;
mod seed;
mod shutdown;
mod stderr;

pub use child::{Child, Exited};
pub use exit::{Ended, Exit, Grace, Step};
pub use launch::{Environment, Launch, SpawnError, Stderr};
pub use launched::{ChildLink, Closing, LastWords, Launched, Pipes, Relaunch};
pub use seed::seed;
pub use shutdown::Shutdown;
pub use stderr::{DEFAULT_LINE_CAP, DEFAULT_TAIL_CAP, StderrTail};
