//! Calls of a client, from the caller's wish to the one end each has.

use super::input::Round;
use crate::model::{COMPLETE, INPUT_REQUIRED, Level, TaskMetadata};
use crate::rpc::{Name, Object, Raw, short};
use crate::stats::Timing;
use crate::time::Time;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::time::Duration;

/// Names a call. The caller chooses it, once per connection; ids on the wire are the core's, and one call may
/// take several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

/// Names a question of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AskId(pub(crate) u64);

/// What becomes of a result that asks back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InputPolicy {
    /// Its questions become [`Event::Ask`](super::Event::Ask), and the call goes on with the answers.
    #[default]
    Answer,
    /// It ends the call, for gateways that pass questions on.
    Pass,
}

/// What to call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CallRequest {
    /// The method.
    pub method: Name,
    /// Its parameters: an object without `_meta`. Must be a JSON object.
    pub params: Raw,
    /// More for its `_meta`, an object. What the core writes there itself wins.
    pub meta: Option<Raw>,
    /// How long it may take, but for what our own side takes to answer questions. `None`: no bound.
    pub deadline: Option<Duration>,
    /// Whether progress is wanted.
    pub progress: bool,
    /// Log messages of this level and worse are wanted while it runs, whatever
    /// [`Config::log_level`](super::Config::log_level) says. Before 2026-07-28 a call has no level of its own.
    pub log_level: Option<Level>,
    /// Asks for a task instead of an answer, where the server makes tasks of it (2025-11-25). Others are not told, and
    /// answer.
    pub task: Option<Box<TaskMetadata>>,
    /// Takes a result of any type, beside those of [`Config::result_types`](super::Config::result_types).
    pub any_result: bool,
    /// What becomes of a result that asks back.
    pub input: InputPolicy,
    /// Sends it even if the server does not offer what it needs.
    pub unchecked: bool,
}

impl CallRequest {
    /// A call with the deadline `deadline`.
    #[must_use]
    pub fn new(method: Name, params: Raw, deadline: Option<Duration>) -> Self {
        Self {
            method,
            params,
            meta: None,
            deadline,
            progress: false,
            log_level: None,
            task: None,
            any_result: false,
            input: InputPolicy::Answer,
            unchecked: false,
        }
    }
}

/// What kind of result came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResultKind {
    /// The final one.
    Complete,
    /// One that asks back; only with [`InputPolicy::Pass`].
    InputRequired,
    /// One of an extension, of the type [`Config::result_types`](super::Config::result_types) has.
    Other(Box<str>),
}

/// The result of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Reply {
    /// Its kind.
    pub kind: ResultKind,
    /// The result as it came.
    pub result: Object,
}

impl Reply {
    /// The `resultType` of a result; absent means complete (2026-07-28, results). Those of extensions are known if
    /// the owner named them, or takes any.
    pub(super) fn kind_of(result: &Object, named: &[String], any: bool) -> Result<ResultKind, String> {
        let Some(kind) = result.get("resultType") else { return Ok(ResultKind::Complete) };
        let name = kind.parse::<String>().unwrap_or_else(|_| kind.as_str().to_owned());
        match name.as_str() {
            COMPLETE => Ok(ResultKind::Complete),
            INPUT_REQUIRED => Ok(ResultKind::InputRequired),
            other if any || named.iter().any(|name| name == other) => Ok(ResultKind::Other(name.into())),
            other => Err(format!("unknown `resultType` `{}`", short(other))),
        }
    }
}

/// A call that has not ended.
#[derive(Debug)]
pub(super) struct Call {
    pub request: CallRequest,
    pub timing: Timing,
    /// Its id on the wire, while an answer is awaited.
    pub wire: Option<i64>,
    /// When it ends without an answer.
    pub until: Option<Time>,
    /// When it ends however much progress it makes.
    pub total: Option<Time>,
    /// Since when questions have been with our own side. Meanwhile the server's time stands still.
    pub asked: Option<Time>,
    /// Its last round of questions.
    pub round: Round,
    /// Whether it was sent again for another version already.
    pub version_retried: bool,
}

impl Call {
    /// When it ends without an answer; while it is our own side that is waited for, after `input`.
    fn due(&self, input: Option<Duration>) -> Option<Time> {
        match self.asked {
            None => self.until,
            Some(asked) => self.until.and(input).map(|input| asked.after(input)),
        }
    }
}

/// All calls that have not ended.
#[derive(Debug, Default)]
pub(super) struct Calls {
    calls: FxHashMap<CallId, Call>,
    by_wire: FxHashMap<i64, CallId>,
    /// Calls not sent yet, in order.
    waiting: VecDeque<CallId>,
    /// No deadline is earlier than this. It may be too early: then a timeout finds nothing to do.
    earliest: Option<Time>,
}

