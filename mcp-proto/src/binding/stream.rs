//! The stream binding: one message a line over any reliable byte stream (2026-07-28, stdio and custom
//! transports).

use super::batch::BatchId;
use super::outbox::{Outbox, Replacement};
use super::session::Session;
use crate::error::{Closed, Fault};
use crate::limits::{Limits, Timeouts};
use crate::machine::{Input, Machine, Output};
use crate::rpc::{Elements, Message, Refused, Salvage, Violation, classify};
use crate::stats::Stats;
use crate::tap::{self, Direction};
use crate::time::Time;
use crate::wire::ndjson::{Decoder, Frame};
use bytes::BytesMut;
use std::time::Duration;

/// A session on a byte stream.
#[derive(Debug)]
pub struct Stream<S: Session> {
    session: S,
    decoder: Decoder,
    out: Outbox<S::Event>,
    /// An over-long line whose pieces pass by.
    overlong: Option<Box<Overlong>>,
    /// There may be frames in what was read that were not looked at.
    unread: bool,
    /// An array of messages that is being looked at.
    batch: Option<Box<Batch>>,
    max_message: Option<usize>,
    max_depth: usize,
    write_stall: Option<Duration>,
    /// Since when the backlog has not shrunk.
    stalled_since: Option<Time>,
    /// The time of the last input.
    now: Time,
    /// The peer ended its output; what it said before comes first.
    ended: Option<Box<Option<String>>>,
    /// Nothing can be written any more, and when reading ends too.
    cut: Option<Box<(Fault, Time)>>,
    state: State,
}

/// What is kept of a line that is longer than it may be.
#[derive(Debug, Default)]
struct Overlong {
    /// Looks for its id.
    salvage: Salvage,
    /// Its beginning, for the tap.
    beginning: BytesMut,
}

/// The rest of an array of messages. Its elements are taken one at a time, as lines are.
#[derive(Debug)]
struct Batch {
    rest: Elements,
    /// By what its answers are collected; `None` if it is refused.
    id: Option<BatchId>,
    /// Somebody was told that it is refused.
    told: bool,
}

/// How long reading goes on after writing has failed.
const LAST_READS: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// The peer ended its output; we may still owe something.
    Half,
    /// The stream is over, and another is awaited.
    Apart,
    /// Nothing new is said; what was said is being written.
    Flushing,
    /// [`Output::Finish`] was handed out.
    Finished,
    /// [`Output::Closed`] is the next output.
    Over,
    /// [`Output::Closed`] was handed out.
    Closed,
}

impl State {
    /// Whether the session still has a say.
    fn has_session(self) -> bool {
        matches!(self, Self::Open | Self::Half | Self::Apart)
    }
}

impl<S: Session> Stream<S> {
    pub(crate) fn with(
        session: S,
        out: impl FnOnce(&mut S, &mut Outbox<S::Event>),
        limits: &Limits,
        timeouts: &Timeouts,
        tapped: bool,
    ) -> Self {
        let mut stream = Self {
            session,
            decoder: Decoder::new(limits.message),
            out: Outbox::new(limits, tapped, S::KEEPS_ROOM),
            overlong: None,
            unread: false,
            batch: None,
            max_message: limits.message,
            max_depth: limits.nesting,
            write_stall: timeouts.write_stall,
            stalled_since: None,
            now: Time::ORIGIN,
            ended: None,
            cut: None,
            state: State::Open,
        };
        out(&mut stream.session, &mut stream.out);
        stream.close_if_wanted();
        stream
    }

    /// The session within.
    pub fn session(&self) -> &S {
        &self.session
    }

    /// Bytes written or handed out and not yet confirmed.
    pub fn backlog(&self) -> usize {
        self.out.backlog()
    }

    /// What was counted so far, and how it stands now.
    pub fn stats(&self) -> Stats {
        let mut levels = self.session.levels();
        levels.queued_out = self.backlog();
        levels.retained_in += self.decoder.buffered();
        self.out.stats.snapshot(levels)
    }

    /// For drivers: nobody took the notification that an event told of.
    pub fn notification_dropped(&mut self) {
        self.out.stats.rare().notifications_dropped += 1;
    }

    /// Takes the next frame of what was read. One at a time: a request is admitted when the owner has room to
    /// look at it, so that a chunk full of quick ones is not a chunk full of calls in flight. Nor is more answered
    /// than the peer takes.
    fn next_frame(&mut self) -> bool {
        if !self.unread {
            return false;
        }
        if !matches!(self.state, State::Open | State::Half) || self.out.closing.is_some() {
            self.unread = false;
            return false;
        }
        if S::BACKLOG_STOPS_READING && self.out.is_congested() {
            return false;
        }
        let now = self.now;
        if let Some(batch) = self.batch.take() {
            self.element(now, batch);
            self.settle(now);
            return true;
        }
        let frame = self.decoder.next_frame().or_else(|| self.ended.as_ref().and_then(|_| self.decoder.finish()));
        if let Some(frame) = frame {
            self.frame(now, frame);
        } else if let Some(why) = self.ended.take().map(|why| *why) {
            self.state = State::Half;
            self.session.read_end(now, why, &mut self.out);
        } else {
            self.unread = false;
            return false;
        }
        self.settle(now);
        true
    }

