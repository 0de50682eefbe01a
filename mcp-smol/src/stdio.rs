//! Serving on the process's own standard streams.

use crate::pipe::{self, Input, Output};
use crate::serve::{Task, executor, server_driver};
use crate::{Halves, SmolLink};
use mcp_os::stdio::{Guard, Standard, take_nonblocking};
use mcp_proto::error::Closed;
use mcp_proto::handle::server::{Catalog, Server, ServerDriver, Serving};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Serves on the standard streams of this process, until the client ends its output. Whoever awaits what is
/// returned drives it; handlers that are not ready at once become tasks.
///
/// Pipes and sockets go to the reactor; anything else (a file, a terminal) costs a thread. While serving,
/// what the program prints goes to stderr.
///
/// # Errors
/// The streams are taken already, or can't be.
pub fn serve_stdio<S: Send + Sync + 'static>(
    server: Server<S>,
    spawn: impl Fn(Task) + Send + Sync + 'static,
) -> io::Result<StdioServing> {
    let Standard { input, output, guard } = take_nonblocking()?;
    let stream = Halves { read: pipe::input(input)?, write: pipe::output(output)? };
    let (driver, serving) = server_driver(server, SmolLink::new(stream), executor(spawn), None)?;
    Ok(StdioServing { driver, serving, _guard: guard })
}

/// A server on the standard streams. It goes on while it is awaited; that gives the reason it ended. The
/// streams are the program's again when it is dropped.
#[must_use = "it serves only while it is awaited"]
pub struct StdioServing {
    driver: ServerDriver<Catalog, SmolLink<Halves<Input, Output>>>,
    serving: Serving,
    _guard: Guard,
}

impl StdioServing {
    /// The handle, for shutting down from elsewhere.
    #[must_use]
    pub fn handle(&self) -> Serving {
        self.serving.clone()
    }
}

impl Future for StdioServing {
    type Output = Closed;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        Pin::new(&mut self.driver).poll(cx)
    }
}

impl std::fmt::Debug for StdioServing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StdioServing").field("serving", &self.serving).finish_non_exhaustive()
    }
}