impl Calls {
    pub(super) fn insert(&mut self, id: CallId, call: Call) {
        self.note(call.until);
        self.calls.insert(id, call);
    }

    /// A deadline was set.
    pub(super) fn note(&mut self, until: Option<Time>) {
        self.earliest = [self.earliest, until].into_iter().flatten().min();
    }

    pub(super) fn get_mut(&mut self, id: CallId) -> Option<&mut Call> {
        self.calls.get_mut(&id)
    }

    pub(super) fn get(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    pub(super) fn contains(&self, id: CallId) -> bool {
        self.calls.contains_key(&id)
    }

    /// Whether a call is one of this method.
    pub(super) fn is(&self, id: CallId, method: &str) -> bool {
        self.calls.get(&id).is_some_and(|call| call.request.method == *method)
    }

    pub(super) fn by_wire(&self, wire: i64) -> Option<CallId> {
        self.by_wire.get(&wire).copied()
    }

    /// The call is on the wire under this id.
    pub(super) fn sent(&mut self, id: CallId, wire: i64, now: Time) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.wire = Some(wire);
            call.timing.sent.get_or_insert(now);
            self.by_wire.insert(wire, id);
        }
    }

    /// An answer came: the call stays, its wire id is done.
    pub(super) fn arrived(&mut self, wire: i64) -> Option<CallId> {
        let id = self.by_wire.remove(&wire)?;
        if let Some(call) = self.calls.get_mut(&id) {
            call.wire = None;
        }
        Some(id)
    }

    pub(super) fn remove(&mut self, id: CallId) -> Option<Call> {
        let call = self.calls.remove(&id)?;
        if let Some(wire) = call.wire {
            self.by_wire.remove(&wire);
        } else {
            self.waiting.retain(|waiting| *waiting != id);
        }
        if self.calls.is_empty() {
            self.earliest = None;
        }
        Some(call)
    }

    pub(super) fn wait(&mut self, id: CallId) {
        self.waiting.push_back(id);
    }

    /// A call that was sent will be sent anew, before those that wait.
    pub(super) fn wait_first(&mut self, id: CallId) {
        if let Some(call) = self.calls.get_mut(&id) {
            if let Some(wire) = call.wire.take() {
                self.by_wire.remove(&wire);
            }
            self.waiting.push_front(id);
        }
    }

    /// Calls that were sent and have not ended, in order.
    pub(super) fn in_flight_ids(&self) -> Vec<CallId> {
        let mut ids: Vec<CallId> = self.calls.keys().filter(|id| !self.waiting.contains(id)).copied().collect();
        ids.sort();
        ids
    }

    /// Calls for which an answer is awaited.
    pub(super) fn on_the_wire(&self) -> Vec<CallId> {
        self.by_wire.values().copied().collect()
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Calls that were sent and have not ended. One that asks back keeps its place: it will be sent again.
    pub(super) fn in_flight(&self) -> usize {
        self.calls.len().saturating_sub(self.waiting.len())
    }

    pub(super) fn next_waiting(&mut self) -> Option<CallId> {
        self.waiting.pop_front()
    }

    pub(super) fn earliest(&self) -> Option<Time> {
        self.earliest
    }

    /// Stops the server's time of a call: our own side is asked.
    pub(super) fn asked(&mut self, id: CallId, now: Time) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.asked.get_or_insert(now);
        }
    }

    /// The server's time of a call goes on: our own side has answered.
    pub(super) fn answered(&mut self, id: CallId, now: Time) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let Some(asked) = call.asked.take() else { return };
        let later = |time: Option<Time>| time.map(|time| time.after(now.since(asked)));
        (call.until, call.total) = (later(call.until), later(call.total));
        let until = call.until;
        self.note(until);
    }

    /// Calls whose time has come, in order. `input`: how long our own side has for its answers.
    pub(super) fn late(&mut self, now: Time, input: Option<Duration>) -> Vec<CallId> {
        let mut late: Vec<CallId> =
            self.calls.iter().filter(|(_, c)| c.due(input).is_some_and(|t| now >= t)).map(|(id, _)| *id).collect();
        late.sort();
        self.earliest = self.calls.values().filter_map(|c| c.due(input)).filter(|t| *t > now).min();
        late
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = (CallId, Call)> + use<> {
        self.by_wire.clear();
        self.waiting.clear();
        self.earliest = None;
        let mut calls: Vec<(CallId, Call)> = std::mem::take(&mut self.calls).into_iter().collect();
        calls.sort_by_key(|(id, _)| *id);
        calls.into_iter()
    }
}
