//! Calls in flight on one connection.

use crate::binding::{BatchId, Reply, Route};
use crate::model::{Era, InputRequest, Level, Listen, Method as _, Revision};
use crate::rpc::{ErrorObject, Id, Name, Object, Raw};
use crate::time::Time;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// Names a call of one connection. It is ours: the peer's id may come again, this does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub(crate) u64);

/// Who asks, as far as this request says. Nothing is inferred from earlier requests in the modern era.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Peer {
    /// The revision of this request, or of the session.
    pub revision: Revision,
    /// What the client can do, an object.
    pub capabilities: Raw,
    /// Who the client says it is.
    pub identity: Option<Raw>,
    /// On whose behalf it speaks, as the owner of the connection found out ([`Connection::for_caller`]). Nothing the
    /// client says.
    ///
    /// [`Connection::for_caller`]: super::Connection::for_caller
    pub caller: Option<Arc<str>>,
}

impl Peer {
    /// The era of its revision.
    #[must_use]
    pub fn era(&self) -> Era {
        self.revision.era()
    }
}

/// A request to be answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// By what it is answered.
    pub call: CallId,
    /// Its method.
    pub method: Name,
    /// Its parameters, raw; empty if it had none.
    pub params: Object,
    /// Who asks.
    pub peer: Arc<Peer>,
    /// The token for progress, if progress is wanted.
    pub progress_token: Option<Id>,
    /// The least level of log messages its client wants to hear of, if any: what the request says (2026-07-28), or
    /// what was set in the session by then (before). None if the server does not offer `logging`.
    pub log_level: Option<Level>,
    /// All answers to questions asked so far, by key.
    pub answers: BTreeMap<String, Raw>,
    /// What earlier runs kept for this one, by key.
    pub kept: BTreeMap<String, Raw>,
    /// How often it has asked so far.
    pub round: usize,
    /// When it was read.
    pub received: Time,
}

impl Request {
    /// Whether it asks for changes, on behalf of an owner who takes that upon itself (`Config::raw_subscriptions`).
    pub(super) fn is_subscription(&self) -> bool {
        self.peer.era() == Era::Modern && self.method == *Listen::FACTS.name
    }
}

/// How a request is answered.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Answer {
    /// With a result: an object without `_meta` and `resultType`, and the members of its `_meta`.
    Result {
        /// The result.
        body: Raw,
        /// More for its `_meta`, an object.
        meta: Option<Raw>,
    },
    /// With a result of a type that an extension defines (2026-07-28): as [`Answer::Result`], with this `resultType`.
    /// To a client of an older revision it is an internal error.
    Extended {
        /// The type.
        result_type: String,
        /// The result.
        body: Raw,
        /// More for its `_meta`, an object.
        meta: Option<Raw>,
    },
    /// With a result that is written as it is, for gateways.
    Verbatim(Raw),
    /// With an error.
    Error(ErrorObject),
    /// With questions; the request comes again with the answers.
    Ask(Ask),
}

/// Questions to the client's side, and what this run leaves for the next.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The questions by key. A key is asked once and its answer stays.
    pub questions: BTreeMap<String, InputRequest>,
    /// What to keep for the next run.
    pub kept: BTreeMap<String, Raw>,
}

/// A call in flight.
#[derive(Debug)]
pub(super) struct Entry {
    pub id: Id,
    pub request: Arc<Request>,
    /// Bytes of its message, and of the answers to its questions.
    pub size: usize,
    /// The array it came in, whose answers go out together.
    pub batch: Option<BatchId>,
    /// The last progress reported; it only grows.
    pub progress: f64,
    /// Older era: the questions that are out.
    pub asking: Option<Box<Asking>>,
}

impl Entry {
    /// Where its answer goes.
    pub(super) fn reply(&self) -> Reply {
        Reply { route: Route::Call(self.request.call.0), batch: self.batch }
    }
}

/// Questions of one call that were sent as requests.
#[derive(Debug)]
pub(super) struct Asking {
    /// Our request ids and the keys they ask for.
    pub open: HashMap<i64, String>,
    pub answers: BTreeMap<String, Raw>,
    pub kept: BTreeMap<String, Raw>,
    /// When we stop waiting.
    pub until: Option<Time>,
}

/// All calls in flight, in the order they came. They are few (`Limits::calls`), so an id is looked for among all of
/// them: that costs less than a table, in time as in room.
#[derive(Debug, Default)]
pub(super) struct Calls {
    entries: VecDeque<Entry>,
    retained: usize,
    last: u64,
}

impl Calls {
    fn at(&self, call: CallId) -> Option<usize> {
        self.entries.binary_search_by_key(&call, |entry| entry.request.call).ok()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Bytes of the messages of all calls in flight.
    pub(super) fn retained(&self) -> usize {
        self.retained
    }

    pub(super) fn contains(&self, id: &Id) -> bool {
        self.entries.iter().any(|entry| entry.id == *id)
    }

    pub(super) fn next_call(&mut self) -> CallId {
        self.last += 1;
        CallId(self.last)
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        self.retained += entry.size;
        // Made anew with every first call, so no more than one needs.
        if self.entries.capacity() == 0 {
            self.entries.reserve_exact(1);
        }
        self.entries.push_back(entry);
    }

    pub(super) fn get_mut(&mut self, call: CallId) -> Option<&mut Entry> {
        self.at(call).and_then(|at| self.entries.get_mut(at))
    }

    /// More of the peer's bytes are kept for this call.
    pub(super) fn retain(&mut self, call: CallId, bytes: usize) {
        if let Some(entry) = self.at(call).and_then(|at| self.entries.get_mut(at)) {
            entry.size += bytes;
            self.retained += bytes;
        }
    }

    pub(super) fn by_id(&self, id: &Id) -> Option<CallId> {
        self.entries.iter().find(|entry| entry.id == *id).map(|entry| entry.request.call)
    }

    pub(super) fn remove(&mut self, call: CallId) -> Option<Entry> {
        let entry = self.entries.remove(self.at(call)?)?;
        self.retained = self.retained.saturating_sub(entry.size);
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
        Some(entry)
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = CallId> + use<> {
        self.retained = 0;
        std::mem::take(&mut self.entries).into_iter().map(|entry| entry.request.call)
    }

    /// Requests that stay open until somebody ends them.
    pub(super) fn subscriptions(&self) -> Vec<CallId> {
        let open = self.entries.iter().filter(|entry| entry.request.is_subscription());
        open.map(|entry| entry.request.call).collect()
    }

    /// The call one of whose questions has this id.
    pub(super) fn asking(&mut self, question: i64) -> Option<CallId> {
        let asks = |e: &&Entry| e.asking.as_ref().is_some_and(|a| a.open.contains_key(&question));
        self.entries.iter().find(asks).map(|entry| entry.request.call)
    }

    /// Calls whose questions are out, with when waiting ends.
    pub(super) fn askings(&self) -> impl Iterator<Item = (CallId, Option<Time>)> {
        self.entries.iter().filter_map(|e| e.asking.as_ref().map(|a| (e.request.call, a.until)))
    }
}
