//! The ends of a stream in memory.

use super::lock;
use super::peer::RawPeer;
use super::pipe::{Arrival, Behaviour, Moment, Pipe};
use super::timeline::{Timeline, Timer};
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
    sleep: Timer,
    arrival: Timer,
}

impl SimLink {
    pub(super) fn pair(timeline: &Arc<Timeline>, behaviours: [Behaviour; 2], seeds: [u64; 2]) -> (Self, Self) {
        let [there, back] = behaviours;
        let [seed_there, seed_back] = seeds;
        let there = Arc::new(Mutex::new(Pipe::new(there, seed_there)));
        let back = Arc::new(Mutex::new(Pipe::new(back, seed_back)));
        (Self::new(timeline, there.clone(), back.clone()), Self::new(timeline, back, there))
    }

    fn new(timeline: &Arc<Timeline>, there: Arc<Mutex<Pipe>>, back: Arc<Mutex<Pipe>>) -> Self {
        Self {
            timeline: timeline.clone(),
            there,
            back,
            sleep: Timer::new(timeline.clone()),
            arrival: Timer::new(timeline.clone()),
        }
    }

    /// This end as a peer that is scripted by hand.
    #[must_use]
    pub fn into_peer(self) -> RawPeer {
        RawPeer::new(self)
    }

    /// Breaks the stream now: what is on its way still arrives, nothing else does, in either direction.
    pub fn reset(&mut self) {
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

    fn moment(&self) -> Moment {
        Moment { now: self.timeline.now(), rests: self.timeline.rests() }
    }
}

impl Link for SimLink {
    fn now(&self) -> Time {
        self.timeline.now()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>> {
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
        let at = self.moment();
        let (written, reader, broke) = {
            let mut there = lock(&self.there);
            let written = there.write(at, cx, bytes);
            // Waking for nothing would let two full pipes wake each other for ever.
            let reader = if written.is_ready() { there.reader() } else { None };
            (written, reader, there.broke())
        };
        wake(reader.into_iter().collect());
        if broke {
            self.reset();
        }
        written
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
