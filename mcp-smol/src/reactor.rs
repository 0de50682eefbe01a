//! Streams the reactor waits for: the ends of pipes, and sockets.

use async_io::Async;
use futures_io::{AsyncRead, AsyncWrite};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
#[cfg(unix)]
use std::{
    fs::File,
    os::{fd::OwnedFd, unix::net::UnixStream},
};

/// Less than this rarely comes with more behind it: it is one small message, and its sender waits.
const ALONE: usize = 4096;

/// What can be read and written without a `mut`, and ended.
pub(crate) trait Duplex: Send + Unpin + 'static {
    fn read(&self, room: &mut [u8]) -> io::Result<usize>;

    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Ends what we say. What comes can still be read.
    fn end_output(&self) -> io::Result<()>;
}

macro_rules! duplex {
    ($stream:ty, $end_output:expr) => {
        impl Duplex for $stream {
            fn read(&self, room: &mut [u8]) -> io::Result<usize> {
                Read::read(&mut &*self, room)
            }

            fn write(&self, bytes: &[u8]) -> io::Result<usize> {
                Write::write(&mut &*self, bytes)
            }

            fn end_output(&self) -> io::Result<()> {
                $end_output(self)
            }
        }
    };
}

duplex!(TcpStream, |stream: &TcpStream| stream.shutdown(Shutdown::Write));
#[cfg(unix)]
duplex!(UnixStream, |stream: &UnixStream| stream.shutdown(Shutdown::Write));
// An end of a pipe is ended by being dropped.
#[cfg(unix)]
duplex!(File, |_: &File| Ok(()));

/// Reads. [`Async`] would read twice in vain before each wait; this does not.
#[derive(Debug)]
struct Reading<T> {
    io: Async<T>,
    /// The last read took all there was, it seems: to wait is better than to try again.
    drained: bool,
}

impl<T: Duplex> Reading<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            if !std::mem::take(&mut self.drained) {
                match self.io.get_ref().read(room) {
                    Ok(n) => {
                        self.drained = (1..ALONE.min(room.len())).contains(&n);
                        return Poll::Ready(Ok(n));
                    }
                    Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                    Err(e) => return Poll::Ready(Err(e)),
                }
            }
            // The first may tell of bytes that have been read since. What came in between is not missed:
            // interest that is declared late is answered at once.
            ready!(self.io.poll_readable(cx))?;
            ready!(self.io.poll_readable(cx))?;
        }
    }
}

fn poll_write(io: &Async<impl Duplex>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    loop {
        match io.get_ref().write(bytes) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => ready!(io.poll_writable(cx))?,
            result => return Poll::Ready(result),
        }
    }
}

/// The end of a pipe that is read from.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct ReadEnd(Reading<File>);

#[cfg(unix)]
impl ReadEnd {
    pub(crate) fn new(fd: impl Into<OwnedFd>) -> io::Result<Self> {
        Ok(Self(Reading { io: Async::new(File::from(fd.into()))?, drained: false }))
    }
}

#[cfg(unix)]
impl AsyncRead for ReadEnd {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, room)
    }
}

/// The end of a pipe that is written to. Closed, it is gone: that is how the reader of a pipe learns of it.
#[cfg(unix)]
#[derive(Debug)]
pub(crate) struct WriteEnd {
    io: Option<Async<File>>,
}

#[cfg(unix)]
impl WriteEnd {
    pub(crate) fn new(fd: impl Into<OwnedFd>) -> io::Result<Self> {
        Ok(Self { io: Some(Async::new(File::from(fd.into()))?) })
    }
}

#[cfg(unix)]
impl AsyncWrite for WriteEnd {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &self.io {
            Some(io) => poll_write(io, cx, bytes),
            None => Poll::Ready(Err(ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io = None;
        Poll::Ready(Ok(()))
    }
}

/// A socket. Closed, its writing side ends; what comes can still be read.
#[derive(Debug)]
pub(crate) struct Socket<T>(Reading<T>);

impl<T> Socket<T> {
    pub(crate) fn new(io: Async<T>) -> Self {
        Self(Reading { io, drained: false })
    }

    #[cfg(test)]
    pub(crate) fn get_ref(&self) -> &T {
        self.0.io.get_ref()
    }
}

impl<T: Duplex> AsyncRead for Socket<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, room)
    }
}

impl<T: Duplex> AsyncWrite for Socket<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        poll_write(&self.0.io, cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.0.io.get_ref().end_output() {
            // The peer was faster.
            Err(e) if e.kind() == ErrorKind::NotConnected => Ok(()),
            result => result,
        })
    }
}
