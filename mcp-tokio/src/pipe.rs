//! Reading a pipe that may have something already.

use rustix::io::{Errno, read};
use std::future::Future;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::unix::pipe::Receiver;
use tokio::task::coop::consume_budget;

/// The reading end of a pipe. It tries to read before it asks the reactor: on a busy core the answer to what was just
/// written is often there, and the reactor has not heard of it yet.
#[derive(Debug)]
pub(crate) struct PipeReader(Receiver);

impl PipeReader {
    pub(crate) fn new(pipe: OwnedFd) -> io::Result<Self> {
        Receiver::from_owned_fd(pipe).map(Self)
    }
}

impl AsyncRead for PipeReader {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // A task that always finds something must let others run all the same.
        ready!(pin!(consume_budget()).poll(cx));
        match read(&self.0, buf.initialize_unfilled()) {
            Ok(n) => {
                buf.advance(n);
                Poll::Ready(Ok(()))
            }
            Err(Errno::AGAIN | Errno::INTR) => Pin::new(&mut self.0).poll_read(cx, buf),
            Err(e) => Poll::Ready(Err(e.into())),
        }
    }
}
