//! Serves a connection on threads, without a hop between them for calls that are quick.
//!
//! One thread leads: it reads, runs handlers where it stands, and writes. A second one stands by: when a
//! handler has run for a millisecond it takes the lead over, and the first finishes its handler. Waking a
//! thread for every call would cost more than a whole small call, so the one standing by looks every
//! millisecond while calls come, and sleeps when none do.

use crate::lane::{Lane, feed, flush, lock, settle, take_output};
use crate::park::block_on;
use crate::service::Service;
use crate::shared::{Shared, here};
use crate::transport::{IntoTransport, Transport, Wake};
use mcp_proto::error::Closed;
use mcp_proto::handle::server::{
    CallContext, Caller, Dispatch as _, Place, SLOW, Server, ServerPort, Serving, Started, conclude,
};
use mcp_proto::handle::{Once, ReadBuffer, TapQueue};
use mcp_proto::machine::{Input, Machine as _};
use mcp_proto::server::{Command, Connection, Request};
use mcp_proto::stats::Stats;
use mcp_proto::time::Time;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// So often in a row the leader reads without having waited.
const LOOKS: u32 = 64;
/// So many looks without a call, and the thread standing by sleeps until the next one.
const PATIENCE: u32 = 8;
/// Threads of one connection. With all of them in handlers, one goes on reading and calls wait.
pub(crate) const THREADS: usize = 64;
/// So long a thread sleeps on a connection on which nothing happens, before it ends where none is to stand by.
const SLEEP: Duration = Duration::from_secs(10);

/// Serves one connection on threads of its own.
///
/// # Errors
/// The operating system gave no randomness, no descriptors or no thread.
pub fn serve<S, T>(server: Server<S>, stream: T) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: IntoTransport,
{
    serve_known(server, stream, None)
}

/// As [`serve`], for a client whom the program knows: its handlers find out who it is.
///
/// # Errors
/// As [`serve`].
pub fn serve_caller<S, T>(server: Server<S>, stream: T, caller: Caller) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: IntoTransport,
{
    serve_known(server, stream, Some(Arc::new(caller)))
}

fn serve_known<S, T>(server: Server<S>, stream: T, caller: Option<Arc<Caller>>) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: IntoTransport,
{
    let service = Service { caller, ..Service::single(server, THREADS)? };
    let (connection, serving) = Served::new(service, stream.into_transport()?);
    connection.add_thread()?;
    Ok(serving)
}

/// A connection being served; its threads share it.
pub(crate) struct Served<T> {
    state: Mutex<Shared>,
    /// The lead is free, or a call begins while the thread standing by sleeps, or it is over.
    changed: Condvar,
    transport: T,
    service: Service,
    tap: TapQueue,
    closed: Arc<Once<Box<Closed>>>,
    /// For the contexts of runs.
    me: std::sync::Weak<Self>,
}

impl<T: Transport> ServerPort for Served<T> {
    fn now(&self) -> Time {
        mcp_os::clock::now()
    }

    fn stats(&self) -> Stats {
        lock(&self.state).lane.machine.stats()
    }

    fn command(&self, command: Command) {
        let mut state = lock(&self.state);
        if let Command::Respond { call, .. } = &command {
            state.ended(*call);
        }
        feed(&mut *state, Input::Command(command));
        let state = self.flush(state);
        drop(self.release(state));
    }
}

impl<T: Transport> Served<T> {
    pub(crate) fn new(service: Service, transport: T) -> (Arc<Self>, Serving) {
        let closed = Once::new();
        let tap = TapQueue::new(service.config.tap.as_ref());
        let principal = service.caller.as_ref().and_then(|caller| caller.principal.clone());
        let shared = Shared {
            lane: Lane::new(Connection::for_caller(service.config.clone(), principal), tap.clone()),
            requests: VecDeque::new(),
            running: Vec::new(),
            unwanted: Vec::new(),
            leader: None,
            busy_since: None,
            reads: false,
            calls: 0,
            asleep: false,
            idle: 0,
            threads: 0,
            stop_within: Duration::ZERO,
            place: None,
            announced: None,
        };
        let served = Arc::new_cyclic(|me| Self {
            state: Mutex::new(shared),
            changed: Condvar::new(),
            transport,
            service,
            tap,
            closed: closed.clone(),
            me: me.clone(),
        });
        let port: Arc<dyn ServerPort> = served.clone();
        if served.service.config.tells_of_changes() {
            lock(&served.state).announced = Some(served.service.catalog.announcer().add(&port));
        }
        (served, Serving::new(port, closed))
    }

    /// Adds a thread to the connection.
    pub(crate) fn add_thread(self: &Arc<Self>) -> io::Result<()> {
        let (served, permit) = (self.clone(), self.service.threads.one()?);
        lock(&self.state).threads += 1;
        let spawned = std::thread::Builder::new().name("mcp-serve".to_owned()).spawn(move || {
            served.work();
            drop(permit);
        });
        if spawned.is_err() {
            lock(&self.state).threads -= 1;
        }
        spawned.map(drop)
    }

