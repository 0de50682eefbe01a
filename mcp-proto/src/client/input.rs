//! Input rounds: a result that asks back, the questions in it, and the retry that carries the answers
//! (2026-07-28, multi-round-trip requests).

use super::call::{AskId, CallId};
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
    open: HashMap<AskId, Asked>,
    last: u64,
}

impl Asks {
    pub(super) fn add(&mut self, asked: Asked) -> AskId {
        self.last += 1;
        let id = AskId(self.last);
        self.open.insert(id, asked);
        id
    }

    pub(super) fn take(&mut self, id: AskId) -> Option<Asked> {
        self.open.remove(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether a request of this id is open.
    pub(super) fn has_request(&self, id: &Id) -> bool {
        self.open.values().any(|asked| matches!(asked, Asked::Request { id: other } if other == id))
    }

    /// Removes what no longer needs an answer, in order.
    pub(super) fn withdraw(&mut self, unwanted: impl Fn(&Asked) -> bool) -> Vec<AskId> {
        let mut gone: Vec<AskId> = self.open.iter().filter(|(_, a)| unwanted(a)).map(|(id, _)| *id).collect();
        gone.sort();
        for id in &gone {
            self.open.remove(id);
        }
        gone
    }
}
