//! Calls in flight on one connection.

use crate::binding::{BatchId, Reply, Route};
use crate::model::{Era, InputRequest, Revision};
use crate::rpc::{ErrorObject, Id, Name, Object, Raw};
use crate::time::Time;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, HashMap};
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
    /// All answers to questions asked so far, by key.
    pub answers: BTreeMap<String, Raw>,
    /// What earlier runs kept for this one, by key.
    pub kept: BTreeMap<String, Raw>,
    /// How often it has asked so far.
    pub round: usize,
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

/// All calls in flight, by our number and by the peer's id. Peers choose their ids, and could choose ones
/// that collide; the tables are bounded by `Limits::calls`, so that costs them, not us.
#[derive(Debug, Default)]
pub(super) struct Calls {
    by_id: FxHashMap<Id, CallId>,
    entries: FxHashMap<CallId, Entry>,
    retained: usize,
    last: u64,
}

impl Calls {
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
        self.by_id.contains_key(id)
    }

    pub(super) fn next_call(&mut self) -> CallId {
        self.last += 1;
        CallId(self.last)
    }

    pub(super) fn insert(&mut self, entry: Entry) {
        let call = entry.request.call;
        self.retained += entry.size;
        self.by_id.insert(entry.id.clone(), call);
        self.entries.insert(call, entry);
    }

    pub(super) fn get_mut(&mut self, call: CallId) -> Option<&mut Entry> {
        self.entries.get_mut(&call)
    }

    /// More of the peer's bytes are kept for this call.
    pub(super) fn retain(&mut self, call: CallId, bytes: usize) {
        if let Some(entry) = self.entries.get_mut(&call) {
            entry.size += bytes;
            self.retained += bytes;
        }
    }

    pub(super) fn by_id(&self, id: &Id) -> Option<CallId> {
        self.by_id.get(id).copied()
    }

    pub(super) fn remove(&mut self, call: CallId) -> Option<Entry> {
        let entry = self.entries.remove(&call)?;
        self.by_id.remove(&entry.id);
        self.retained = self.retained.saturating_sub(entry.size);
        Some(entry)
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = CallId> + use<> {
        self.by_id.clear();
        self.retained = 0;
        let mut calls: Vec<CallId> = std::mem::take(&mut self.entries).into_keys().collect();
        calls.sort();
        calls.into_iter()
    }

    /// The call one of whose questions has this id.
    pub(super) fn asking(&mut self, question: i64) -> Option<CallId> {
        self.entries
            .iter()
            .find(|(_, e)| e.asking.as_ref().is_some_and(|a| a.open.contains_key(&question)))
            .map(|(call, _)| *call)
    }

    /// Calls whose questions are out, with when waiting ends.
    pub(super) fn askings(&self) -> impl Iterator<Item = (CallId, Option<Time>)> {
        self.entries.iter().filter_map(|(call, e)| e.asking.as_ref().map(|a| (*call, a.until)))
    }
}
