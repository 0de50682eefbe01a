//! Servers that are child processes.

use crate::client::connect_transport;
use crate::transport::{Transport, Wake};
use mcp_os::{Launch, Launched, Pipes, Relaunch, SpawnError};
use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::time::Time;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

/// Launches a server and connects over its pipes. It speaks when it is ready; calls wait for that.
///
/// # Errors
/// The program is not there, or could not be started.
pub fn launch(client: ClientBuilder, launch: &Launch) -> Result<Launched, SpawnError> {
    let client = client.target(launch.target()).reopens();
    Launched::start(launch, |first, relaunch| {
        let current = RwLock::new(Arc::new(transport(first)?));
        connect_transport(client, ChildPipes { current, relaunch })
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

#[cfg(unix)]
type OfOne = crate::Descriptors;
#[cfg(not(unix))]
type OfOne = crate::Pumped;

/// The pipes of a process, and of the one that takes its place.
struct ChildPipes {
    current: RwLock<Arc<OfOne>>,
    relaunch: Relaunch,
}

impl ChildPipes {
    fn current(&self) -> Arc<OfOne> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for ChildPipes {
    fn wait(&self, reads: bool, until: Option<Time>) -> io::Result<Wake> {
        self.current().wait(reads, until)
    }

    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        self.current().read(room)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.current().write(bytes)
    }

    fn wait_writable(&self, until: Option<Time>) -> io::Result<()> {
        self.current().wait_writable(until)
    }

    fn finish(&self) {
        self.current().finish();
    }

    fn wake(&self) {
        self.current().wake();
    }

    fn close(&self) {
        self.current().close();
    }

    fn reopen(&self) -> io::Result<()> {
        let fresh = Arc::new(transport(self.relaunch.launch()?)?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, fresh);
        drop(current);
        old.close();
        Ok(())
    }

    fn end_reason(&self) -> Option<String> {
        self.current().end_reason()
    }
}
