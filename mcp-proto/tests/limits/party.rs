//! Runs a machine over a stream in memory, one input at a time, and looks at it after each.

use bytes::{Buf, Bytes};
use mcp_proto::error::Closed;
use mcp_proto::handle::Link;
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::sim::SimLink;
use mcp_proto::time::Time;
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Commands and when they are given.
#[derive(Debug)]
pub(crate) struct Plan<C> {
    due: BTreeMap<(Time, u64), C>,
    last: u64,
}

impl<C> Default for Plan<C> {
    fn default() -> Self {
        Self { due: BTreeMap::new(), last: 0 }
    }
}

impl<C> Plan<C> {
    pub(crate) fn at(&mut self, time: Time, command: C) {
        self.last += 1;
        self.due.insert((time, self.last), command);
    }

    fn next(&self) -> Option<Time> {
        self.due.keys().next().map(|(time, _)| *time)
    }

    fn take(&mut self, now: Time) -> Option<C> {
        self.next().filter(|time| *time <= now)?;
        self.due.pop_first().map(|(_, command)| command)
    }
}

/// Who owns a machine.
pub(crate) trait Owner<M: Machine> {
    /// A command is given.
    fn commands(&mut self, _now: Time, _command: &M::Command) {}

    /// Something happened: what is to be done about it at once, and later.
    fn event(&mut self, now: Time, event: M::Event, plan: &mut Plan<M::Command>) -> Vec<M::Command>;

    /// The machine has dealt with an input.
    fn look(&mut self, now: Time, machine: &M);
}

/// A machine, its stream and its owner. A future: it ends when the machine has closed.
pub(crate) struct Party<M: Machine, O> {
    pub(crate) machine: M,
    pub(crate) owner: O,
    pub(crate) plan: Plan<M::Command>,
    pub(crate) closed: Option<Closed>,
    link: Option<SimLink>,
    outgoing: VecDeque<Bytes>,
    finish: bool,
}

/// Inputs at one instant, over which it turns in circles.
const TURNS: usize = 100_000;

impl<M: Machine, O: Owner<M>> Party<M, O> {
    pub(crate) fn new(machine: M, owner: O, link: SimLink) -> Self {
        let plan = Plan::default();
        Self { machine, owner, plan, closed: None, link: Some(link), outgoing: VecDeque::new(), finish: false }
    }

    /// Does what the machine wants done, at once.
    fn drain(&mut self, now: Time) {
        while let Some(output) = self.machine.poll_output() {
            assert_eq!(self.closed, None, "something came after the end");
            match output {
                Output::Write(bytes) => self.outgoing.push_back(bytes),
                Output::Event(event) => {
                    for command in self.owner.event(now, event, &mut self.plan) {
                        self.machine.handle_input(now, Input::Command(command));
                    }
                }
                Output::Frame(frame) => unreachable!("nobody taps: {frame:?}"),
                Output::Finish => self.finish = true,
                Output::Closed(why) => self.closed = Some(why),
            }
        }
        self.owner.look(now, &self.machine);
    }

    /// The next input, if there is one now.
    fn input(&mut self, cx: &mut Context<'_>, now: Time) -> Option<Input<M::Command>> {
        if let Some(command) = self.plan.take(now) {
            if !self.finish {
                self.owner.commands(now, &command);
            }
            return Some(Input::Command(command));
        }
        let link = self.link.as_mut().unwrap();
        if let Some(front) = self.outgoing.front_mut() {
            match link.poll_write(cx, front) {
                Poll::Ready(Ok(count)) => {
                    front.advance(count);
                    if front.is_empty() {
                        self.outgoing.pop_front();
                    }
                    return Some(Input::Written(count));
                }
                Poll::Ready(Err(fault)) => {
                    self.outgoing.clear();
                    return Some(Input::WriteFailed(fault));
                }
                Poll::Pending => {}
            }
        } else if self.finish {
            assert!(link.poll_close(cx).is_ready());
        }
        if self.machine.poll_timeout().is_some_and(|due| due <= now) {
            return Some(Input::Timeout);
        }
        if self.machine.wants_read()
            && let Poll::Ready(read) = link.poll_read(cx)
        {
            return Some(match read {
                Ok(bytes) if bytes.is_empty() => Input::ReadEnd(None),
                Ok(bytes) => Input::Read(bytes),
                Err(fault) => Input::Failed(fault),
            });
        }
        None
    }
}

impl<M: Machine + Unpin, O: Owner<M> + Unpin> Future for Party<M, O>
where
    M::Command: Unpin,
{
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        for _ in 0..TURNS {
            let now = this.link.as_ref().unwrap().now();
            this.drain(now);
            if this.closed.is_some() {
                this.link = None;
                return Poll::Ready(());
            }
            if let Some(input) = this.input(cx, now) {
                this.machine.handle_input(now, input);
                continue;
            }
            let next = [this.machine.poll_timeout(), this.plan.next()].into_iter().flatten().min();
            let Some(next) = next else { return Poll::Pending };
            if this.link.as_mut().unwrap().poll_sleep(cx, next).is_pending() {
                return Poll::Pending;
            }
        }
        panic!("it turns in circles");
    }
}

/// Two futures side by side.
pub(crate) async fn both(mut a: impl Future<Output = ()> + Unpin, mut b: impl Future<Output = ()> + Unpin) {
    let (mut a_ended, mut b_ended) = (false, false);
    std::future::poll_fn(move |cx| {
        a_ended = a_ended || Pin::new(&mut a).poll(cx).is_ready();
        b_ended = b_ended || Pin::new(&mut b).poll(cx).is_ready();
        if a_ended && b_ended { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
