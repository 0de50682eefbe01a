//! Batches (2025-03-26 only): the answers to the requests of one array go out as one array (JSON-RPC 2.0,
//! section 6), when the last of them is there.

use bytes::BytesMut;
use std::collections::BTreeMap;

/// Names a batch whose answers are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BatchId(u64);

/// Answers that wait for the others of their batch.
#[derive(Debug, Default)]
struct Collected {
    /// Requests of it that have no answer yet.
    open: usize,
    /// Every element of the array was looked at.
    complete: bool,
    /// The answers, with commas between them.
    answers: BytesMut,
}

impl Collected {
    fn is_over(&self) -> bool {
        self.complete && self.open == 0
    }
}

/// All batches whose answers are not out. Each has at least one call in flight, or is being read, so there are
/// never more than calls in flight and one.
#[derive(Debug, Default)]
pub(super) struct Batches {
    open: BTreeMap<BatchId, Collected>,
    last: u64,
}

impl Batches {
    /// Answers of one batch are held back up to this many bytes, or up to what a message may be long; then they go
    /// out as an array of their own, and those that follow as another.
    const MOST: usize = 256 * 1024;

    pub(super) fn begin(&mut self) -> BatchId {
        self.last += 1;
        let id = BatchId(self.last);
        self.open.insert(id, Collected::default());
        id
    }

    /// A request of the batch will be answered later.
    pub(super) fn expect(&mut self, id: BatchId) {
        if let Some(batch) = self.open.get_mut(&id) {
            batch.open += 1;
        }
    }

    /// An answer; what is to be sent before it because both would be too much.
    pub(super) fn add(&mut self, id: BatchId, answer: &[u8], limit: Option<usize>) -> Option<BytesMut> {
        let batch = self.open.get_mut(&id)?;
        let most = limit.map_or(Self::MOST, |limit| limit.min(Self::MOST));
        // A comma and the brackets belong to it.
        let full = !batch.answers.is_empty() && batch.answers.len() + answer.len() + 3 > most;
        let before = full.then(|| std::mem::take(&mut batch.answers));
        if !batch.answers.is_empty() {
            batch.answers.extend_from_slice(b",");
        }
        batch.answers.extend_from_slice(answer);
        before
    }

    /// A request of the batch has been answered, or never will be. What is to be sent now.
    pub(super) fn settled(&mut self, id: BatchId) -> Option<BytesMut> {
        if let Some(batch) = self.open.get_mut(&id) {
            batch.open = batch.open.saturating_sub(1);
        }
        self.take_over(id)
    }

    /// Every element was looked at. What is to be sent now.
    pub(super) fn complete(&mut self, id: BatchId) -> Option<BytesMut> {
        if let Some(batch) = self.open.get_mut(&id) {
            batch.complete = true;
        }
        self.take_over(id)
    }

    fn take_over(&mut self, id: BatchId) -> Option<BytesMut> {
        let over = self.open.get(&id).is_some_and(Collected::is_over);
        let batch = over.then(|| self.open.remove(&id)).flatten()?;
        (!batch.answers.is_empty()).then_some(batch.answers)
    }
}
