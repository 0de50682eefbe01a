//! What an adapter's stream must do, and the one loop that carries a machine over it.

use crate::error::{Closed, Fault};
use crate::machine::{Input, Machine, Output};
use crate::time::Time;
use bytes::{Buf, Bytes, BytesMut};
use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

/// A stream that does not block, with the time of its runtime. Adapters implement it for their streams.
pub trait Link {
    /// The time now, of the process's clock.
    fn now(&self) -> Time;

    /// What can be read; nothing is the end. Nothing is lost if it is pending.
    ///
    /// # Errors
    /// The stream broke.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>>;

    /// After the end was read: what is known of why.
    fn end_reason(&mut self) -> Option<String> {
        None
    }

    /// Writes a beginning of `bytes` and says how much.
    ///
    /// # Errors
    /// The stream broke.
    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Fault>>;

    /// Passes on what a buffering stream still holds.
    ///
    /// # Errors
    /// The stream broke.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>;

    /// Ends our side of the stream.
    ///
    /// # Errors
    /// The stream broke.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>>;

    /// Ready when it is `until`.
    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()>;
}

/// Room to read into, handed on as slices; only what is small is copied. What earlier slices no longer need is used
/// again.
#[derive(Debug, Default)]
pub struct ReadBuffer {
    /// Initialised, so that safe readers can fill it.
    room: BytesMut,
    /// Where small reads are copied to.
    small: BytesMut,
}

impl ReadBuffer {
    /// Bytes a read may bring at most.
    pub const SIZE: usize = 64 * 1024;
    /// With less room than this a new round begins.
    const LEAST: usize = 16 * 1024;

    /// Where to read into.
    pub fn room(&mut self) -> &mut [u8] {
        if self.room.len() < Self::LEAST {
            self.room.clear();
            self.room.resize(Self::SIZE, 0);
        }
        &mut self.room
    }

    /// What is at most this long is copied: a small call in flight keeps no large buffer alive, and one call after
    /// the other uses the same warm memory.
    const SMALL: usize = 1024;
    /// Where copies of small reads share room.
    const SMALL_ROOM: usize = 4 * 1024;

    /// The first `n` bytes of the room were filled.
    pub fn filled(&mut self, n: usize) -> Bytes {
        if let Some(small) = self.room.get(..n).filter(|_| n <= Self::SMALL) {
            if self.small.capacity() < n {
                self.small.reserve(Self::SMALL_ROOM);
            }
            self.small.extend_from_slice(small);
            return self.small.split().freeze();
        }
        self.room.split_to(n.min(self.room.len())).freeze()
    }
}

/// What a turn of the loop ended with.
#[derive(Debug)]
pub(crate) enum Turn<E> {
    Event(E),
    /// Nothing can be done now; the waker is left wherever something may come from.
    Idle,
    Closed(Closed),
}

/// A link and what is on its way over it.
#[derive(Debug)]
pub(crate) struct Io<L> {
    /// Gone when the connection is over, so that the peer reads our end whoever still holds a handle.
    link: Option<L>,
    /// When somebody looked at the clock last.
    last: Time,
    outgoing: VecDeque<Bytes>,
    unflushed: bool,
    finish: bool,
    /// The driver's waker. Whoever writes in its place leaves this one with the link.
    driver: Option<Waker>,
    /// The timer will fire by then at the latest.
    armed: Option<Time>,
    closed: bool,
}

impl<L: Link> Io<L> {
    pub(crate) fn new(link: L) -> Self {
        Self {
            last: link.now(),
            link: Some(link),
            outgoing: VecDeque::new(),
            unflushed: false,
            finish: false,
            driver: None,
            armed: None,
            closed: false,
        }
    }

    /// Remembers who drives.
    pub(crate) fn driven_by(&mut self, waker: &Waker) {
        if !self.driver.as_ref().is_some_and(|w| w.will_wake(waker)) {
            self.driver = Some(waker.clone());
        }
    }

    /// The time now.
    pub(crate) fn now(&mut self) -> Time {
        if let Some(link) = &self.link {
            self.last = link.now();
        }
        self.last
    }

    /// The time when somebody looked last.
    pub(crate) fn last(&self) -> Time {
        self.last
    }

    /// Another link takes the place of this one, which is to be dropped when no lock is held.
    pub(crate) fn replace(&mut self, link: L) -> Option<L> {
        self.outgoing.clear();
        (self.unflushed, self.finish, self.armed) = (false, false, None);
        self.link.replace(link)
    }

    /// The link of a connection that is over. To be dropped when no lock is held: it is the user's.
    pub(crate) fn retire(&mut self) -> Option<L> {
        self.now();
        self.link.take()
    }

    /// Who drives, if anybody does yet.
    pub(crate) fn driver(&self) -> Option<Waker> {
        self.driver.clone()
    }

    /// As [`turn`](Self::turn), by someone who is not the driver: nothing is read, and the second value is
    /// the driver's waker if it has to look at its timer or does not run yet.
    pub(crate) fn help<M: Machine>(&mut self, machine: &mut M) -> (Turn<M::Event>, Option<Waker>) {
        let Some(driver) = self.driver.clone() else { return (Turn::Idle, None) };
        let turn = self.carry(&mut Context::from_waker(&driver), machine, false);
        let earlier = match (machine.poll_timeout(), self.armed) {
            (Some(due), Some(armed)) => due < armed,
            (due, None) => due.is_some(),
            (None, Some(_)) => false,
        };
        (turn, earlier.then_some(driver))
    }

