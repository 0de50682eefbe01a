//! Servers that are child processes.

use crate::client::connect_transport;
#[cfg(unix)]
use crate::descriptor::Descriptors;
use mcp_os::{Launch, Launched, SpawnError};
use mcp_proto::handle::client::ClientBuilder;
use std::io;

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch) -> Result<Launched, SpawnError> {
    let mut child = launch.spawn()?;
    let failed = |source| SpawnError::Failed { program: launch.program().to_owned(), source };
    let gone = || failed(io::ErrorKind::BrokenPipe.into());
    let (stdin, stdout) = (child.stdin.take().ok_or_else(gone)?, child.stdout.take().ok_or_else(gone)?);
    #[cfg(unix)]
    let pipes = Descriptors::new(stdout.into(), stdin.into()).map_err(failed)?.of_child(&child);
    #[cfg(not(unix))]
    let pipes = crate::IntoTransport::into_transport((stdout, stdin)).map_err(failed)?;
    let client = connect_transport(client, pipes).map_err(failed)?;
    Ok(Launched::new(client, child))
}