    fn frame(&mut self, now: Time, frame: Frame) {
        if self.out.frames.is_some() {
            self.tap(now, &frame);
        }
        match frame {
            Frame::Line(line) => match classify(&line, self.max_depth) {
                Ok(message) => {
                    self.out.stats.read(message.kind(), line.len());
                    match message {
                        Message::Batch(batch) => {
                            let id = self.session.has_batches().then(|| self.out.begin_batch());
                            self.batch = Some(Box::new(Batch { rest: batch.elements(), id, told: false }));
                        }
                        message => self.session.message(now, message, line.len(), &mut self.out),
                    }
                }
                Err(refused) => {
                    self.out.stats.rare().malformed.add(line.len() as u64);
                    self.session.refused(now, refused, &mut self.out);
                }
            },
            Frame::NotUtf8(line) => {
                self.out.stats.rare().malformed.add(line.len() as u64);
                let mut salvage = Salvage::new();
                salvage.push(&line);
                self.refuse(now, Violation::NotUtf8, salvage);
            }
            Frame::Piece(piece) => self.overlong.get_or_insert_default().salvage.push(&piece),
            Frame::Overlong { length } => {
                self.out.stats.rare().oversize.add(length);
                let salvage = self.overlong.take().unwrap_or_default().salvage;
                let limit = self.max_message.map_or(u64::MAX, |bytes| bytes as u64);
                self.refuse(now, Violation::TooLong { length, limit }, salvage);
            }
        }
    }

    /// Shows the tap what was read, before anybody looks at it.
    fn tap(&mut self, now: Time, frame: &Frame) {
        let (bytes, length) = match frame {
            Frame::Line(line) | Frame::NotUtf8(line) => (line.clone(), line.len() as u64),
            Frame::Piece(piece) => {
                let beginning = &mut self.overlong.get_or_insert_default().beginning;
                let room = tap::BEGINNING.saturating_sub(beginning.len());
                return beginning.extend_from_slice(piece.get(..room).unwrap_or(piece));
            }
            Frame::Overlong { length } => {
                let beginning = self.overlong.as_mut().map(|line| line.beginning.split().freeze());
                (beginning.unwrap_or_default(), *length)
            }
        };
        if let Some(frames) = &mut self.out.frames {
            let mut frame = tap::Frame::new(Direction::Read, now, bytes);
            frame.length = length;
            frames.push(frame);
        }
    }

    /// Takes the next element of a batch, or its end.
    fn element(&mut self, now: Time, mut batch: Box<Batch>) {
        let Some(element) = batch.rest.next() else {
            match batch.id {
                Some(id) => self.out.end_batch(id),
                None if batch.told => {}
                None => self.refuse(now, Violation::Batch, Salvage::new()),
            }
            return;
        };
        self.out.set_batch(batch.id);
        match classify(&element, self.max_depth) {
            Ok(message) if batch.id.is_some() && !matches!(message, Message::Batch(_)) => {
                self.session.message(now, message, element.len(), &mut self.out);
            }
            Ok(message) => {
                if let Some(refused) = Refused::out_of_place(Violation::Batch, &message) {
                    batch.told |= refused.wants_answer || refused.response;
                    self.session.refused(now, refused, &mut self.out);
                }
            }
            Err(refused) => {
                batch.told |= refused.wants_answer || refused.response;
                self.session.refused(now, refused, &mut self.out);
            }
        }
        self.out.set_batch(None);
        self.batch = Some(batch);
    }

    /// What the owner is told.
    fn told(&mut self) -> Option<Output<S::Event>> {
        let frame = self.out.frames.as_mut().and_then(|frames| frames.pop()).map(Output::Frame);
        frame.or_else(|| self.out.events.pop().map(Output::Event))
    }

    /// What is to be written, and the end.
    fn said(&mut self) -> Option<Output<S::Event>> {
        if let Some(bytes) = self.out.bytes.pop() {
            self.out.unsent += bytes.len();
            return Some(Output::Write(bytes));
        }
        match self.state {
            State::Flushing => {
                self.state = if self.out.unsent == 0 { State::Over } else { State::Finished };
                Some(Output::Finish)
            }
            State::Over => {
                self.state = State::Closed;
                Some(Output::Closed(self.out.closing.as_deref().cloned().unwrap_or(Closed::ByUs)))
            }
            State::Open | State::Half | State::Apart | State::Finished | State::Closed => None,
        }
    }

    /// Whether anything may still be read.
    fn reads(&self) -> bool {
        self.state == State::Open && self.ended.is_none()
    }

    fn refuse(&mut self, now: Time, why: Violation, salvage: Salvage) {
        let refused = Refused::new(why, salvage.finish());
        self.session.refused(now, refused, &mut self.out);
    }

    /// Ends everything at once: what is not written never will be.
    fn abort(&mut self, why: Closed) {
        if matches!(self.state, State::Over | State::Closed) {
            return;
        }
        self.end_session(&why);
        self.out.closing = Some(Box::new(why));
        self.out.bytes.clear();
        self.out.unsent = 0;
        self.state = State::Over;
    }

