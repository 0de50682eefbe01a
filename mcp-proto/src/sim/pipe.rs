//! One direction of a stream in memory.

use super::chance::Chance;
use crate::error::Fault;
use crate::time::Time;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How one direction of a stream treats what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// What one read brings.
    pub cut: Cut,
    /// Bytes wait until everybody has come to rest, and arrive together.
    pub glue: bool,
    /// How long bytes are on their way.
    pub delay: Duration,
    /// How many bytes pass in a second. `None`: any number.
    pub bytes_per_second: Option<u64>,
    /// Bytes written and not yet read, at most. Writes beyond it wait. Zero counts as one.
    pub capacity: usize,
    /// After so many bytes the stream is reset: they still arrive, nothing else does, in either direction.
    pub break_after: Option<u64>,
}

/// What one read brings of what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// What one write brought.
    #[default]
    Whole,
    /// One byte.
    EachByte,
    /// Some of it; the seed of the world decides how much.
    Random,
}

impl Default for Behaviour {
    /// Whole, at once, with room for 64 KiB.
    fn default() -> Self {
        Self {
            cut: Cut::Whole,
            glue: false,
            delay: Duration::ZERO,
            bytes_per_second: None,
            capacity: 64 * 1024,
            break_after: None,
        }
    }
}

/// One direction.
#[derive(Debug)]
pub(super) struct Pipe {
    behaviour: Behaviour,
    chance: Chance,
    /// Written and not yet read.
    parts: VecDeque<Part>,
    held: usize,
    written: u64,
    /// When the last byte has passed.
    busy_until: Time,
    /// The writer has ended; the reader sees it then.
    ended: Option<Time>,
    /// The reader is gone.
    abandoned: bool,
    reset: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

#[derive(Debug)]
struct Part {
    bytes: Bytes,
    arrives: Time,
    /// How often everything had come to rest when it was written.
    rests: u64,
}

/// What a reader gets.
#[derive(Debug)]
pub(super) enum Arrival {
    Bytes(Bytes),
    End,
    Broken(Fault),
    /// Something is on its way until then.
    At(Time),
    /// Nothing yet.
    Nothing,
}

/// When a look at a pipe happens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub now: Time,
    pub rests: u64,
}

impl Pipe {
    pub(super) fn new(behaviour: Behaviour, seed: u64) -> Self {
        Self {
            reset: behaviour.break_after == Some(0),
            behaviour,
            chance: Chance::new(seed),
            parts: VecDeque::new(),
            held: 0,
            written: 0,
            busy_until: Time::ORIGIN,
            ended: None,
            abandoned: false,
            reader: None,
            writer: None,
        }
    }

    /// Takes a beginning of `bytes`. Whether the stream is reset by it tells [`broke`](Self::broke).
    pub(super) fn write(&mut self, at: Moment, cx: &Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Fault>> {
        if self.reset || self.abandoned || self.ended.is_some() {
            return Poll::Ready(Err(self.fault()));
        }
        let room = self.behaviour.capacity.max(1).saturating_sub(self.held);
        if room == 0 {
            self.writer = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let left = self.left().and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        let count = bytes.len().min(room).min(left);
        let taken = bytes.get(..count).unwrap_or_default();
        if taken.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.busy_until = self.busy_until.max(at.now).after(self.pace(count));
        let arrives = self.busy_until.after(self.behaviour.delay);
        self.parts.push_back(Part { bytes: Bytes::copy_from_slice(taken), arrives, rests: at.rests });
        self.held += count;
        self.written += count as u64;
        Poll::Ready(Ok(count))
    }

    fn left(&self) -> Option<u64> {
        self.behaviour.break_after.map(|most| most.saturating_sub(self.written))
    }

    fn pace(&self, count: usize) -> Duration {
        let nanos = (count as u64).saturating_mul(1_000_000_000);
        self.behaviour
            .bytes_per_second
            .and_then(|rate| nanos.checked_div(rate))
            .map_or(Duration::ZERO, Duration::from_nanos)
    }

    fn fault(&self) -> Fault {
        Fault::Broken(if self.reset { "reset" } else { "broken pipe" }.to_owned())
    }

    /// Whether it has carried all it ever will.
    pub(super) fn broke(&self) -> bool {
        self.left() == Some(0)
    }

    /// Nothing is taken any more; what was taken still arrives.
    pub(super) const fn reset(&mut self) {
        self.reset = true;
    }

    /// The writer ends.
    pub(super) fn end(&mut self, now: Time) {
        let arrives = self.busy_until.max(now).after(self.behaviour.delay);
        self.ended.get_or_insert(arrives);
    }

    /// The reader is gone.
    pub(super) fn abandon(&mut self) {
        self.abandoned = true;
        self.parts.clear();
        self.held = 0;
    }

    pub(super) fn read(&mut self, at: Moment, cx: &Context<'_>) -> Arrival {
        let arrival = self.arrival(at);
        if matches!(arrival, Arrival::At(_) | Arrival::Nothing) {
            self.reader = Some(cx.waker().clone());
        }
        arrival
    }

    fn arrival(&mut self, at: Moment) -> Arrival {
        let glue = self.behaviour.glue;
        let there = |part: &Part| part.arrives <= at.now && (!glue || part.rests < at.rests);
        let Some(first) = self.parts.front() else {
            return match self.ended {
                _ if self.reset => Arrival::Broken(self.fault()),
                Some(end) if end <= at.now => Arrival::End,
                Some(end) => Arrival::At(end),
                None => Arrival::Nothing,
            };
        };
        if !there(first) {
            return Arrival::At(first.arrives);
        }
        if glue && self.parts.iter().take_while(|part| there(part)).count() > 1 {
            let mut together = BytesMut::new();
            let (arrives, rests) = (first.arrives, first.rests);
            while let Some(part) = self.parts.pop_front_if(|part| there(part)) {
                together.extend_from_slice(&part.bytes);
            }
            self.parts.push_front(Part { bytes: together.freeze(), arrives, rests });
        }
        let Some(first) = self.parts.front_mut() else { return Arrival::Nothing };
        let count = match self.behaviour.cut {
            Cut::Whole => first.bytes.len(),
            Cut::EachByte => 1,
            // Small ones more often than not, or long input would hardly ever be cut.
            Cut::Random if self.chance.below(2) == 0 => 1 + self.chance.below(8),
            Cut::Random => 1 + self.chance.below(first.bytes.len()),
        };
        let bytes = first.bytes.split_to(count.min(first.bytes.len()));
        if first.bytes.is_empty() {
            self.parts.pop_front();
        }
        self.held = self.held.saturating_sub(bytes.len());
        Arrival::Bytes(bytes)
    }

    /// Who waits for something to read.
    pub(super) const fn reader(&mut self) -> Option<Waker> {
        self.reader.take()
    }

    /// Who waits for room.
    pub(super) const fn writer(&mut self) -> Option<Waker> {
        self.writer.take()
    }
}