    /// Lends the calling thread to the connection, until it is over.
    pub(crate) fn lend_thread(&self) {
        lock(&self.state).threads += 1;
        self.work();
    }

    /// Keeps its place among others until it is over.
    pub(crate) fn keep(&self, place: Place) {
        let mut state = lock(&self.state);
        if state.lane.closed.is_none() {
            state.place = Some(place);
        }
    }

    /// What a thread of the connection does: leads, runs what waits, or stands by.
    fn work(&self) {
        let mut buffer = ReadBuffer::default();
        let mut state = lock(&self.state);
        let mut looks = 0;
        while state.lane.closed.is_none() {
            let stuck = state.busy_since.is_some_and(|since| mcp_os::clock::now().since(since) >= SLOW);
            if state.leader.is_none() || stuck {
                looks = 0;
                state = self.lead(state, &mut buffer);
            } else if let Some(request) = state.left_to_others() {
                state = self.run(state, request, false);
                settle(&mut *state);
                state = self.flush(state);
            } else if state.idle > 0 {
                // One standing by is enough.
                break;
            } else {
                looks = if std::mem::take(&mut state.calls) > 0 { 0 } else { looks + 1 };
                let quiet = looks > PATIENCE && state.busy_since.is_none();
                let slept_enough;
                (state, slept_enough) = self.stand_by(state, quiet);
                if slept_enough && state.leader.is_some() && state.busy_since.is_none() && state.requests.is_empty() {
                    break;
                }
            }
        }
        state.threads -= 1;
        drop(self.release(state));
    }