    fn end_session(&mut self, why: &Closed) {
        if self.state.has_session() {
            self.session.closed(why, &mut self.out);
        }
    }

    /// Another stream takes, or will take, the place of this one: nothing of it is left.
    fn replace_stream(&mut self) {
        match std::mem::take(&mut self.out.stream) {
            Replacement::None => {}
            Replacement::Awaited => {
                self.state = State::Apart;
                self.decoder = Decoder::new(self.max_message);
                (self.overlong, self.batch, self.ended, self.cut) = (None, None, None, None);
                self.out.bytes.clear();
                (self.out.unsent, self.stalled_since) = (0, None);
            }
            Replacement::Done => self.state = State::Open,
        }
    }

    /// After any input: a session that wants to close begins to, and the marks are looked at.
    fn settle(&mut self, now: Time) {
        self.replace_stream();
        self.close_if_wanted();
        if self.state == State::Finished && self.out.unsent == 0 {
            self.state = State::Over;
        }
        if self.cut.is_some() {
            self.out.bytes.clear();
            self.out.unsent = 0;
        }
        let was_congested = self.out.is_congested();
        self.out.look_at_marks();
        if was_congested && !self.out.is_congested() && self.state.has_session() {
            self.session.relieved(now, &mut self.out);
            self.out.look_at_marks();
        }
        if self.backlog() == 0 {
            self.out.owed = 0;
            self.stalled_since = None;
        } else {
            self.stalled_since.get_or_insert(now);
        }
    }

    fn close_if_wanted(&mut self) {
        if self.state.has_session()
            && let Some(why) = self.out.closing.clone()
        {
            self.session.closed(&why, &mut self.out);
            self.state = State::Flushing;
        }
    }
}

impl<S: Session> Machine for Stream<S> {
    type Command = S::Command;
    type Event = S::Event;

    fn handle_input(&mut self, now: Time, input: Input<S::Command>) {
        self.now = now;
        self.out.now = now;
        match input {
            Input::Read(chunk) if self.reads() => {
                self.decoder.push(chunk);
                self.unread = true;
            }
            Input::ReadEnd(why) if self.reads() => {
                self.ended = Some(Box::new(why));
                self.unread = true;
            }
            Input::Written(n) => {
                self.out.unsent = self.out.unsent.saturating_sub(n);
                self.stalled_since = None;
            }
            Input::WriteFailed(fault) if self.state == State::Open => {
                self.cut.get_or_insert_with(|| Box::new((fault, now.after(LAST_READS))));
            }
            // The stream that failed is gone already.
            Input::WriteFailed(_) | Input::Failed(_) if self.state == State::Apart => {}
            // Whoever has ended takes nothing more: that it ended says more than that writing failed.
            Input::WriteFailed(fault) => {
                let why = match self.out.closing.take().map(|why| *why) {
                    Some(why @ (Closed::ByPeer(_) | Closed::Early(_))) => why,
                    _ => Closed::Lost(fault),
                };
                self.abort(why);
            }
            Input::Failed(fault) => self.abort(Closed::Lost(fault)),
            Input::Command(command) if self.state.has_session() => {
                self.session.command(now, command, &mut self.out);
            }
            Input::Timeout => {
                if let Some((fault, until)) = self.cut.as_deref().cloned()
                    && now >= until
                {
                    self.abort(Closed::Lost(fault));
                } else if let Some((since, bound)) = self.stalled_since.zip(self.write_stall)
                    && now >= since.after(bound)
                {
                    self.abort(Closed::Lost(Fault::WriteStalled(bound)));
                } else if self.state.has_session() {
                    self.session.timeout(now, &mut self.out);
                }
            }
            // What comes after the end says nothing any more.
            Input::Read(_) | Input::ReadEnd(_) | Input::Command(_) => {}
        }
        self.settle(now);
    }

    fn poll_output(&mut self) -> Option<Output<S::Event>> {
        loop {
            if let Some(told) = self.told() {
                return Some(told);
            }
            if !self.next_frame() {
                return self.said();
            }
        }
    }

    fn poll_said(&mut self) -> Option<Output<S::Event>> {
        self.told().or_else(|| self.said())
    }

    fn has_unread(&self) -> bool {
        self.unread && !(S::BACKLOG_STOPS_READING && self.out.is_congested())
    }

    fn poll_timeout(&self) -> Option<Time> {
        let stall = self.stalled_since.zip(self.write_stall).map(|(since, bound)| since.after(bound));
        let session = match self.state {
            State::Open | State::Half | State::Apart => self.session.poll_timeout(),
            State::Flushing | State::Finished => None,
            State::Over | State::Closed => return None,
        };
        let cut = self.cut.as_deref().map(|(_, until)| *until);
        [stall, session, cut].into_iter().flatten().min()
    }

    fn wants_read(&self) -> bool {
        self.reads() && !(S::BACKLOG_STOPS_READING && self.out.is_congested())
    }
}
