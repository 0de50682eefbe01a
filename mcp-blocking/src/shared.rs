//! What the threads that serve a connection know of each other.

use crate::lane::{Lane, State};
use crate::server::THREADS;
use mcp_proto::error::Closed;
use mcp_proto::handle::server::{Announced, CallContext, Place};
use mcp_proto::machine::Machine as _;
use mcp_proto::server::{CallId, Connection, Event, Request};
use mcp_proto::time::Time;
use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Duration;

thread_local! {
    static HERE: ThreadId = std::thread::current().id();
}

/// This thread. Asking for its whole handle, as often as it is asked here, would be felt.
pub(crate) fn here() -> ThreadId {
    HERE.with(|id| *id)
}

/// What the threads of a connection share, under its lock.
pub(crate) struct Shared {
    pub(crate) lane: Lane<Connection>,
    /// Requests to be run, in order.
    pub(crate) requests: VecDeque<Arc<Request>>,
    /// Runs that have begun, at most one for each thread.
    pub(crate) running: Vec<(CallId, Arc<CallContext>)>,
    /// Runs that are no longer wanted, to be told so when the lock is released.
    pub(crate) unwanted: Vec<Arc<CallContext>>,
    /// Which thread leads, if any does.
    pub(crate) leader: Option<ThreadId>,
    /// Since when the leader does something else than read.
    pub(crate) busy_since: Option<Time>,
    /// Whether the leader reads while it waits.
    pub(crate) reads: bool,
    /// Calls since the thread standing by looked.
    pub(crate) calls: u32,
    /// The thread standing by sleeps until somebody calls it.
    pub(crate) asleep: bool,
    pub(crate) idle: usize,
    pub(crate) threads: usize,
    /// How long calls in flight may take when [`Wake::Stop`] comes.
    pub(crate) stop_within: Duration,
    /// Among the connections of a listener, until it is over.
    pub(crate) place: Option<Place>,
    /// It is told of changes as long as this is here.
    pub(crate) announced: Option<Announced>,
}

impl State for Shared {
    type Machine = Connection;
    const ANY_LOOKS: bool = false;

    fn lane(&mut self) -> &mut Lane<Connection> {
        &mut self.lane
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Request(request) => self.requests.push_back(request),
            Event::Cancelled { call } => {
                self.requests.retain(|request| request.call != call);
                let run = self.ended(call);
                self.unwanted.extend(run);
            }
            // Nobody listens to these here; a gateway drives the machine by itself.
            Event::Notification { .. } => self.lane.machine.notification_dropped(),
            Event::Violation(_) => {}
            _ => {}
        }
    }

    fn over(&mut self, _why: &Closed) {}

    fn write_blocks(&mut self) {
        if self.is_led_here() {
            self.busy_since.get_or_insert_with(mcp_os::clock::now);
        }
    }

    fn write_goes_on(&mut self) {
        if self.is_led_here() {
            self.busy_since = None;
        }
    }
}

impl Shared {
    pub(crate) fn is_led_here(&self) -> bool {
        self.leader == Some(here())
    }

    /// A run has ended, or is not wanted any more.
    pub(crate) fn ended(&mut self, call: CallId) -> Option<Arc<CallContext>> {
        let at = self.running.iter().position(|(running, _)| *running == call)?;
        Some(self.running.swap_remove(at).1)
    }

    /// A request that the leader left to others. While it runs things itself, it goes through them in order.
    pub(crate) fn left_to_others(&mut self) -> Option<Arc<Request>> {
        if self.busy_since.is_some() { None } else { self.requests.pop_front() }
    }

    /// Whether a leader that waits waits for the wrong thing by now: there is something to run, reading goes on
    /// again since the backlog has shrunk, or the time comes earlier.
    pub(crate) fn concerns_leader(&self) -> bool {
        let machine = &self.lane.machine;
        self.lane.due_earlier()
            || !self.requests.is_empty()
            || machine.has_unread()
            || machine.wants_read() && !self.reads
    }

    /// Whether a request can be run without holding up reading: another thread can take the lead.
    pub(crate) fn can_run(&self) -> bool {
        self.idle > 0 || self.threads < THREADS
    }
}