    /// Looks again after a while; one that sleeps, when it is called. Whether it is no longer needed.
    fn stand_by<'a>(&'a self, mut state: MutexGuard<'a, Shared>, sleep: bool) -> (MutexGuard<'a, Shared>, bool) {
        state.idle += 1;
        state.asleep = sleep;
        let (mut state, slept_enough) = if sleep && self.service.stands_by {
            (self.changed.wait(state).unwrap_or_else(PoisonError::into_inner), false)
        } else {
            let time = if sleep { SLEEP } else { SLOW };
            let (state, out) = self.changed.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner);
            (state, sleep && out.timed_out())
        };
        state.idle -= 1;
        state.asleep = false;
        (state, slept_enough)
    }

    /// Reads, runs and writes until the connection is over or another thread has taken the lead.
    fn lead<'a>(&'a self, mut state: MutexGuard<'a, Shared>, buffer: &mut ReadBuffer) -> MutexGuard<'a, Shared> {
        state.leader = Some(here());
        state.busy_since = None;
        if self.service.stands_by && state.idle == 0 && state.threads < THREADS {
            state = self.one_more(state);
        }
        let mut looked = 0;
        while state.is_led_here() && state.lane.closed.is_none() {
            if state.can_run()
                && let Some(request) = state.requests.pop_front()
            {
                state = self.begin(state, request);
                continue;
            }
            if !state.requests.is_empty() {
                // All threads are in handlers. If these are quick, one comes back before more is taken in than may
                // be; if not, what comes next may be a cancellation.
                state = self.changed.wait_timeout(state, SLOW).unwrap_or_else(PoisonError::into_inner).0;
                if state.requests.is_empty() || !state.is_led_here() {
                    continue;
                }
            }
            if take_output(&mut *state) {
                continue;
            }
            state = self.flush(state);
            state = self.release(state);
            if !state.is_led_here() || state.lane.closed.is_some() {
                break;
            }
            if state.lane.machine.has_unread() {
                // Writing has made room for it.
                continue;
            }
            let due = state.lane.machine.poll_timeout();
            let reads = state.lane.machine.wants_read();
            (state.lane.armed, state.reads) = (due, reads);
            if due.is_some_and(|due| state.lane.now >= due) {
                // A peer that always has something to say does not stop the clock.
                let now = state.lane.now;
                state.lane.machine.handle_input(now, Input::Timeout);
                continue;
            }
            // On a busy core the next request is often there by the time an answer is written: looking is cheaper
            // than asking whether to look. Now and then we ask all the same, since others may call.
            let looks = std::mem::take(&mut state.lane.wrote) && reads && looked < LOOKS;
            looked = if looks { looked + 1 } else { 0 };
            drop(state);
            let input = if looks { crate::lane::read(&self.transport, buffer) } else { self.wait(reads, due, buffer) };
            let now = mcp_os::clock::now();
            state = lock(&self.state);
            state.lane.now = now;
            if let Some(input) = input {
                state.lane.machine.handle_input(now, input);
            }
        }
        if state.is_led_here() {
            state.leader = None;
        }
        // Whoever leads now may be waiting to read already: what this thread has to say is its own to write.
        settle(&mut *state);
        self.flush(state)
    }

    /// Waits for bytes or time. The lock is not held.
    fn wait(&self, reads: bool, due: Option<Time>, buffer: &mut ReadBuffer) -> Option<Input<Command>> {
        match self.transport.wait(reads, due) {
            Ok(Wake::Readable) => crate::lane::read(&self.transport, buffer),
            Ok(Wake::Called) => due.is_some_and(|due| mcp_os::clock::now() >= due).then_some(Input::Timeout),
            Ok(Wake::Stop) => Some(Input::Command(Command::Drain { within: lock(&self.state).stop_within })),
            Err(e) => Some(Input::Failed(crate::lane::broken(&e))),
        }
    }

    /// Runs a request on this thread. If that can take long, another thread takes the lead first.
    fn begin<'a>(&'a self, mut state: MutexGuard<'a, Shared>, request: Arc<Request>) -> MutexGuard<'a, Shared> {
        let watched = state.idle > 0;
        if watched {
            state.calls += 1;
            if std::mem::take(&mut state.asleep) {
                self.changed.notify_one();
            }
        }
        self.run(state, request, watched)
    }

    /// Adds a thread. If there is none to be had, this one does what it would have done, later.
    fn one_more<'a>(&'a self, state: MutexGuard<'a, Shared>) -> MutexGuard<'a, Shared> {
        drop(state);
        if let Some(me) = self.me.upgrade() {
            let _ = me.add_thread();
        }
        lock(&self.state)
    }

    /// Runs a request to its end on this thread, and answers it. If it leads, and is not `watched` or knows that
    /// it will take long, it passes the lead on first.
    fn run<'a>(
        &'a self,
        mut state: MutexGuard<'a, Shared>,
        request: Arc<Request>,
        watched: bool,
    ) -> MutexGuard<'a, Shared> {
        let Some(port) = self.me.upgrade() else { return state };
        let call = request.call;
        let (caller, announcer) = (self.service.caller.clone(), self.service.catalog.announcer().clone());
        let context = CallContext::new(request, port, caller, announcer);
        let leads = state.is_led_here();
        // The leader comes here straight from reading, or from the run before.
        let began = if leads { state.lane.now } else { mcp_os::clock::now() };
        state.running.push((call, context.clone()));
        if leads && watched {
            state.busy_since = Some(began);
        } else if leads {
            state = self.pass_lead_on(state);
        }
        drop(state);
        self.tap.show();
        let mut started = self.service.catalog.start(&context, !(leads && watched));
        let mut now = mcp_os::clock::now();
        let took = now.since(began);
        if matches!(started, Started::Elsewhere { .. }) {
            drop(self.pass_lead_on(lock(&self.state)));
            let began = mcp_os::clock::now();
            started = self.service.catalog.start(&context, true);
            now = mcp_os::clock::now();
            self.service.catalog.took(context.request(), now.since(began));
        } else if took > SLOW {
            self.service.catalog.took(context.request(), took);
        }
        let answer = match started {
            Started::Answer(answer) => Some(answer),
            Started::Job(job) => {
                let answer = block_on(job);
                now = mcp_os::clock::now();
                Some(answer)
            }
            // It was asked to begin anywhere.
            Started::Elsewhere { .. } => None,
        };
        let mut state = lock(&self.state);
        state.ended(call);
        if state.is_led_here() {
            state.busy_since = None;
        }
        if let Some(answer) = answer {
            state.lane.input(now, Input::Command(Command::Respond { call, answer }));
        }
        state
    }

    /// Lets another thread lead.
    fn pass_lead_on<'a>(&'a self, mut state: MutexGuard<'a, Shared>) -> MutexGuard<'a, Shared> {
        if state.is_led_here() {
            state.leader = None;
            state.busy_since = None;
        }
        if state.idle > 0 {
            self.changed.notify_one();
            state
        } else {
            self.one_more(state)
        }
    }

    /// What to do when [`Wake::Stop`] comes.
    #[cfg(unix)]
    pub(crate) fn stop_within(&self, deadline: Duration) {
        lock(&self.state).stop_within = deadline;
    }

    #[cfg(unix)]
    pub(crate) fn transport(&self) -> &T {
        &self.transport
    }

    /// Writes what is to be written. What this thread has changed may concern a leader that waits.
    fn flush<'a>(&'a self, state: MutexGuard<'a, Shared>) -> MutexGuard<'a, Shared> {
        let mut state = flush(&self.state, &self.transport, &self.changed, state);
        if self.tap.is_on() {
            drop(state);
            self.tap.show();
            state = lock(&self.state);
        }
        if state.leader.is_some() && !state.is_led_here() && state.concerns_leader() {
            self.transport.wake();
        }
        state
    }

    /// Tells runs that they are not wanted, and everybody that the connection is over: user code, so not
    /// under the lock.
    fn release<'a>(&'a self, mut state: MutexGuard<'a, Shared>) -> MutexGuard<'a, Shared> {
        let over = state.lane.closed.clone();
        if state.unwanted.is_empty() && over.is_none() {
            return state;
        }
        let unwanted = std::mem::take(&mut state.unwanted);
        let place = if over.is_some() { state.place.take() } else { None };
        drop(state);
        for context in unwanted {
            context.cancel();
        }
        if let Some(why) = over {
            self.changed.notify_all();
            conclude(&self.closed, why);
        }
        drop(place);
        lock(&self.state)
    }
}
