//! Serving on the process's own standard streams.

use crate::{TokioLink, serve::serve_link};
use mcp_os::stdio::{Guard, Standard, Stream, take_nonblocking};
use mcp_proto::error::Closed;
use mcp_proto::handle::server::{Server, Serving};
use std::future::Future;
use std::io;
#[cfg(unix)]
use std::os::{fd::OwnedFd, unix::net::UnixStream as StdUnixStream};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(unix)]
use {
    crate::pipe::PipeReader,
    tokio::net::{UnixStream, unix::pipe::Sender},
};

/// Serves on the standard streams of this process, until the client ends its output.
///
/// Pipes and sockets go to the reactor; anything else (a file, a terminal) costs a thread. While serving,
/// what the program prints goes to stderr.
///
/// # Errors
/// The streams are taken already, or can't be.
///
/// # Panics
/// Outside a tokio runtime.
pub fn serve_stdio<S: Send + Sync + 'static>(server: Server<S>) -> io::Result<StdioServing> {
    let Standard { input, output, guard } = take_nonblocking()?;
    let serving = serve_link(server, TokioLink::new(tokio::io::join(Input::new(input)?, Output::new(output)?)), None)?;
    Ok(StdioServing { serving, _guard: guard })
}

/// A server on the standard streams. Awaiting it gives the reason it ended. The streams are the program's
/// again when it is dropped.
#[derive(Debug)]
pub struct StdioServing {
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
        Pin::new(&mut self.serving).poll(cx)
    }
}

enum Input {
    #[cfg(unix)]
    Pipe(PipeReader),
    #[cfg(unix)]
    Socket(UnixStream),
    Other(tokio::fs::File),
}

enum Output {
    #[cfg(unix)]
    Pipe(Sender),
    #[cfg(unix)]
    Socket(UnixStream),
    Other(tokio::fs::File),
}

#[cfg(unix)]
fn socket(fd: OwnedFd) -> io::Result<UnixStream> {
    UnixStream::from_std(StdUnixStream::from(fd))
}

impl Input {
    fn new(stream: Stream) -> io::Result<Self> {
        Ok(match stream {
            #[cfg(unix)]
            Stream::Pipe(fd) => Self::Pipe(PipeReader::new(fd)?),
            #[cfg(unix)]
            Stream::Socket(fd) => Self::Socket(socket(fd)?),
            Stream::Other(file) => Self::Other(file.into()),
        })
    }
}

impl Output {
    fn new(stream: Stream) -> io::Result<Self> {
        Ok(match stream {
            #[cfg(unix)]
            Stream::Pipe(fd) => Self::Pipe(Sender::from_owned_fd(fd)?),
            #[cfg(unix)]
            Stream::Socket(fd) => Self::Socket(socket(fd)?),
            Stream::Other(file) => Self::Other(file.into()),
        })
    }
}

impl AsyncRead for Input {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            #[cfg(unix)]
            Self::Pipe(pipe) => Pin::new(pipe).poll_read(cx, buf),
            #[cfg(unix)]
            Self::Socket(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Other(file) => Pin::new(file).poll_read(cx, buf),
        }
    }
}

impl Output {
    fn stream(&mut self) -> Pin<&mut (dyn AsyncWrite + Send + Unpin)> {
        match self {
            #[cfg(unix)]
            Self::Pipe(pipe) => Pin::new(pipe),
            #[cfg(unix)]
            Self::Socket(socket) => Pin::new(socket),
            Self::Other(file) => Pin::new(file),
        }
    }
}

impl AsyncWrite for Output {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().stream().poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().stream().poll_shutdown(cx)
    }
}
