//! Serving on the process's own standard streams.

use crate::descriptor::Descriptors;
use crate::pumped::Pumped;
use crate::server::Served;
use crate::transport::{IntoTransport as _, Transport};
use mcp_os::stdio::{Guard, Standard, Stream, take_nonblocking};
use mcp_proto::error::Closed;
use mcp_proto::handle::server::{Server, Serving};
use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// Serves on the standard streams of this process once [`wait`](StdioServing::wait) lends it a thread, until
/// the client ends its output.
///
/// Anything but a pipe or socket (a file, a terminal) costs one more thread. While serving, what the program
/// prints goes to stderr.
///
/// # Errors
/// The streams are taken already, or can't be.
pub fn serve_stdio<S: Send + Sync + 'static>(server: Server<S>) -> io::Result<StdioServing> {
    let Standard { input, output, guard } = take_nonblocking()?;
    let (served, serving) = match (descriptor(input), descriptor(output)) {
        (Ok(input), Ok(output)) => {
            let (served, serving) = Served::new(server, Descriptors::new(input, output)?)?;
            (Kind::Descriptors(served), serving)
        }
        (input, output) => {
            let (served, serving) = Served::new(server, (file(input), file(output)).into_transport()?)?;
            (Kind::Pumped(served), serving)
        }
    };
    Ok(StdioServing { served, serving, _guard: guard })
}

fn descriptor(stream: Stream) -> Result<OwnedFd, std::fs::File> {
    match stream {
        Stream::Pipe(fd) | Stream::Socket(fd) => Ok(fd),
        Stream::Other(file) => Err(file),
    }
}

fn file(stream: Result<OwnedFd, std::fs::File>) -> std::fs::File {
    match stream {
        Ok(fd) => {
            // One side can't be polled, so this one blocks too.
            let _ = rustix::io::ioctl_fionbio(&fd, false);
            fd.into()
        }
        Err(file) => file,
    }
}

enum Kind {
    Descriptors(Arc<Served<Descriptors>>),
    Pumped(Arc<Served<Pumped>>),
}

/// A server on the standard streams. They are the program's again when it is dropped.
pub struct StdioServing {
    served: Kind,
    serving: Serving,
    _guard: Guard,
}

impl StdioServing {
    /// The handle, for shutting down from elsewhere.
    #[must_use]
    pub fn handle(&self) -> Serving {
        self.serving.clone()
    }

    /// Shuts down when `fd` becomes readable, with `deadline` for calls in flight: the way for signals, whose
    /// handlers can write to the other end. Works for pipes and sockets on the standard streams; for others a
    /// thread of the program's own calls [`Serving::shutdown`].
    #[must_use]
    pub fn stop_on(self, fd: impl Into<OwnedFd>, deadline: Duration) -> Self {
        if let Kind::Descriptors(served) = &self.served {
            served.stop_within(deadline);
            served.transport().stop_on(fd.into());
        }
        self
    }

    /// Serves on this thread until it is over, and says why.
    pub fn wait(self) -> Closed {
        match &self.served {
            Kind::Descriptors(served) => lend(served),
            Kind::Pumped(served) => lend(served),
        }
        self.serving.wait(None).unwrap_or(Closed::ByUs)
    }
}

fn lend<T: Transport>(served: &Arc<Served<T>>) {
    served.lend_thread();
}
