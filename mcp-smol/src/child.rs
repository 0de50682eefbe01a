//! Servers that are child processes.

use crate::serve::Task;
use crate::{Halves, SmolLink, pipe};
pub use mcp_os::Launched;
use mcp_os::{Launch, SpawnError};
use mcp_proto::handle::client::ClientBuilder;

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that. The
/// connection is driven by a task of its own.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch, spawn: impl FnOnce(Task)) -> Result<Launched, SpawnError> {
    let link = |stdout, stdin| {
        let (read, write) = (pipe::child_output(stdout)?, pipe::child_input(stdin)?);
        Ok(SmolLink::new(Halves { read, write }))
    };
    Launched::start_linked(client, launch, link, |driver| spawn(Box::pin(async move { drop(driver.await) })))
}
