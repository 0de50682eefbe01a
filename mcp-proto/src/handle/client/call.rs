//! A call that is on its way.

use super::check::Check;
use super::connected::Port;
use super::pending::Slot;
use crate::client::{CallId, Command, Reply};
use crate::error::CallError;
use crate::stats::Timing;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What a call yields: a typed result, or with [`Reply`] the reply as it came.
pub trait FromReply: Sized {
    /// Reads it out of the reply.
    ///
    /// # Errors
    /// The result is not what the method's result looks like.
    fn from_reply(reply: Reply) -> Result<Self, CallError>;
}

impl FromReply for Reply {
    fn from_reply(reply: Reply) -> Result<Self, CallError> {
        Ok(reply)
    }
}

impl<R: DeserializeOwned> FromReply for R {
    fn from_reply(reply: Reply) -> Result<Self, CallError> {
        reply.result.raw().parse().map_err(|e| CallError::Invalid(e.to_string()))
    }
}

/// A call that was sent when this was made. A future; where threads wait, [`wait`](Self::wait).
///
/// Dropping it before it has ended cancels the call and tells the server. Cancel-safe: nothing is lost by
/// polling it within a `select`.
#[must_use = "dropping a call cancels it"]
pub struct Call<R> {
    call: CallId,
    slot: Arc<Slot>,
    port: Arc<dyn Port>,
    /// When, once the end was taken.
    ended: Option<Option<Timing>>,
    check: Check,
    result: PhantomData<fn() -> R>,
}

impl<R> Call<R> {
    pub(super) fn new(call: CallId, slot: Arc<Slot>, port: Arc<dyn Port>, check: Check) -> Self {
        Self { call, slot, port, ended: None, check, result: PhantomData }
    }

    /// When it was begun, first sent, and ended, as far as that has happened. Readable at any time, also after its
    /// end was awaited by reference. `None` if it was refused before it began, or the connection's driver is gone.
    #[must_use]
    pub fn timing(&self) -> Option<Timing> {
        let ended = || self.slot.peek(|ended| ended.timing);
        self.ended.or_else(ended).unwrap_or_else(|| self.port.timing(self.call).or_else(|| ended().flatten()))
    }

    /// A handle that ends the call as cancelled.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller { call: self.call, port: self.port.clone() }
    }
}

impl<R: FromReply> Call<R> {
    fn read(&self, outcome: Result<Reply, CallError>) -> Result<R, CallError> {
        let reply = outcome?;
        self.check.of(&reply)?;
        R::from_reply(reply)
    }

    /// Blocks this thread until the call has ended. On `mcp-blocking` the thread reads for everybody while it
    /// waits.
    ///
    /// # Errors
    /// As awaiting it; and refused on a thread that drives the connection, where it would wait for ever.
    pub fn wait(mut self) -> Result<R, CallError> {
        self.wait_mut()
    }

    /// As [`wait`](Self::wait), for those who look at the [`timing`](Self::timing) afterwards. Once only.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    pub fn wait_mut(&mut self) -> Result<R, CallError> {
        self.port.wait(&*self.slot, None)?;
        // The port returns when it is there.
        let Some(ended) = self.slot.take() else { return Err(CallError::Cancelled) };
        self.ended = Some(ended.timing);
        self.read(ended.outcome)
    }
}

impl<R: FromReply> Future for Call<R> {
    type Output = Result<R, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.slot.is_there() {
            self.port.look();
        }
        let ended = std::task::ready!(self.slot.poll_take(cx));
        self.ended = Some(ended.timing);
        Poll::Ready(self.read(ended.outcome))
    }
}

impl<R> Drop for Call<R> {
    fn drop(&mut self) {
        if self.ended.is_none() && !self.slot.is_there() {
            self.port.command(Command::Cancel { call: self.call, reason: None });
        }
    }
}

impl<R> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("call", &self.call).finish_non_exhaustive()
    }
}

/// Ends a call from anywhere.
#[derive(Clone)]
pub struct Canceller {
    call: CallId,
    port: Arc<dyn Port>,
}

impl Canceller {
    /// Ends the call as cancelled and tells the server; `reason` is for people. Nothing happens if it has ended.
    pub fn cancel(&self, reason: Option<&str>) {
        self.port.command(Command::Cancel { call: self.call, reason: reason.map(str::to_owned) });
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("call", &self.call).finish_non_exhaustive()
    }
}
