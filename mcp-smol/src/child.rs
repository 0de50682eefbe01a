//! Servers that are child processes.

use crate::serve::{Task, connect_link};
use crate::{Halves, SmolLink, pipe};
pub use mcp_os::Launched;
use mcp_os::{ChildLink, Launch, SpawnError};
use mcp_proto::handle::client::ClientBuilder;
use std::io;

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that. The
/// connection is driven by a task of its own.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch, spawn: impl FnOnce(Task)) -> Result<Launched, SpawnError> {
    let mut child = launch.spawn()?;
    let failed = |source| SpawnError::Failed { program: launch.program().to_owned(), source };
    let gone = || failed(io::ErrorKind::BrokenPipe.into());
    let (stdin, stdout) = (child.stdin.take().ok_or_else(gone)?, child.stdout.take().ok_or_else(gone)?);
    let write = pipe::child_input(stdin).map_err(failed)?;
    let read = pipe::child_output(stdout).map_err(failed)?;
    let link = ChildLink::new(SmolLink::new(Halves { read, write }), &child);
    Ok(Launched::new(connect_link(client, link, spawn), child))
}
