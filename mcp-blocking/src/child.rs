//! Servers that are child processes.

use crate::client::connect_transport;
#[cfg(unix)]
use crate::descriptor::Descriptors;
use mcp_os::{Launch, Launched, SpawnError};
use mcp_proto::handle::client::ClientBuilder;

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch) -> Result<Launched, SpawnError> {
    Launched::start(launch, |stdout, stdin, child| {
        #[cfg(unix)]
        let pipes = Descriptors::new(stdout.into(), stdin.into())?.of_child(child);
        #[cfg(not(unix))]
        let pipes = {
            // Its last words are asked for where pipes can be polled.
            let _ = child;
            crate::IntoTransport::into_transport((stdout, stdin))?
        };
        connect_transport(client, pipes)
    })
}
