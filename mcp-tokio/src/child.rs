//! Servers that are child processes.

use crate::{TokioLink, serve::connect_link};
pub use mcp_os::Launched;
use mcp_os::{ChildLink, Launch, SpawnError};
use mcp_proto::handle::client::ClientBuilder;
use std::io;
use tokio::net::unix::pipe::{Receiver, Sender};

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that.
///
/// # Errors
/// The program is not there, or could not be started.
///
/// # Panics
/// Outside a tokio runtime.
pub fn launch(client: ClientBuilder, launch: &Launch) -> Result<Launched, SpawnError> {
    let mut child = launch.spawn()?;
    let failed = |source| SpawnError::Failed { program: launch.program().to_owned(), source };
    let gone = || failed(io::ErrorKind::BrokenPipe.into());
    let (stdin, stdout) = (child.stdin.take().ok_or_else(gone)?, child.stdout.take().ok_or_else(gone)?);
    let write = Sender::from_owned_fd(stdin.into()).map_err(failed)?;
    let read = Receiver::from_owned_fd(stdout.into()).map_err(failed)?;
    let client = connect_link(client, ChildLink::new(TokioLink::new(read, write), &child));
    Ok(Launched::new(client, child))
}
