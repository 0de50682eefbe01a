//! Where a session puts what it has to say: messages for the peer, events for the owner.

use super::batch::{BatchId, Batches};
use super::queue::Queue;
use super::rope::Rope;
use crate::error::{Closed, RefusedCall};
use crate::rpc::write::Sink as _;
use bytes::BytesMut;

/// What a message belongs to. A stream has one carrier and every route leads to it; where each request has
/// a carrier of its own, the route finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A request of this number, by whoever sent it.
    Call(u64),
    /// Nothing in particular.
    Unsolicited,
}

/// Where an answer goes: to whom, and with which others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub route: Route,
    pub batch: Option<BatchId>,
}

/// Messages and events of a session on a stream, until the binding hands them out.
#[derive(Debug)]
pub struct Outbox<E> {
    pub(super) bytes: Rope,
    pub(super) events: Queue<E>,
    pub(super) closing: Option<Box<Closed>>,
    max_message: Option<usize>,
    /// Hardly any connection has batches.
    batches: Option<Box<Batches>>,
    /// The batch whose element is being looked at.
    batch: Option<BatchId>,
    /// What becomes of the stream.
    pub(super) stream: Replacement,
}

/// Whether the stream is to be replaced by a fresh one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Replacement {
    /// It goes on.
    #[default]
    None,
    /// It is over, and another is awaited.
    Awaited,
    /// The other is there.
    Done,
}

impl<E> Outbox<E> {
    pub(super) fn new(max_message: Option<usize>) -> Self {
        Self {
            bytes: Rope::new(),
            events: Queue::new(),
            closing: None,
            max_message,
            batches: None,
            batch: None,
            stream: Replacement::None,
        }
    }

    /// Tells the owner.
    pub(crate) fn event(&mut self, event: E) {
        self.events.push(event);
    }

    /// Sends one message, which `write` appends. A message over the limit is taken back.
    pub(crate) fn send(&mut self, _route: Route, write: impl FnOnce(&mut Rope)) -> Result<(), RefusedCall> {
        let mark = self.bytes.begin();
        write(&mut self.bytes);
        let length = self.bytes.since(&mark);
        if let Some(limit) = self.max_message.filter(|limit| length > *limit) {
            self.bytes.back(&mark);
            return Err(RefusedCall::TooLong { length, limit });
        }
        self.bytes.end();
        Ok(())
    }

    /// Sends an answer: by itself, or with the others of its batch.
    pub(crate) fn answer(&mut self, reply: Reply, write: impl FnOnce(&mut Rope)) -> Result<(), RefusedCall> {
        let Some(batch) = reply.batch else { return self.send(reply.route, write) };
        let mut answer = Rope::new();
        write(&mut answer);
        let answer = answer.into_bytes();
        // With brackets around it, it must still fit.
        let length = answer.len() + 2;
        if let Some(limit) = self.max_message.filter(|limit| length > *limit) {
            return Err(RefusedCall::TooLong { length, limit });
        }
        let limit = self.max_message;
        let before = self.batches.as_mut().and_then(|batches| batches.add(batch, &answer, limit));
        self.send_batch(before);
        Ok(())
    }

    /// The batch whose element is being looked at.
    pub(crate) fn batch(&self) -> Option<BatchId> {
        self.batch
    }

    /// Where an answer goes that is given at once.
    pub(crate) fn at_once(&self) -> Reply {
        Reply { route: Route::Unsolicited, batch: self.batch }
    }

    /// A request of the batch will be answered later.
    pub(crate) fn expect_answer(&mut self, batch: Option<BatchId>) {
        if let Some((batches, batch)) = self.batches.as_mut().zip(batch) {
            batches.expect(batch);
        }
    }

    /// A request of the batch has been answered, or never will be.
    pub(crate) fn settled(&mut self, batch: Option<BatchId>) {
        let answers = self.batches.as_mut().zip(batch).and_then(|(batches, batch)| batches.settled(batch));
        self.send_batch(answers);
    }

    pub(super) fn begin_batch(&mut self) -> BatchId {
        self.batches.get_or_insert_default().begin()
    }

    pub(super) fn set_batch(&mut self, batch: Option<BatchId>) {
        self.batch = batch;
    }

    pub(super) fn end_batch(&mut self, batch: BatchId) {
        let answers = self.batches.as_mut().and_then(|batches| batches.complete(batch));
        self.send_batch(answers);
    }

    fn send_batch(&mut self, answers: Option<BytesMut>) {
        if let Some(answers) = answers.map(BytesMut::freeze) {
            let sent = self.send(Route::Unsolicited, |w| {
                w.text().extend_from_slice(b"[");
                w.payload(&answers, &answers);
                w.text().extend_from_slice(b"]");
            });
            debug_assert!(sent.is_ok(), "what was collected fits into a message");
        }
    }

    /// The stream is over, but not the connection: another stream will take its place.
    pub(crate) fn await_stream(&mut self) {
        self.stream = Replacement::Awaited;
    }

    /// The other stream is there.
    pub(crate) fn stream_replaced(&mut self) {
        self.stream = Replacement::Done;
    }

    /// Ends the connection once everything said is written. The first reason stands.
    pub(crate) fn close(&mut self, why: Closed) {
        self.closing.get_or_insert_with(|| Box::new(why));
    }
}
