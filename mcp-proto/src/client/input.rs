//! Input rounds: a result that asks back, the questions in it, and the retry that carries the answers
//! (2026-07-28, multi-round-trip requests).

use super::call::{AskId, CallId};
use crate::limits::Limits;
use crate::rpc::{Id, Raw};
use std::collections::{BTreeMap, HashMap};

/// The last round of questions of one call.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// How many there were.
    pub count: usize,
    /// Answers so far, by the server's keys.
    pub responses: BTreeMap<String, Raw>,
    /// To be sent back byte for byte, if it was given.
    pub state: Option<Raw>,
    /// Questions not answered yet.
    pub open: usize,
}

/// Whom an answer is for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// A key in a round of a call.
    Round { call: CallId, key: String },
    /// A request of a server of the older era.
    Request { id: Id },
}

/// Questions that wait for the owner's answer.
#[derive(Debug, Default)]
pub(super) struct Asks {
    open: HashMap<AskId, (Asked, usize)>,
    last: u64,
    /// Bytes of the questions that are open.
    retained: usize,
}

impl Asks {
    /// Adds one whose parameters have so many bytes.
    pub(super) fn add(&mut self, asked: Asked, size: usize) -> AskId {
        self.last += 1;
        let id = AskId(self.last);
        self.retained += size;
        self.open.insert(id, (asked, size));
        id
    }

    pub(super) fn take(&mut self, id: AskId) -> Option<Asked> {
        let (asked, size) = self.open.remove(&id)?;
        self.retained = self.retained.saturating_sub(size);
        Some(asked)
    }

    /// Whether so many more, of so many bytes, are within the limits.
    pub(super) fn have_room(&self, count: usize, size: usize, limits: &Limits) -> bool {
        let bytes = self.retained.saturating_add(size);
        self.open.len().saturating_add(count) <= limits.calls && limits.inbound.is_none_or(|most| bytes <= most)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether any requests of a server of the older era are open.
    pub(super) fn have_requests(&self) -> bool {
        self.open.values().any(|(asked, _)| matches!(asked, Asked::Request { .. }))
    }

    /// Whether a request of this id is open.
    pub(super) fn has_request(&self, id: &Id) -> bool {
        self.open.values().any(|(asked, _)| matches!(asked, Asked::Request { id: other } if other == id))
    }

    /// Removes what no longer needs an answer, in order.
    pub(super) fn withdraw(&mut self, unwanted: impl Fn(&Asked) -> bool) -> Vec<AskId> {
        let mut gone: Vec<AskId> = self.open.iter().filter(|(_, (a, _))| unwanted(a)).map(|(id, _)| *id).collect();
        gone.sort();
        for id in &gone {
            self.take(*id);
        }
        gone
    }
}
