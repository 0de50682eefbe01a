//! The ends of a stream in memory.

use super::behaviour::Behaviour;
use super::lock;
use super::peer::RawPeer;
use super::pipe::{Arrival, Moment, Pipe, Taken};
use super::scribe::Scribe;
use super::timeline::{Timeline, Timer};
use super::transcript::Side;
use crate::error::Fault;
use crate::handle::{Link, wake};
use crate::time::Time;
use bytes::Bytes;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// One end of a stream. Dropping it ends our side, and writes of the other side break.
#[derive(Debug)]
pub struct SimLink {
    timeline: Arc<Timeline>,
    there: Arc<Mutex<Pipe>>,
    back: Arc<Mutex<Pipe>>,
    /// Which of the two ends this is.
    side: Side,
    sleep: Timer,
    arrival: Timer,
    room: Timer,
    reset: Timer,
}

impl SimLink {
    pub(super) fn pair(timeline: &Arc<Timeline>, behaviours: [Behaviour; 2], seeds: [u64; 2]) -> (Self, Self) {
        let [there, back] = behaviours;
        let [seed_there, seed_back] = seeds;
        let there = Arc::new(Mutex::new(Pipe::new(there, seed_there)));
        let back = Arc::new(Mutex::new(Pipe::new(back, seed_back)));
        let near = Self::new(timeline, Side::Client, there.clone(), back.clone());
        (near, Self::new(timeline, Side::Server, back, there))
    }

    fn new(timeline: &Arc<Timeline>, side: Side, there: Arc<Mutex<Pipe>>, back: Arc<Mutex<Pipe>>) -> Self {
        let timer = || Timer::new(timeline.clone());
        let [sleep, arrival, room, reset] = [timer(), timer(), timer(), timer()];
        Self { timeline: timeline.clone(), there, back, side, sleep, arrival, room, reset }
    }

    /// Writes down what is said from now on, by both ends: the first of the two ends that
    /// [`World::link`](super::World::link) gave is the client, whichever of them this is. One scribe for each link:
    /// another one takes the place of the first.
    #[must_use = "what is said can be read from it"]
    pub fn scribe(&self) -> Scribe {
        let scribe = Scribe::default();
        lock(&self.there).overheard(scribe.mouth(self.side));
        lock(&self.back).overheard(scribe.mouth(self.side.other()));
        scribe
    }

    /// This end as a peer that is scripted by hand.
    #[must_use]
    pub fn into_peer(self) -> RawPeer {
        RawPeer::new(self)
    }

    /// Breaks the stream now: what is on its way still arrives, nothing else does, in either direction.
    pub fn reset(&mut self) {
        lock(&self.there).broken(self.timeline.now());
        self.cut();
    }

    fn cut(&self) {
        let mut wakers: Vec<Waker> = Vec::new();
        for pipe in [&self.there, &self.back] {
            let mut pipe = lock(pipe);
            pipe.reset();
            wakers.extend(pipe.reader());
            wakers.extend(pipe.writer());
        }
        wake(wakers);
    }

    pub(super) fn end(&mut self) {
        let now = self.timeline.now();
        let reader = {
            let mut there = lock(&self.there);
            there.end(now);
            there.reader()
        };
        wake(reader.into_iter().collect());
    }

    /// Breaks the stream if its time has come; otherwise `cx` is woken when it comes.
    fn break_when_due(&mut self, cx: &Context<'_>) {
        let now = self.timeline.now();
        let (mut due, mut next) = (false, None);
        for pipe in [&self.there, &self.back] {
            let mut pipe = lock(pipe);
            if pipe.breaks(now) {
                pipe.broken(now);
                due = true;
            }
            next = [next, pipe.breaks_at()].into_iter().flatten().min();
        }
        match next {
            _ if due => self.cut(),
            Some(at) => self.reset.arm(cx, at),
            None => {}
        }
    }

    /// Ready when it is `until`; for peers.
    pub(super) fn timer(&self) -> Timer {
        Timer::new(self.timeline.clone())
    }

    pub(super) fn time(&self) -> Time {
        self.timeline.now()
    }

    fn moment(&self) -> Moment {
        Moment { now: self.timeline.now(), rests: self.timeline.rests() }
    }
}

impl Link for SimLink {
    fn now(&self) -> Time {
        self.timeline.now()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>> {
        self.break_when_due(cx);
        let at = self.moment();
        let arrival = lock(&self.back).read(at, cx);
        match arrival {
            Arrival::Bytes(bytes) => {
                let writer = lock(&self.back).writer();
                wake(writer.into_iter().collect());
                Poll::Ready(Ok(bytes))
            }
            Arrival::End => Poll::Ready(Ok(Bytes::new())),
            Arrival::Broken(fault) => Poll::Ready(Err(fault)),
            Arrival::At(time) => {
                self.arrival.arm(cx, time);
                Poll::Pending
            }
            Arrival::Nothing => Poll::Pending,
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Fault>> {
        self.break_when_due(cx);
        let at = self.moment();
        let (taken, reader) = {
            let mut there = lock(&self.there);
            let taken = there.write(at, cx, bytes);
            // Waking for nothing would let two full pipes wake each other for ever.
            let reader = if matches!(taken, Taken::Bytes(_)) { there.reader() } else { None };
            (taken, reader)
        };
        wake(reader.into_iter().collect());
        // It may have taken the last byte it ever will.
        self.break_when_due(cx);
        match taken {
            Taken::Bytes(count) => Poll::Ready(Ok(count)),
            Taken::Broken(fault) => Poll::Ready(Err(fault)),
            Taken::At(time) => {
                self.room.arm(cx, time);
                Poll::Pending
            }
            Taken::Nothing => Poll::Pending,
        }
    }

    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.end();
        Poll::Ready(Ok(()))
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()> {
        self.sleep.poll(cx, until)
    }
}

impl Drop for SimLink {
    fn drop(&mut self) {
        self.end();
        let writer = {
            let mut back = lock(&self.back);
            back.abandon();
            back.writer()
        };
        wake(writer.into_iter().collect());
    }
}
