//! Servers that are child processes.

use crate::TokioLink;
pub use mcp_os::Launched;
use mcp_os::{Launch, SpawnError};
use mcp_proto::handle::client::ClientBuilder;
use std::io;
use std::process::{ChildStdin, ChildStdout};
#[cfg(unix)]
use {crate::pipe::PipeReader, tokio::net::unix::pipe::Sender};

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that.
///
/// # Errors
/// The program is not there, or could not be started.
///
/// # Panics
/// Outside a tokio runtime.
pub fn launch(client: ClientBuilder, launch: &Launch) -> Result<Launched, SpawnError> {
    let link = |stdout, stdin| {
        let (read, write) = pipes(stdout, stdin)?;
        Ok(TokioLink::new(tokio::io::join(read, write)))
    };
    Launched::start_linked(client, launch, link, |driver| drop(tokio::spawn(driver)))
}

#[cfg(unix)]
fn pipes(stdout: ChildStdout, stdin: ChildStdin) -> io::Result<(PipeReader, Sender)> {
    Ok((PipeReader::new(stdout.into())?, Sender::from_owned_fd(stdin.into())?))
}

/// Anonymous pipes can't be waited for here: threads of the blocking pool read and write them.
#[cfg(windows)]
fn pipes(stdout: ChildStdout, stdin: ChildStdin) -> io::Result<(tokio::fs::File, tokio::fs::File)> {
    use std::os::windows::io::OwnedHandle;
    let file = |handle: OwnedHandle| tokio::fs::File::from_std(handle.into());
    Ok((file(stdout.into()), file(stdin.into())))
}
