//! The handle of a connection that is being served.

use super::context::ServerPort;
use crate::error::Closed;
use crate::handle::span::{self, Notes};
use crate::handle::sync::{Once, wake};
use crate::server::Command;
use crate::stats::Stats;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A connection being served. Cheap to clone; awaiting it gives the reason it ended. Dropping it changes
/// nothing.
#[derive(Clone)]
pub struct Serving {
    port: Arc<dyn ServerPort>,
    /// In a box: for most of the time there is no reason.
    closed: Arc<Once<Box<Closed>>>,
}

impl Serving {
    /// For drivers.
    pub fn new(port: Arc<dyn ServerPort>, closed: Arc<Once<Box<Closed>>>) -> Self {
        span::serving();
        Self { port, closed }
    }

    /// Takes no more requests, lets those in flight end for at most `deadline`, then closes. Await the handle,
    /// or [`wait`](Self::wait), to see it closed.
    pub fn shutdown(&self, deadline: Duration) {
        self.port.command(Command::Drain { within: deadline });
    }

    /// What the connection did so far, and how it stands; at any time, also when it is over.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.port.stats()
    }

    /// Why it ended, once it has.
    #[must_use]
    pub fn closed(&self) -> Option<Closed> {
        self.closed.get().map(|why| *why)
    }

    /// Blocks this thread until it has ended, at most for `timeout`. For threads that do not drive.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> Option<Closed> {
        self.closed.block(timeout);
        self.closed.get().map(|why| *why)
    }
}

/// For drivers: the connection is over. The first reason stands. To be called when no lock is held.
pub fn conclude(closed: &Once<Box<Closed>>, why: Closed) {
    if let Some(wakers) = closed.try_put(Box::new(why.clone())) {
        Notes::closed("server", &why).tell();
        wake(wakers);
    }
}

impl Future for Serving {
    type Output = Closed;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        self.closed.poll_get(cx).map(|why| *why)
    }
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("closed", &self.closed()).finish_non_exhaustive()
    }
}
