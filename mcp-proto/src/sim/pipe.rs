//! One direction of a stream in memory.

use super::behaviour::{Behaviour, Cut, Point};
use super::chance::Chance;
use super::scribe::Mouth;
use crate::error::Fault;
use crate::time::Time;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::task::{Context, Waker};
use std::time::Duration;

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
    /// The writer has ended.
    closed: bool,
    /// When the reader sees that; never, if it is lost.
    ended: Option<Time>,
    /// The reader is gone.
    abandoned: bool,
    reset: bool,
    /// When the stall by bytes ends; it has begun.
    stalled_until: Option<Time>,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Who writes down what is said here.
    mouth: Option<Mouth>,
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

/// What a writer gets.
#[derive(Debug)]
pub(super) enum Taken {
    Bytes(usize),
    Broken(Fault),
    /// Nothing is taken before then.
    At(Time),
    /// Nothing is taken until there is room.
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
            reset: false,
            behaviour,
            chance: Chance::new(seed),
            parts: VecDeque::new(),
            held: 0,
            written: 0,
            busy_until: Time::ORIGIN,
            closed: false,
            ended: None,
            abandoned: false,
            stalled_until: None,
            reader: None,
            writer: None,
            mouth: None,
        }
    }

    /// Writes down what is said here from now on.
    pub(super) fn overheard(&mut self, mouth: Mouth) {
        self.mouth = Some(mouth);
    }

    /// Takes a beginning of `bytes`.
    pub(super) fn write(&mut self, at: Moment, cx: &Context<'_>, bytes: &[u8]) -> Taken {
        let silent = self.reached(self.behaviour.silence, at.now);
        if self.reset || self.closed || self.abandoned && !silent {
            return Taken::Broken(self.fault());
        }
        if let Some(taken) = self.held_up(at.now) {
            self.writer = Some(cx.waker().clone());
            return taken;
        }
        let room = if silent { usize::MAX } else { self.behaviour.capacity.max(1).saturating_sub(self.held) };
        if room == 0 {
            self.writer = Some(cx.waker().clone());
            return Taken::Nothing;
        }
        let count = bytes.len().min(room).min(self.until_next_point());
        let taken = bytes.get(..count).unwrap_or_default();
        if taken.is_empty() {
            return Taken::Bytes(0);
        }
        self.written += count as u64;
        if let Some(mouth) = &mut self.mouth {
            mouth.said(at.now, taken);
        }
        if !silent {
            self.busy_until = self.busy_until.max(at.now).after(self.pace(count));
            let arrives = self.busy_until.after(self.way());
            self.parts.push_back(Part { bytes: Bytes::copy_from_slice(taken), arrives, rests: at.rests });
            self.held += count;
        }
        Taken::Bytes(count)
    }

    /// Whether the direction has come to a point.
    fn reached(&self, point: Option<Point>, now: Time) -> bool {
        match point {
            None => false,
            Some(Point::Byte(most)) => self.written >= most,
            Some(Point::Time(time)) => now >= time,
        }
    }

    /// Bytes to the next point where something begins: a write is cut there.
    fn until_next_point(&self) -> usize {
        let stall = self.behaviour.stall.map(|stall| stall.from);
        let points = [stall, self.behaviour.reset, self.behaviour.silence].into_iter().flatten();
        let left = points.filter_map(|point| match point {
            Point::Byte(most) => most.checked_sub(self.written).filter(|left| *left > 0),
            Point::Time(_) => None,
        });
        left.min().and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX)
    }

    /// What a writer gets while nothing is taken.
    fn held_up(&mut self, now: Time) -> Option<Taken> {
        let stall = self.behaviour.stall?;
        if !self.reached(Some(stall.from), now) {
            return None;
        }
        let Some(lasts) = stall.lasts else { return Some(Taken::Nothing) };
        let until = match stall.from {
            Point::Time(from) => from.after(lasts),
            Point::Byte(_) => *self.stalled_until.get_or_insert_with(|| now.after(lasts)),
        };
        (now < until).then_some(Taken::At(until))
    }

    /// How long what is written now is on its way; nothing overtakes what was written before.
    fn way(&mut self) -> Duration {
        let jitter = usize::try_from(self.behaviour.jitter.as_nanos()).unwrap_or(usize::MAX);
        let more = if jitter == 0 { 0 } else { self.chance.below(jitter.saturating_add(1)) };
        self.behaviour.delay.saturating_add(Duration::from_nanos(more as u64))
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

    /// Whether its time to be reset has come.
    pub(super) fn breaks(&self, now: Time) -> bool {
        !self.reset && self.reached(self.behaviour.reset, now)
    }

    /// When it will be reset, if time decides that.
    pub(super) fn breaks_at(&self) -> Option<Time> {
        match self.behaviour.reset {
            Some(Point::Time(time)) if !self.reset => Some(time),
            _ => None,
        }
    }

    /// Nothing is taken any more; what was taken still arrives.
    pub(super) const fn reset(&mut self) {
        self.reset = true;
    }

    /// The writer broke the stream.
    pub(super) fn broken(&mut self, now: Time) {
        if let Some(mouth) = self.mouth.as_mut().filter(|_| !self.reset && !self.closed) {
            mouth.broke(now);
        }
    }

    /// The writer ends.
    pub(super) fn end(&mut self, now: Time) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        if !self.reached(self.behaviour.silence, now) {
            self.ended = Some(self.busy_until.max(now).after(self.way()));
        }
        if let Some(mouth) = self.mouth.as_mut().filter(|_| !self.reset) {
            mouth.ended(now);
        }
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
