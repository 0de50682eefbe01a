//! Accepting connections, for as long as there is anybody to accept them for.

use crate::accept::{AcceptErrors, AfterError};
use mcp_proto::handle::server::Connections;
use mcp_proto::handle::{Once, wake};
use mcp_proto::time::Time;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use thiserror::Error;

/// A server that listens. Cheap to clone; awaiting it gives how listening ended. Dropping it changes nothing.
#[derive(Clone)]
pub struct Listening {
    connections: Arc<Connections>,
    ended: Arc<Ended>,
    address: Option<SocketAddr>,
}

type Ended = Once<Result<(), ListenError>>;

/// Why listening ended although nobody asked for that. Connections that are open go on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Accepting failed again and again.
    #[error("connections can't be accepted any more: {0}; listen anew")]
    Accept(String),
    /// Whoever accepted is gone.
    #[error("the task that accepts connections was dropped, perhaps with its runtime")]
    Dropped,
}

impl Listening {
    /// Where TCP connections are accepted, with the port that was taken for 0. `None` for a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.address
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.open()
    }

    /// Accepts no more; every connection takes no more requests, lets those in flight end for at most `deadline`, and
    /// is closed. Await the handle, or [`wait`](Self::wait), to see it done. Of several calls the earliest deadline
    /// counts.
    ///
    /// What waits in the backlog is reset. The path of a Unix socket is removed.
    pub fn shutdown(&self, deadline: Duration) {
        self.connections.shutdown(deadline);
    }

    /// How it ended, once it has: after a shutdown, when the last connection was closed.
    #[must_use]
    pub fn ended(&self) -> Option<Result<(), ListenError>> {
        self.ended.get()
    }

    /// Blocks this thread until it has ended, at most for `timeout`. For threads that do not drive.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> Option<Result<(), ListenError>> {
        self.ended.block(timeout);
        self.ended.get()
    }
}

impl Future for Listening {
    type Output = Result<(), ListenError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.ended.poll_get(cx)
    }
}

impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Listening");
        debug.field("address", &self.address).field("connections", &self.connections()).finish_non_exhaustive()
    }
}

/// What an adapter brings to accept connections.
pub trait Acceptor: Unpin {
    /// A connection.
    type Stream;

    /// The next connection. Never [`WouldBlock`](io::ErrorKind::WouldBlock): that is pending.
    ///
    /// # Errors
    /// See [`AcceptErrors`].
    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Stream>>;

    /// Serves a connection, with a place among the others that it keeps until its end.
    ///
    /// # Errors
    /// Something is used up. The connection is lost.
    fn serve(&mut self, stream: Self::Stream, connections: &Arc<Connections>) -> io::Result<()>;

    /// Ready when it is `until`.
    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()>;

    /// Stops listening, for good.
    fn close(&mut self);
}

/// Accepts until it is told to stop, and then waits for the connections. A future: a task of its own runs it, or a
/// thread.
#[must_use = "somebody has to run it"]
pub struct Accepting<A: Acceptor> {
    acceptor: A,
    connections: Arc<Connections>,
    ended: Arc<Ended>,
    errors: AcceptErrors,
    /// Accepting goes on then.
    paused: Option<Time>,
    stop: Option<Stop>,
}

/// The shutdown that counts.
#[derive(Clone, Copy)]
struct Stop {
    /// The deadline that was told last.
    within: Duration,
    /// When connections that have not closed themselves are no longer waited for.
    by: Time,
}

/// Connections accepted before others get a turn on this thread.
const BURST: usize = 64;
/// How long after its deadline a connection may take to close. One that does not even do that is left behind.
const LATE: Duration = Duration::from_secs(1);

impl<A: Acceptor> Accepting<A> {
    /// Of a listener whose socket the acceptor has.
    pub fn new(address: Option<SocketAddr>, most: usize, acceptor: A) -> (Self, Listening) {
        let (connections, ended) = (Connections::new(most), Once::new());
        let listening = Listening { connections: connections.clone(), ended: ended.clone(), address };
        let errors = AcceptErrors::default();
        (Self { acceptor, connections, ended, errors, paused: None, stop: None }, listening)
    }

    /// What accepts.
    pub fn acceptor(&mut self) -> &mut A {
        &mut self.acceptor
    }

    fn end(&mut self, how: Result<(), ListenError>) -> Poll<()> {
        self.acceptor.close();
        wake(self.ended.put(how));
        Poll::Ready(())
    }

    /// Waits until all connections have ended, or should have.
    fn poll_stopped(&mut self, cx: &mut Context<'_>, within: Duration) -> Poll<()> {
        self.acceptor.close();
        let stop = match self.stop {
            Some(stop) if stop.within == within => stop,
            earlier => {
                let by = crate::clock::now().after(within).after(LATE);
                Stop { within, by: earlier.map_or(by, |earlier| earlier.by.min(by)) }
            }
        };
        self.stop = Some(stop);
        if self.connections.poll_empty(cx).is_pending() {
            ready!(self.acceptor.poll_sleep(cx, stop.by));
        }
        self.end(Ok(()))
    }
}

impl<A: Acceptor> Future for Accepting<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        for _ in 0..BURST {
            if let Poll::Ready(within) = this.connections.poll_stopping(cx) {
                return this.poll_stopped(cx, within);
            }
            if let Some(until) = this.paused {
                ready!(this.acceptor.poll_sleep(cx, until));
                this.paused = None;
            }
            ready!(this.connections.poll_room(cx));
            let accepted = ready!(this.acceptor.poll_accept(cx));
            match accepted.and_then(|stream| this.acceptor.serve(stream, &this.connections)) {
                Ok(()) => this.errors.accepted(),
                Err(error) => match this.errors.failed(&error) {
                    AfterError::Next => {}
                    AfterError::Pause(pause) => this.paused = Some(crate::clock::now().after(pause)),
                    AfterError::Stop => return this.end(Err(ListenError::Accept(error.to_string()))),
                },
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<A: Acceptor> Drop for Accepting<A> {
    fn drop(&mut self) {
        // Nothing happens if it has ended before.
        self.acceptor.close();
        wake(self.ended.put(Err(ListenError::Dropped)));
    }
}

impl<A: Acceptor> fmt::Debug for Accepting<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").field("connections", &self.connections).finish_non_exhaustive()
    }
}
