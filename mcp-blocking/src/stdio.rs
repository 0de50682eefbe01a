//! Serving on the process's own standard streams.

#[cfg(unix)]
use crate::descriptor::Descriptors;
use crate::pumped::Pumped;
use crate::server::{Served, THREADS};
use crate::service::Service;
use crate::transport::{IntoTransport as _, Transport};
use mcp_os::stdio::{Guard, Standard, Stream, take_nonblocking};
use mcp_proto::error::Closed;
use mcp_proto::handle::server::{Server, Serving};
use std::fs::File;
use std::io::{self, PipeWriter, Read as _};
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
    let (served, serving) = match (input, output) {
        (Stream::Other(input), Stream::Other(output)) => pumped(server, input, output)?,
        #[cfg(unix)]
        (Stream::Pipe(input) | Stream::Socket(input), Stream::Pipe(output) | Stream::Socket(output)) => {
            let (served, serving) = Served::new(Service::single(server, THREADS)?, Descriptors::new(input, output)?);
            (Kind::Descriptors(served), serving)
        }
        // One side can't be polled, so the other blocks too.
        #[cfg(unix)]
        (input, output) => pumped(server, blocking(input)?, blocking(output)?)?,
    };
    Ok(StdioServing { served, serving, _guard: guard })
}

fn pumped<S: Send + Sync + 'static>(server: Server<S>, input: File, output: File) -> io::Result<(Kind, Serving)> {
    let (served, serving) = Served::new(Service::single(server, THREADS)?, (input, output).into_transport()?);
    Ok((Kind::Pumped(served), serving))
}

#[cfg(unix)]
fn blocking(stream: Stream) -> io::Result<File> {
    match stream {
        Stream::Pipe(fd) | Stream::Socket(fd) => {
            rustix::io::ioctl_fionbio(&fd, false)?;
            Ok(fd.into())
        }
        Stream::Other(file) => Ok(file),
    }
}

enum Kind {
    #[cfg(unix)]
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

    /// The end of a pipe: any byte but zero written to it shuts down, with `deadline` for calls in flight. The
    /// way for signals, whose handlers can write.
    ///
    /// # Errors
    /// There are no descriptors left, or no thread where one is needed: for files and terminals.
    pub fn stopper(&self, deadline: Duration) -> io::Result<PipeWriter> {
        match &self.served {
            #[cfg(unix)]
            Kind::Descriptors(served) => {
                served.stop_within(deadline);
                served.transport().stopper()
            }
            Kind::Pumped(_) => {
                let (mut reader, writer) = io::pipe()?;
                let serving = self.serving.clone();
                std::thread::Builder::new().name("mcp-stop".to_owned()).spawn(move || {
                    let mut byte = [0];
                    while matches!(reader.read(&mut byte), Ok(1)) && byte == [0] {}
                    if byte != [0] {
                        serving.shutdown(deadline);
                    }
                })?;
                Ok(writer)
            }
        }
    }

    /// Serves on this thread until it is over, and says why.
    pub fn wait(self) -> Closed {
        match &self.served {
            #[cfg(unix)]
            Kind::Descriptors(served) => lend(served),
            Kind::Pumped(served) => lend(served),
        }
        self.serving.wait(None).unwrap_or(Closed::ByUs)
    }
}

fn lend<T: Transport>(served: &Arc<Served<T>>) {
    served.lend_thread();
}
