//! What an adapter's stream must do, and the one loop that carries a machine over it.

use super::tap::TapQueue;
use crate::binding::Queue;
use crate::error::{Closed, Fault};
use crate::machine::{Input, Machine, Output};
use crate::time::Time;
use bytes::{Buf as _, Bytes};
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
    outgoing: Queue<Bytes>,
    unflushed: bool,
    finish: bool,
    /// The driver's waker. Whoever writes in its place leaves this one with the link.
    driver: Option<Waker>,
    /// The timer will fire by then at the latest.
    armed: Option<Time>,
    closed: bool,
    /// Whoever releases the lock shows what is in it.
    tap: TapQueue,
}

impl<L: Link> Io<L> {
    pub(crate) fn new(link: L, tap: TapQueue) -> Self {
        Self {
            last: link.now(),
            link: Some(link),
            outgoing: Queue::new(),
            unflushed: false,
            finish: false,
            driver: None,
            armed: None,
            closed: false,
            tap,
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
        let earlier = machine.has_unread()
            || match (machine.poll_timeout(), self.armed) {
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
            // Whoever only helps leaves what was read to the driver.
            match if driving { machine.poll_output() } else { machine.poll_said() } {
                Some(Output::Event(event)) => return Turn::Event(event),
                Some(Output::Frame(frame)) => {
                    self.tap.push(frame);
                    continue;
                }
                Some(Output::Write(bytes)) => {
                    self.outgoing.push(bytes);
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
                        self.outgoing.pop();
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
