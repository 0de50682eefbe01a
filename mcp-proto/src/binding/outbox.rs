//! Where a session puts what it has to say: messages for the peer, events for the owner.

use super::batch::{BatchId, Batches};
use super::queue::Queue;
use super::rope::{Mark, Rope};
use crate::error::{Closed, Fault, RefusedCall};
use crate::limits::Limits;
use crate::rpc::Kind;
use crate::rpc::write::Sink as _;
use crate::rpc::{self, ErrorObject, Id};
use crate::stats::Counts;
use crate::tap::{Direction, Frame};
use crate::time::Time;
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
    /// Whether the backlog went over the high mark and has not come down to the low one.
    congested: bool,
    high: usize,
    low: usize,
    /// Bytes handed out that the adapter has not confirmed.
    pub(super) unsent: usize,
    /// Bytes of answers that the core gave by itself since the backlog was last empty.
    pub(super) owed: usize,
    /// Hardly any connection has batches.
    batches: Option<Box<Batches>>,
    /// The batch whose element is being looked at.
    batch: Option<BatchId>,
    /// What becomes of the stream.
    pub(super) stream: Replacement,
    /// Counted by whoever knows; the levels are looked up when somebody asks.
    pub(crate) stats: Counts,
    /// The time of the last input.
    pub(crate) now: Time,
    /// Frames for the tap, if there is one.
    pub(super) frames: Option<Box<Queue<Frame>>>,
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
    pub(super) fn new(limits: &Limits, tapped: bool, keeps_room: bool) -> Self {
        Self {
            bytes: Rope::that_keeps_room(keeps_room),
            events: Queue::new(),
            closing: None,
            max_message: limits.message,
            congested: false,
            high: limits.outbound_high,
            low: limits.outbound_low,
            unsent: 0,
            owed: 0,
            batches: None,
            batch: None,
            stream: Replacement::None,
            stats: Counts::default(),
            now: Time::ORIGIN,
            frames: tapped.then(|| Box::new(Queue::new())),
        }
    }

    /// Tells the owner.
    pub(crate) fn event(&mut self, event: E) {
        self.events.push(event);
    }

    /// Sends one message, which `write` appends. A message over the limit is taken back.
    pub(crate) fn send(&mut self, _route: Route, write: impl FnOnce(&mut Rope)) -> Result<(), RefusedCall> {
        self.send_within(self.max_message, write)
    }

    fn send_within(&mut self, limit: Option<usize>, write: impl FnOnce(&mut Rope)) -> Result<(), RefusedCall> {
        let mark = self.bytes.begin();
        write(&mut self.bytes);
        let length = self.bytes.since(&mark);
        if let Some(limit) = limit.filter(|limit| length > *limit) {
            self.bytes.back(&mark);
            return Err(RefusedCall::TooLong { length, limit });
        }
        self.bytes.end();
        self.sent(&mark, length);
        Ok(())
    }

    /// Counts a message that was written, and shows it to the tap.
    fn sent(&mut self, mark: &Mark, length: usize) {
        // A large payload comes behind what tells the kind.
        let head = self.bytes.written(mark).next().unwrap_or_default();
        self.stats.written(Kind::written(head), length);
        if let Some(frames) = &mut self.frames {
            let mut text = BytesMut::with_capacity(length);
            self.bytes.written(mark).for_each(|part| text.extend_from_slice(part));
            frames.push(Frame::new(Direction::Written, self.now, text.freeze()));
        }
    }

    /// Sends an answer: by itself, or with the others of its batch.
    pub(crate) fn answer(&mut self, reply: Reply, write: impl FnOnce(&mut Rope)) -> Result<(), RefusedCall> {
        self.answer_within(self.max_message, reply, write)
    }

    /// Answers with an error. In the place of one that is longer than a message may be stands that it is, however
    /// small the limit: no request that was read stays without an answer.
    pub(crate) fn error(&mut self, reply: Reply, id: Option<&Id>, error: &ErrorObject) {
        if self.answer(reply, |w| rpc::write::error(w, id, error)).is_err() {
            let short = ErrorObject::new(error.code, "the error is longer than a message may be");
            let _ = self.answer_within(None, reply, |w| rpc::write::error(w, id, &short));
        }
    }

    fn answer_within(
        &mut self,
        limit: Option<usize>,
        reply: Reply,
        write: impl FnOnce(&mut Rope),
    ) -> Result<(), RefusedCall> {
        let Some(batch) = reply.batch else { return self.send_within(limit, write) };
        let mut answer = Rope::new();
        write(&mut answer);
        let answer = answer.into_bytes();
        // With brackets around it, it must still fit.
        let length = answer.len() + 2;
        if let Some(limit) = limit.filter(|limit| length > *limit) {
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
            // What was collected fits into a message.
            let _ = self.send_within(None, |w| {
                w.text().extend_from_slice(b"[");
                w.payload(&answers, &answers);
                w.text().extend_from_slice(b"]");
            });
        }
    }

    /// Whether so much is unsent that what can be left out should be.
    pub(crate) fn is_congested(&self) -> bool {
        self.congested || self.backlog() > self.high
    }

    /// Bytes said or handed out, and not yet confirmed as written.
    pub(super) fn backlog(&self) -> usize {
        self.bytes.len() + self.unsent
    }

    /// Whether it is congested now: between the marks it stays what it was.
    pub(super) fn look_at_marks(&mut self) {
        self.congested = self.backlog() > if self.congested { self.low } else { self.high };
    }

    /// What a client owes a server that floods it with requests is bounded. No owner is asked about these, so no
    /// other limit sees them.
    const OWED: usize = 64 * 1024;

    /// Does what answers a request without asking the owner. A peer that asks on and on and takes none of the answers
    /// loses the connection.
    pub(crate) fn owing(&mut self, answer: impl FnOnce(&mut Self)) {
        let before = self.bytes.len();
        answer(self);
        self.owed += self.bytes.len().saturating_sub(before);
        if self.owed > Self::OWED {
            self.close(Closed::Lost(Fault::Flooded(self.owed)));
        }
    }

    /// The stream is over, but not the connection: another stream will take its place.
    pub(crate) fn await_stream(&mut self) {
        self.stream = Replacement::Awaited;
    }

    /// The other stream is there.
    pub(crate) fn stream_replaced(&mut self) {
        self.stats.rare().reconnects += 1;
        self.stream = Replacement::Done;
    }

    /// Ends the connection once everything said is written. The first reason stands.
    pub(crate) fn close(&mut self, why: Closed) {
        self.closing.get_or_insert_with(|| Box::new(why));
    }
}
