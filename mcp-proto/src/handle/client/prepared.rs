//! A call before it is sent.

use super::call::Call;
use super::check::Check;
use super::connected::Client;
use super::outcome::Outcome;
use super::pending::{Ended, Listener, Listeners, Slot};
use super::progress::ProgressStream;
use crate::client::{CallId, CallRequest, InputPolicy};
use crate::error::CallError;
use crate::handle::span::CallSpan;
use crate::model::{Level, Progress, TaskMetadata};
use crate::rpc::{Name, Object, Raw};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// A call that is not sent yet.
#[must_use = "it is sent by `send`"]
pub struct Prepared<R> {
    client: Client,
    pub(super) request: CallRequest,
    pub(super) listeners: Listeners,
    pub(super) refused: Option<CallError>,
    pub(super) check: Check,
    result: PhantomData<fn() -> R>,
}

impl<R> Prepared<R> {
    pub(super) fn new(client: Client, request: CallRequest, refused: Option<CallError>) -> Self {
        let (listeners, check) = (Listeners::default(), Check::default());
        Self { client, request, listeners, refused, check, result: PhantomData }
    }

    /// How long it may take. `None`: no bound. Default: `Timeouts::request`. While our own side answers questions of the
    /// server, that time stands still (`Timeouts::input`).
    pub fn deadline(mut self, deadline: Option<Duration>) -> Self {
        self.request.deadline = deadline;
        self
    }

    /// Asks for progress, and tells of it. Called by whoever reads: it should return soon.
    pub fn on_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.request.progress = true;
        self.listeners.progress = Some(Listener::Call(Arc::new(tell)));
        self
    }

    /// Tells of what a subscription ([`Listen`](crate::model::Listen)) brings: the notification's name and parameters,
    /// first of all what the server accepted. Called by whoever reads: it should return soon.
    /// [`Client::listen`] gives a stream instead.
    pub fn on_update(mut self, tell: impl Fn(Name, Object) + Send + Sync + 'static) -> Self {
        self.listeners.updates = Some(Listener::Call(Arc::new(tell)));
        self
    }

    /// More for its `_meta`, an object.
    pub fn meta(mut self, meta: Raw) -> Self {
        self.request.meta = Some(meta);
        self
    }

    /// Log messages of this level and worse are wanted while it runs, whatever the client wants of others (2026-07-28;
    /// before, a call has no level of its own).
    pub fn log_level(mut self, level: Level) -> Self {
        self.request.log_level = Some(level);
        self
    }

    /// A result that asks back ends the call, instead of being answered by the client's callbacks.
    pub fn pass_input(mut self) -> Self {
        self.request.input = InputPolicy::Pass;
        self
    }

    /// Sends it even if the server does not offer what the method needs, for those who know better.
    pub fn unchecked(mut self) -> Self {
        self.request.unchecked = true;
        self
    }

    /// Takes a task in the place of the answer, and results of extensions. In 2025-11-25 a task is asked for, to be kept
    /// for `ttl` from its beginning, of servers that make tasks of calls of tools; in 2026-07-28 the server decides, if
    /// the client declared the extension ([`ClientBuilder::extension`](super::ClientBuilder::extension) with
    /// [`TASKS`](crate::model::extension::tasks::TASKS)). Everybody else answers.
    pub fn or_task(mut self, ttl: Option<Duration>) -> Prepared<Outcome<R>> {
        let mut task = TaskMetadata::new();
        task.ttl = ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        self.request.task = Some(Box::new(task));
        self.request.any_result = true;
        let Self { client, request, listeners, refused, check, result: _ } = self;
        Prepared { client, request, listeners, refused, check, result: PhantomData }
    }

    /// Sends it and asks for progress, which comes as a stream; in the place of
    /// [`on_progress`](Self::on_progress).
    pub fn send_with_progress(mut self) -> (Call<R>, ProgressStream) {
        let stream = ProgressStream::new(self.client.port());
        self.request.progress = true;
        self.listeners.progress = Some(Listener::Feed(stream.feed()));
        (self.send(), stream)
    }

    /// Sends it. It goes out now, not when it is first awaited.
    pub fn send(self) -> Call<R> {
        let port = self.client.port();
        if let Some(why) = self.refused {
            let slot = Slot::new();
            // Nobody waits yet.
            let _ = slot.put(Ended { outcome: Err(why), timing: None });
            let _ = self.listeners.end();
            return Call::new(CallId(0), slot, port, self.check);
        }
        let span = CallSpan::of(&self.request.method);
        let listeners = Listeners { span: span.clone(), ..self.listeners };
        let (call, slot) = port.begin(self.request, listeners);
        span.begun(call, &slot);
        Call::new(call, slot, port, self.check)
    }
}

impl<R> fmt::Debug for Prepared<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepared").field("method", &self.request.method).finish_non_exhaustive()
    }
}
