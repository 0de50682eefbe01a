//! What a handler knows of its call, and what it can do meanwhile.

use super::failure::{Interrupt, Stop};
use crate::handle::span::RunSpan;
use crate::handle::sync::{Once, lock, wake};
use crate::model::{Elicit, ElicitResult, Era, InputRequest, Method};
use crate::rpc::{self, ErrorObject, Raw};
use crate::server::{Answer, Ask, CallId, Command, Peer, Request};
use crate::stats::Stats;
use crate::time::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;
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
    call: Arc<CallContext>,
    state: Arc<S>,
}

/// The part of a [`Cx`] that does not know the state; drivers make one for each run.
pub struct CallContext {
    pub(crate) request: Arc<Request>,
    port: Arc<dyn ServerPort>,
    cancelled: Once<()>,
    kept: Mutex<BTreeMap<String, Raw>>,
    pub(super) span: RunSpan,
}

impl CallContext {
    /// A run of `request`, whose handler reaches its connection by `port`.
    #[must_use]
    pub fn new(request: Arc<Request>, port: Arc<dyn ServerPort>) -> Arc<Self> {
        Arc::new(Self { request, port, cancelled: Once::default(), kept: Mutex::default(), span: RunSpan::default() })
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

    /// What stands before the last `ask` of a handler may run more than once.
    ///
    /// Gives the answer to the question `key` if this call has it; otherwise ends this run with the question
    /// (pass the interrupt on with `?`), and the handler runs again from the top with all answers so far. One
    /// way for both eras: since 2026-07-28 the answers travel sealed within `requestState`, and the next run
    /// may happen in another process; before, the core asks by requests of its own.
    ///
    /// # Errors
    /// The interrupt: the question is open, or its answer is not what an answer to a form looks like.
    pub fn ask(&self, key: &str, question: Elicit) -> Result<ElicitResult, Interrupt> {
        if let Some(answer) = self.call.request.answers.get(key) {
            return answer.parse().map_err(|e| {
                let text = format!("the answer to `{key}` is not one: {e}");
                Interrupt(Stop::Error(ErrorObject::new(rpc::INVALID_PARAMS, text)))
            });
        }
        let mut request = InputRequest::new(Elicit::FACTS.name);
        request.params = Some(raw(&question)?);
        Err(self.interrupt(BTreeMap::from([(key.to_owned(), request)])))
    }

    /// Asks raw questions, for gateways: those whose keys are not answered yet.
    ///
    /// # Errors
    /// The interrupt: a question is open.
    pub fn ask_raw(&self, mut questions: BTreeMap<String, InputRequest>) -> Result<&BTreeMap<String, Raw>, Interrupt> {
        let answers = &self.call.request.answers;
        questions.retain(|key, _| !answers.contains_key(key));
        if questions.is_empty() { Ok(answers) } else { Err(self.interrupt(questions)) }
    }

    fn interrupt(&self, questions: BTreeMap<String, InputRequest>) -> Interrupt {
        Interrupt(Stop::Ask(Ask { questions, kept: lock(&self.call.kept).clone() }))
    }

    /// Computes a value once per call: a later run gets what the first one computed. The value travels like
    /// the answers do, authenticated but not encrypted; the client can read it.
    ///
    /// # Errors
    /// The interrupt: the value can't be written as JSON, or read back.
    pub fn once<T: Serialize + DeserializeOwned>(
        &self,
        key: &str,
        compute: impl FnOnce() -> T,
    ) -> Result<T, Interrupt> {
        let known = self.call.request.kept.get(key).cloned().or_else(|| lock(&self.call.kept).get(key).cloned());
        if let Some(known) = known {
            return known.parse().map_err(|e| {
                let text = format!("what was kept as `{key}` can't be read: {e}");
                Interrupt(Stop::Error(ErrorObject::new(rpc::INTERNAL_ERROR, text)))
            });
        }
        let value = compute();
        let kept = raw(&value)?;
        lock(&self.call.kept).insert(key.to_owned(), kept);
        Ok(value)
    }

    /// Reports progress, if the client asked for it. Values that do not grow are dropped, and all while the client
    /// reads too slowly (`Limits::outbound_high`).
    pub fn progress(&self, progress: f64, total: Option<f64>, message: Option<&str>) {
        if self.call.request.progress_token.is_some() {
            let message = message.map(str::to_owned);
            self.call.port.command(Command::Progress { call: self.id(), progress, total, message });
        }
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

fn raw<T: Serialize>(value: &T) -> Result<Raw, Interrupt> {
    Raw::from_serialize(value).map_err(|e| {
        let text = format!("a value can't be written as JSON: {e}");
        Interrupt(Stop::Error(ErrorObject::new(rpc::INTERNAL_ERROR, text)))
    })
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
