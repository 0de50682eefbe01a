//! What a handler knows of its call, and what it can do meanwhile.

use super::announcer::Announcer;
use super::caller::Caller;
use crate::handle::span::RunSpan;
use crate::handle::sync::{Once, wake};
use crate::model::{ClientCapabilities, Era, Implementation, Level};
use crate::rpc::{self, ErrorObject, Name, Object, Raw};
use crate::server::{Answer, CallId, Command, Peer, Request};
use crate::stats::Stats;
use crate::time::Time;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};

/// Where a running handler reaches its connection. Implemented by drivers.
pub trait ServerPort: Send + Sync {
    /// The time now.
    fn now(&self) -> Time;

    /// Gives the machine a command and sends what can be sent without blocking.
    fn command(&self, command: Command);

    /// What the connection did so far.
    fn stats(&self) -> Stats;
}

/// A call, as its handler sees it. Cheap to clone.
pub struct Cx<S = ()> {
    pub(super) call: Arc<CallContext>,
    state: Arc<S>,
}

/// The part of a [`Cx`] that does not know the state; drivers make one for each run.
pub struct CallContext {
    pub(crate) request: Arc<Request>,
    port: Arc<dyn ServerPort>,
    cancelled: Once<()>,
    pub(super) kept: Mutex<BTreeMap<String, Raw>>,
    caller: Option<Arc<Caller>>,
    announcer: Arc<Announcer>,
    pub(super) span: RunSpan,
}

impl CallContext {
    /// A run of `request`, whose handler reaches its connection by `port`.
    #[must_use]
    pub fn new(
        request: Arc<Request>,
        port: Arc<dyn ServerPort>,
        caller: Option<Arc<Caller>>,
        announcer: Arc<Announcer>,
    ) -> Arc<Self> {
        Arc::new(Self {
            request,
            port,
            cancelled: Once::default(),
            kept: Mutex::default(),
            caller,
            announcer,
            span: RunSpan::default(),
        })
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &Arc<Request> {
        &self.request
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.port.now()
    }

    /// Tells the handler that the call is no longer wanted. To be called when no lock is held.
    pub fn cancel(&self) {
        self.span.cancelled();
        wake(self.cancelled.put(()));
    }
}

impl fmt::Debug for CallContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallContext").field("call", &self.request.call).finish_non_exhaustive()
    }
}

impl<S> Clone for Cx<S> {
    fn clone(&self) -> Self {
        Self { call: self.call.clone(), state: self.state.clone() }
    }
}

impl<S> fmt::Debug for Cx<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cx").field("call", &self.call.request.call).finish_non_exhaustive()
    }
}

impl<S> Cx<S> {
    pub(super) fn new(call: Arc<CallContext>, state: Arc<S>) -> Self {
        Self { call, state }
    }

