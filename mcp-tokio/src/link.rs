//! Tokio's streams and timers, as the core wants them.

use bytes::Bytes;
use mcp_proto::error::Fault;
use mcp_proto::handle::{Link, ReadBuffer};
use mcp_proto::time::Time;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Any duplex stream of tokio's, carrying MCP. The link owns it whole, so there is nothing to lock.
#[derive(Debug)]
pub struct TokioLink<S> {
    pub(crate) stream: S,
    buffer: ReadBuffer,
    /// There is one while it has not fired: most connections wait for no time.
    sleep: Option<Pin<Box<Sleep>>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TokioLink<S> {
    /// Over a stream. Two of them, one for each direction, are made one by [`tokio::io::join`].
    pub fn new(stream: S) -> Self {
        Self { stream, buffer: ReadBuffer::default(), sleep: None }
    }
}

/// The origin of our time on tokio's clock, which a test can pause and move on.
pub(crate) fn origin() -> Instant {
    Instant::from_std(mcp_os::clock::origin_instant())
}

fn broken(error: std::io::Error) -> Fault {
    Fault::Broken(error.to_string())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link for TokioLink<S> {
    fn now(&self) -> Time {
        Time::from_elapsed(Instant::now().saturating_duration_since(origin()))
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>> {
        let mut room = ReadBuf::new(self.buffer.room());
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, &mut room) else {
            self.buffer.give_back();
            return Poll::Pending;
        };
        read.map_err(broken)?;
        let n = room.filled().len();
        Poll::Ready(Ok(self.buffer.filled(n)))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Fault>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes).map_err(broken)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(broken)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Pin::new(&mut self.stream).poll_shutdown(cx).map_err(broken)
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()> {
        let until = origin() + until.since(Time::ORIGIN);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(())
    }
}
