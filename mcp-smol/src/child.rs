//! Servers that are child processes.

use crate::serve::{Task, connect_link};
use crate::{Halves, SmolLink, pipe};
pub use mcp_os::Launched;
use mcp_os::{ChildLink, Launch, SpawnError};
use mcp_proto::handle::client::ClientBuilder;

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that. The
/// connection is driven by a task of its own.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch, spawn: impl FnOnce(Task)) -> Result<Launched, SpawnError> {
    Launched::start(launch, |stdout, stdin, child| {
        let (read, write) = (pipe::child_output(stdout)?, pipe::child_input(stdin)?);
        Ok(connect_link(client, ChildLink::new(SmolLink::new(Halves { read, write }), child), spawn))
    })
}