    /// What [`Server::state`](super::Server::state) was given.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.state
    }

    /// Who asks, as far as this request says.
    #[must_use]
    pub fn peer(&self) -> &Peer {
        &self.call.request.peer
    }

    /// Who the client says it is. Nothing is to be decided by it (2026-07-28, `_meta`).
    #[must_use]
    pub fn client(&self) -> Option<Implementation> {
        self.peer().identity.as_ref().and_then(|identity| identity.parse().ok())
    }

    /// What the client says it can do, of this request (2026-07-28) or for the session (before).
    #[must_use]
    pub fn client_capabilities(&self) -> ClientCapabilities {
        self.peer().capabilities.parse().unwrap_or_else(|_| ClientCapabilities::new())
    }

    /// Whom the program that serves has authenticated ([`Caller::principal`]).
    #[must_use]
    pub fn principal(&self) -> Option<&str> {
        self.call.caller.as_ref()?.principal.as_deref()
    }

    /// What the program that serves left for its handlers ([`Caller::extension`]).
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.call.caller.as_ref()?.extensions.get()
    }

    /// What the request says of itself (`_meta`), with everything a client has put there.
    #[must_use]
    pub fn meta(&self) -> Object {
        self.call.request.params.get("_meta").and_then(Object::from_raw).unwrap_or_else(Object::empty)
    }

    /// Tells clients of changes, as [`Offers::announcer`](super::Offers::announcer) does.
    #[must_use]
    pub fn announcer(&self) -> &Arc<Announcer> {
        &self.call.announcer
    }

    /// The era of this request. Handlers need not care.
    #[must_use]
    pub fn era(&self) -> Era {
        self.peer().era()
    }

    /// The request as it came.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.call.request
    }

    /// When the request was read, of the connection's clock. The same in every run of a call that is kept here
    /// while it asks (before 2026-07-28); a retry is a request of its own.
    #[must_use]
    pub fn received(&self) -> Time {
        self.call.request.received
    }

    /// Reports progress, if the client asked for it. Values that do not grow are dropped, and all while the client
    /// reads too slowly (`Limits::outbound_high`).
    pub fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        if self.call.request.progress_token.is_some() {
            let message = message.map(str::to_owned);
            self.call.port.command(Command::Progress { call: self.id(), progress, total, message });
        }
    }

    /// Says something for the client's log, if its user wants to see messages of this level: by the request itself
    /// (2026-07-28), or by `logging/setLevel` (before; until then, from [`Level::Info`] on). Only servers that declare
    /// it ([`Server::logging`](super::Server::logging)) are heard. Dropped while the client reads too slowly
    /// (`Limits::outbound_high`). It must hold nothing secret.
    pub fn log(&self, level: Level, data: impl Serialize) {
        self.log_as(None, level, data);
    }

    /// As [`log`](Self::log), by the name of a part of the program.
    pub fn log_as(&self, logger: impl Into<Option<String>>, level: Level, data: impl Serialize) {
        if let Ok(data) = Raw::from_serialize(&data) {
            self.call.port.command(Command::Log { call: Some(self.id()), level, logger: logger.into(), data });
        }
    }

    /// Sends a notification that belongs to this call, for extensions. One that the client's revision does not have as
    /// a server's is not sent. `params` is an object.
    pub fn notify(&self, method: impl Into<Name>, params: Option<Raw>) {
        self.call.port.command(Command::Notify { call: Some(self.id()), method: method.into(), params });
    }

    /// Whether the client no longer wants the answer, or is gone.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.call.cancelled.is_there()
    }

    /// Waits until the client no longer wants the answer, or is gone. Cancel-safe.
    pub async fn cancelled(&self) {
        poll_fn(|cx| self.call.cancelled.poll_get(cx)).await;
    }

    /// Blocks until the client no longer wants the answer, at most for `timeout`. Whether it is so. For
    /// handlers on threads.
    #[must_use]
    pub fn wait_cancelled(&self, timeout: std::time::Duration) -> bool {
        self.call.cancelled.block(Some(timeout))
    }

    fn id(&self) -> CallId {
        self.call.request.call
    }
}

/// Answers a call once. Dropped without an answer, it answers with an internal error.
pub struct Responder {
    call: CallId,
    port: Arc<dyn ServerPort>,
    span: RunSpan,
    answered: bool,
}

impl Responder {
    /// For the call of this run.
    #[must_use]
    pub fn new(context: &CallContext) -> Self {
        Self { call: context.request.call, port: context.port.clone(), span: context.span.clone(), answered: false }
    }

    /// Answers.
    pub fn answer(mut self, answer: Answer) {
        self.answered = true;
        self.port.command(Command::Respond { call: self.call, answer });
    }
}

impl fmt::Debug for Responder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Responder").field("call", &self.call).finish_non_exhaustive()
    }
}

impl Drop for Responder {
    fn drop(&mut self) {
        if !self.answered {
            let answer = Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, "the handler was dropped"));
            self.span.ended(&answer);
            self.port.command(Command::Respond { call: self.call, answer });
        }
    }
}
