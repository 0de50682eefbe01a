//! Servers that are child processes.

use crate::client::connect_transport;
use crate::replaceable::Replaceable;
use mcp_os::{Launch, Launched, Pipes, SpawnError};
use mcp_proto::handle::client::ClientBuilder;
use std::io;

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch) -> Result<Launched, SpawnError> {
    let client = client.target(launch.target()).reopens();
    Launched::start(launch, |first, relaunch| {
        let pipes = Replaceable::new(transport(first)?, move || relaunch.launch().and_then(transport));
        connect_transport(client, pipes)
    })
}

#[cfg(unix)]
fn transport(mut pipes: Pipes) -> io::Result<crate::Descriptors> {
    let (stdout, stdin) = pipes.take()?;
    Ok(crate::Descriptors::new(stdout.into(), stdin.into())?.of_child(&pipes.child))
}

/// Its last words are asked for where pipes can be polled.
#[cfg(not(unix))]
fn transport(mut pipes: Pipes) -> io::Result<crate::Pumped> {
    crate::IntoTransport::into_transport(pipes.take()?)
}
