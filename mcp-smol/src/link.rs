//! Streams of `futures_io` and timers of `async_io`, as the core wants them.

use async_io::Timer;
use bytes::Bytes;
use futures_io::{AsyncRead, AsyncWrite};
use mcp_proto::error::Fault;
use mcp_proto::handle::{Link, ReadBuffer};
use mcp_proto::time::Time;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// Any duplex stream of `futures_io`, carrying MCP. The link owns it whole, so there is nothing to lock.
#[derive(Debug)]
pub struct SmolLink<S> {
    pub(crate) stream: S,
    buffer: ReadBuffer,
    timer: Timer,
    /// What the timer is set to, until it has fired.
    armed: Option<Time>,
    /// The origin of our time on the clock of the timers.
    origin: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> SmolLink<S> {
    /// Over a stream. Two of them, one for each direction, are made one by [`Halves`].
    pub fn new(stream: S) -> Self {
        let elapsed = mcp_os::clock::elapsed();
        let now = Instant::now();
        let origin = now.checked_sub(elapsed).unwrap_or(now);
        Self { stream, buffer: ReadBuffer::default(), timer: Timer::never(), armed: None, origin }
    }
}

fn broken(error: io::Error) -> Fault {
    Fault::Broken(error.to_string())
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link for SmolLink<S> {
    fn now(&self) -> Time {
        mcp_os::clock::now()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>> {
        let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, self.buffer.room()) else {
            self.buffer.give_back();
            return Poll::Pending;
        };
        Poll::Ready(Ok(self.buffer.filled(read.map_err(broken)?)))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Fault>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes).map_err(broken)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(broken)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Pin::new(&mut self.stream).poll_close(cx).map_err(broken)
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()> {
        // Setting a timer wakes the reactor, so one that fires in time is left as it is.
        if self.armed.is_none_or(|armed| until < armed) {
            self.armed = Some(until);
            match self.origin.checked_add(until.since(Time::ORIGIN)) {
                Some(instant) => self.timer.set_at(instant),
                None => self.timer.clear(),
            }
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        self.armed = None;
        Poll::Ready(())
    }
}

/// A duplex stream made of one to read from and one to write to, such as the two pipes of a process.
#[derive(Debug)]
pub struct Halves<R, W> {
    /// Where to read from.
    pub read: R,
    /// Where to write to.
    pub write: W,
}

impl<R: AsyncRead + Unpin, W: Unpin> AsyncRead for Halves<R, W> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.read).poll_read(cx, room)
    }
}

impl<R: Unpin, W: AsyncWrite + Unpin> AsyncWrite for Halves<R, W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.write).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.write).poll_close(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::SmolLink;
    use crate::pair;
    use crate::support::run;
    use mcp_proto::handle::Link as _;
    use mcp_proto::time::Time;
    use std::future::poll_fn;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    const FAR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_earliest_time_asked_for_fires_and_then_none() {
        let mut link = SmolLink::new(pair().0);
        let begin = link.now();
        let mut sleep = |until| link.poll_sleep(&mut Context::from_waker(Waker::noop()), until);
        assert_eq!(sleep(begin.after(FAR)), Poll::Pending);
        assert_eq!(sleep(Time::ORIGIN), Poll::Ready(()));
        assert_eq!(sleep(begin.after(FAR)), Poll::Pending);
        assert_eq!(sleep(begin), Poll::Ready(()));
        assert_eq!(sleep(Time::from_nanos(u64::MAX)), Poll::Pending);
    }

    #[test]
    fn asking_for_a_later_time_does_not_put_off_the_earlier_one() {
        let mut link = SmolLink::new(pair().0);
        let soon = link.now().after(Duration::from_millis(20));
        let mut until = soon;
        run(poll_fn(|cx| {
            let fired = link.poll_sleep(cx, until);
            until = until.after(FAR);
            fired
        }));
        assert!(link.now() >= soon);
    }
}
