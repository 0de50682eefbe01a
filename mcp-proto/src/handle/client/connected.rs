//! A client that is connected: what programs hold and call.

use super::call::{Call, FromReply};
use super::pending::{Listeners, Slot};
use super::prepared::Prepared;
use crate::client::{CallId, CallRequest, Command, Reply, ServerInfo};
use crate::error::{CallError, Closed, RefusedCall};
use crate::handle::sync::Once;
use crate::model::{CallTool, CallToolResult, Method};
use crate::rpc::{self, Name, Object, Raw};
use crate::stats::{Stats, Timing};
use serde::Serialize;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Something a thread can wait for.
pub trait Awaited: Sync {
    /// Whether it has come.
    fn is_there(&self) -> bool;
    /// Blocks until it has come, at most for `timeout`.
    fn block(&self, timeout: Option<Duration>);
}

impl<T: Send> Awaited for Once<T> {
    fn is_there(&self) -> bool {
        Self::is_there(self)
    }

    fn block(&self, timeout: Option<Duration>) {
        Self::block(self, timeout);
    }
}

/// Where a connected client reaches its machine. Implemented by drivers.
pub trait Port: Send + Sync {
    /// Begins a call and sends what can be sent without blocking.
    fn begin(&self, request: CallRequest, listeners: Listeners) -> (CallId, Arc<Slot>);

    /// Reads what is there already, for a caller that is about to wait for it: an answer that has come by then
    /// needs no hop between tasks.
    fn look(&self) {}

    /// Gives the machine a command and sends what can be sent without blocking.
    fn command(&self, command: Command);

    /// What the connection did so far.
    fn stats(&self) -> Stats;

    /// The instants of a call that has not ended.
    fn timing(&self, call: CallId) -> Option<Timing>;

    /// Blocks this thread until `awaited` has come, at most for `timeout`.
    ///
    /// # Errors
    /// This thread is the one that reads.
    fn wait(&self, awaited: &dyn Awaited, timeout: Option<Duration>) -> Result<(), RefusedCall>;
}

/// A connected client. Cheap to clone; the connection closes when the last clone is dropped.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    port: Arc<dyn Port>,
    opened: Arc<Once<Result<Arc<ServerInfo>, Closed>>>,
    closed: Arc<Once<Closed>>,
    deadline: Option<Duration>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.port.command(Command::Close);
    }
}

impl Client {
    /// For drivers. `deadline` is that of calls that do not have their own.
    pub fn new(
        port: Arc<dyn Port>,
        opened: Arc<Once<Result<Arc<ServerInfo>, Closed>>>,
        closed: Arc<Once<Closed>>,
        deadline: Option<Duration>,
    ) -> Self {
        Self(Arc::new(Inner { port, opened, closed, deadline }))
    }

    pub(super) fn port(&self) -> Arc<dyn Port> {
        self.0.port.clone()
    }

    /// Who answers, once that is known. Calls need not wait for it: they are sent when it is.
    #[must_use = "it is awaited, or waited for"]
    pub fn server(&self) -> Opened {
        Opened { client: self.clone() }
    }

    /// Calls a method.
    pub fn call<M: Method>(&self, method: M) -> Call<M::Result> {
        self.prepare(method).send()
    }

    /// A call of a method, to be given a deadline or a listener before it is sent.
    pub fn prepare<M: Method>(&self, method: M) -> Prepared<M::Result> {
        self.prepared(Name::from_static(M::FACTS.name), method.to_params())
    }

    /// A call of any method with any parameters (an object), for extensions and gateways. A `_meta` among them counts
    /// as given by [`Prepared::meta`]: what the core writes there itself wins.
    pub fn prepare_raw(&self, method: impl Into<Name>, params: Raw) -> Prepared<Reply> {
        let about = Object::from_raw(params.clone()).and_then(|object| object.get("_meta"));
        let params = if about.is_some() { rpc::splice::without(&params, "_meta") } else { params };
        let mut prepared = self.prepared(method.into(), Ok(params));
        prepared.request.meta = about;
        prepared
    }

    pub(super) fn prepared<R: FromReply>(&self, method: Name, params: Result<Raw, serde_json::Error>) -> Prepared<R> {
        let refused = match &params {
            Ok(params) if params.is_object() => None,
            Ok(_) => Some(RefusedCall::Params("not an object".to_owned()).into()),
            Err(e) => Some(RefusedCall::Params(e.to_string()).into()),
        };
        let params = params.unwrap_or_else(|_| Raw::empty_object());
        Prepared::new(self.clone(), CallRequest::new(method, params, self.0.deadline), refused)
    }

    /// Calls a tool with anything that serialises to an object.
    pub fn call_tool(&self, name: &str, arguments: impl Serialize) -> Call<CallToolResult> {
        self.prepare_tool(name, arguments).send()
    }

    /// A call of a tool, to be given a deadline or a listener before it is sent.
    pub fn prepare_tool(&self, name: &str, arguments: impl Serialize) -> Prepared<CallToolResult> {
        let params = CallTool::params(name, &arguments);
        self.prepared(Name::from_static(CallTool::FACTS.name), params)
    }

    /// What the connection did so far, and how it stands; at any time, also when it is over.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.0.port.stats()
    }

    /// Ends the connection: pending calls fail with [`Closed::ByUs`], what was said is written.
    pub fn close(&self) {
        self.0.port.command(Command::Close);
    }

    /// Why the connection ended, once it has.
    pub async fn closed(&self) -> Closed {
        poll_fn(|cx| self.0.closed.poll_get(cx)).await
    }

    /// As [`closed`](Self::closed), blocking this thread at most for `timeout`.
    ///
    /// # Errors
    /// This thread is the one that reads.
    pub fn closed_wait(&self, timeout: Option<Duration>) -> Result<Option<Closed>, RefusedCall> {
        self.0.port.wait(&*self.0.closed, timeout)?;
        Ok(self.0.closed.get())
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("server", &self.0.opened.get()).finish_non_exhaustive()
    }
}

/// Who answers, once that is known. A future; where threads wait, [`wait`](Self::wait).
#[derive(Debug)]
#[must_use = "it is awaited, or waited for"]
pub struct Opened {
    client: Client,
}

impl Opened {
    /// Blocks this thread until the server is known.
    ///
    /// # Errors
    /// The connection did not open, or this thread is the one that reads.
    pub fn wait(self) -> Result<Arc<ServerInfo>, CallError> {
        let inner = &self.client.0;
        inner.port.wait(&*inner.opened, None)?;
        inner.opened.get().unwrap_or(Err(Closed::ByUs)).map_err(CallError::from)
    }
}

impl Future for Opened {
    type Output = Result<Arc<ServerInfo>, CallError>;

    fn poll(self: std::pin::Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.client.0.opened.poll_get(cx).map_err(CallError::from)
    }
}