    /// Carries bytes and time between link and machine until there is an event, or nothing to do.
    pub(crate) fn turn<M: Machine>(&mut self, cx: &mut Context<'_>, machine: &mut M) -> Turn<M::Event> {
        self.carry(cx, machine, true)
    }

    fn carry<M: Machine>(&mut self, cx: &mut Context<'_>, machine: &mut M, driving: bool) -> Turn<M::Event> {
        if self.closed {
            return Turn::Idle;
        }
        loop {
            match machine.poll_output() {
                Some(Output::Event(event)) => return Turn::Event(event),
                Some(Output::Write(bytes)) => {
                    self.outgoing.push_back(bytes);
                    continue;
                }
                Some(Output::Finish) => {
                    self.finish = true;
                    continue;
                }
                Some(Output::Closed(why)) => {
                    self.closed = true;
                    // The last thing to be said is the end of our output.
                    let _ = self.write(cx);
                    return Turn::Closed(why);
                }
                None => {}
            }
            let done = match self.write(cx) {
                Poll::Ready(Ok(0)) => false,
                Poll::Ready(Ok(n)) => {
                    // What went out at once took no time that the machine would care about.
                    let now = if self.outgoing.is_empty() { self.last } else { self.now() };
                    machine.handle_input(now, Input::Written(n));
                    true
                }
                Poll::Ready(Err(fault)) => {
                    self.outgoing.clear();
                    machine.handle_input(self.now(), Input::WriteFailed(fault));
                    true
                }
                Poll::Pending => false,
            };
            if done || driving && (self.overdue(machine) || self.read(cx, machine) || self.sleep(cx, machine)) {
                continue;
            }
            return Turn::Idle;
        }
    }

    /// Writes, flushes, ends. How many bytes are out of our hands; zero if there is nothing to do.
    fn write(&mut self, cx: &mut Context<'_>) -> Poll<Result<usize, Fault>> {
        let mut written = 0;
        let Some(link) = &mut self.link else { return Poll::Pending };
        while let Some(front) = self.outgoing.front_mut() {
            match link.poll_write(cx, front) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(Fault::Broken("the stream takes no bytes".to_owned()))),
                Poll::Ready(Ok(n)) => {
                    written += n;
                    self.unflushed = true;
                    front.advance(n.min(front.len()));
                    if front.is_empty() {
                        self.outgoing.pop_front();
                    }
                }
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(fault)),
                Poll::Pending => break,
            }
        }
        if self.outgoing.is_empty() {
            if self.unflushed && link.poll_flush(cx)?.is_ready() {
                self.unflushed = false;
            }
            if self.finish && !self.unflushed && link.poll_close(cx)?.is_ready() {
                self.finish = false;
            }
        }
        Poll::Ready(Ok(written))
    }

    fn read<M: Machine>(&mut self, cx: &mut Context<'_>, machine: &mut M) -> bool {
        let Some(link) = self.link.as_mut().filter(|_| machine.wants_read()) else { return false };
        let input = match link.poll_read(cx) {
            Poll::Ready(Ok(chunk)) if chunk.is_empty() => Input::ReadEnd(link.end_reason()),
            Poll::Ready(Ok(chunk)) => Input::Read(chunk),
            Poll::Ready(Err(fault)) => Input::Failed(fault),
            Poll::Pending => return false,
        };
        machine.handle_input(self.now(), input);
        true
    }

    /// A peer that always has something to say does not stop the clock. The time of the last read will do.
    fn overdue<M: Machine>(&mut self, machine: &mut M) -> bool {
        let overdue = machine.poll_timeout().is_some_and(|due| self.last >= due);
        if overdue {
            machine.handle_input(self.last, Input::Timeout);
        }
        overdue
    }

    /// Looks at the clock, and leaves a timer. One that fires too early costs a look; setting it anew for
    /// every call would cost more.
    fn sleep<M: Machine>(&mut self, cx: &mut Context<'_>, machine: &mut M) -> bool {
        let Some(due) = machine.poll_timeout() else { return false };
        let Some(link) = &mut self.link else { return false };
        loop {
            let until = self.armed.map_or(due, |armed| armed.min(due));
            if link.poll_sleep(cx, until).is_pending() {
                self.armed = Some(until);
                return false;
            }
            self.armed = None;
            let now = link.now();
            if now >= due {
                machine.handle_input(now, Input::Timeout);
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_stays_as_it_was() {
        let mut buffer = ReadBuffer::default();
        // Small ones share a buffer, large ones another; both are begun anew several times.
        let lengths = [1, 200, ReadBuffer::SMALL, ReadBuffer::SMALL + 1, 10_000, ReadBuffer::LEAST];
        let expected: Vec<Vec<u8>> =
            lengths.iter().cycle().zip(0..=u8::MAX).map(|(length, byte)| vec![byte; *length]).collect();
        let mut kept = Vec::new();
        for bytes in &expected {
            buffer.room()[..bytes.len()].copy_from_slice(bytes);
            kept.push(buffer.filled(bytes.len()));
        }
        assert_eq!(kept, expected);
    }
}
