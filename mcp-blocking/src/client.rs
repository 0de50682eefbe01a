//! A client on threads: whoever waits for an answer reads for everybody meanwhile.
//!
//! A thread of the connection's own reads while nobody waits. It looks every millisecond while calls come and
//! goes to read only when no one else has for that long, so a thread that calls again and again reads its
//! answers itself, without a hop.

use crate::lane::{Lane, State, feed, flush, lock, settle};
use crate::park::block_on;
use crate::transport::{IntoTransport, Transport, Wake};
use mcp_proto::client::{AskId, CallId, CallRequest, Command, Connection, Event};
use mcp_proto::error::{Closed, RefusedCall};
use mcp_proto::handle::client::{
    Awaited, Callbacks, Client, ClientBuilder, Listeners, Pending, Port, Released, Slot, Todo,
};
use mcp_proto::handle::{ReadBuffer, TapQueue};
use mcp_proto::machine::{Input, Machine as _};
use mcp_proto::rpc::{ErrorObject, INTERNAL_ERROR};
use mcp_proto::stats::{Stats, Timing};
use mcp_proto::time::Time;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{ThreadId, current};
use std::time::Duration;

/// How long nobody may read before the connection's own thread does.
const UNREAD: Duration = Duration::from_millis(1);

/// Connects over a stream.
///
/// # Errors
/// The operating system gave no descriptors or no thread.
pub fn connect<T: IntoTransport>(client: ClientBuilder, stream: T) -> io::Result<Client> {
    connect_transport(client, stream.into_transport()?)
}

pub(crate) fn connect_transport(client: ClientBuilder, transport: impl Transport) -> io::Result<Client> {
    let (config, callbacks) = client.into_parts();
    let deadline = config.timeouts.request;
    let tap = TapQueue::new(config.tap.as_ref());
    let pending = Pending::new(&callbacks);
    let (opened, closed) = (pending.opened(), pending.closed());
    let mut shared = Shared {
        lane: Lane::new(Connection::new(config, mcp_os::clock::now()), tap.clone()),
        pending,
        todo: VecDeque::new(),
        released: Released::default(),
        leader: None,
        buffer: ReadBuffer::default(),
        own_leads: false,
        waiting: 0,
        turns: 0,
        news: false,
    };
    settle(&mut shared);
    let connected = Arc::new_cyclic(|me| Connected {
        state: Mutex::new(shared),
        changed: Condvar::new(),
        transport,
        callbacks,
        tap,
        me: me.clone(),
    });
    let reader = connected.clone();
    std::thread::Builder::new().name("mcp-client".to_owned()).spawn(move || reader.read_while_nobody_does())?;
    Ok(Client::new(connected, opened, closed, deadline))
}

/// A connected client; its thread and the callers share it.
struct Connected<T> {
    state: Mutex<Shared>,
    /// An answer came, or the lead is free, or the connection is over.
    changed: Condvar,
    transport: T,
    callbacks: Callbacks,
    tap: TapQueue,
    /// For threads that answer questions.
    me: Weak<Self>,
}

struct Shared {
    lane: Lane<Connection>,
    pending: Pending,
    /// What is to be done when the lock is released: other people's code.
    todo: VecDeque<Todo>,
    released: Released,
    /// Which thread reads.
    leader: Option<ThreadId>,
    /// The leader takes it. One that lost the lead while it could not write still has it; the next begins anew.
    buffer: ReadBuffer,
    /// The connection's own thread reads.
    own_leads: bool,
    /// Threads that wait for something and do not read.
    waiting: usize,
    /// How often somebody took the lead.
    turns: u64,
    /// Something has come that a waiting thread may wait for.
    news: bool,
}

impl State for Shared {
    type Machine = Connection;
    const ANY_LOOKS: bool = true;

    fn lane(&mut self) -> &mut Lane<Connection> {
        &mut self.lane
    }

    fn event(&mut self, event: Event) {
        self.news = true;
        match self.pending.absorb(event) {
            Todo::Release(released) => self.released.add(released),
            Todo::Nothing => {}
            todo => self.todo.push_back(todo),
        }
    }

    fn over(&mut self, why: &Closed) {
        self.news = true;
        let released = self.pending.ended(why);
        self.released.add(released);
    }

    fn write_blocks(&mut self) {
        if self.leader == Some(current().id()) {
            self.leader = None;
        }
    }

    fn write_goes_on(&mut self) {}
}

impl<T: Transport> Port for Connected<T> {
    fn begin(&self, request: CallRequest, listeners: Listeners) -> (CallId, Arc<Slot>) {
        let mut state = lock(&self.state);
        let (call, slot) = state.pending.begin(&listeners);
        feed(&mut *state, Input::Command(Command::Call { call, request }));
        self.after(state);
        (call, slot)
    }

    fn command(&self, command: Command) {
        let mut state = lock(&self.state);
        feed(&mut *state, Input::Command(command));
        self.after(state);
    }

    fn stats(&self) -> Stats {
        let state = lock(&self.state);
        let mut stats = state.lane.machine.stats();
        stats.notifications_dropped += state.pending.dropped();
        stats
    }

    fn timing(&self, call: CallId) -> Option<Timing> {
        lock(&self.state).lane.machine.session().timing(call)
    }

    fn wait(&self, awaited: &dyn Awaited, timeout: Option<Duration>) -> Result<(), RefusedCall> {
        let until = timeout.map(|timeout| mcp_os::clock::now().after(timeout));
        let mut state = lock(&self.state);
        if state.leader.is_some_and(|leader| leader == current().id()) && !awaited.is_there() {
            return Err(RefusedCall::OwnThread);
        }
        loop {
            let late = until.is_some_and(|until| mcp_os::clock::now() >= until);
            if awaited.is_there() || late {
                return Ok(());
            }
            state = if state.leader.is_none() && state.lane.closed.is_none() {
                self.lead(state, until, |_| awaited.is_there())
            } else {
                self.stand_aside(state, until)
            };
        }
    }
}

impl<T: Transport> Connected<T> {
    /// After something was said: writes it, and lets those who wait look again if there is need.
    fn after(&self, state: MutexGuard<'_, Shared>) {
        let mut state = flush(&self.state, &self.transport, &self.changed, state);
        let news = std::mem::take(&mut state.news);
        if state.leader.is_some() && (news || state.lane.due_earlier()) {
            self.transport.wake();
        }
        if news && state.waiting > 0 {
            self.changed.notify_all();
        }
        drop(self.release(state));
    }

    /// Waits for another thread to read, or to leave the lead.
    fn stand_aside<'a>(&'a self, mut state: MutexGuard<'a, Shared>, until: Option<Time>) -> MutexGuard<'a, Shared> {
        state.waiting += 1;
        if state.own_leads {
            // The connection's own thread leaves the lead to whoever waits.
            self.transport.wake();
        }
        let mut state = match until {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.since(mcp_os::clock::now());
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.waiting -= 1;
        state
    }

    /// Reads for everybody until it is `enough` or `until`, or the connection is over.
    fn lead<'a>(
        &'a self,
        mut state: MutexGuard<'a, Shared>,
        until: Option<Time>,
        enough: impl Fn(&Shared) -> bool,
    ) -> MutexGuard<'a, Shared> {
        let me = Some(current().id());
        state.leader = me;
        state.turns += 1;
        let mut buffer = std::mem::take(&mut state.buffer);
        // Where both share a core, the peer has often answered before our write came back: the first look waits
        // for nothing.
        let mut waits = false;
        loop {
            state = flush(&self.state, &self.transport, &self.changed, state);
            state = self.release(state);
            let late = until.is_some_and(|until| mcp_os::clock::now() >= until);
            if state.lane.closed.is_some() || state.leader != me || late || enough(&state) {
                break;
            }
            let reads = state.lane.machine.wants_read();
            let mut due = None;
            let wake = if std::mem::replace(&mut waits, true) || !reads {
                due = state.lane.machine.poll_timeout();
                state.lane.armed = due;
                drop(state);
                self.transport.wait(reads, [due, until].into_iter().flatten().min())
            } else {
                drop(state);
                Ok(Wake::Readable)
            };
            let input = match wake {
                Ok(Wake::Readable) => crate::lane::read(&self.transport, &mut buffer),
                Ok(Wake::Called | Wake::Stop) => None,
                Err(e) => Some(Input::Failed(crate::lane::broken(&e))),
            };
            state = lock(&self.state);
            if let Some(input) = input {
                feed(&mut *state, input);
            }
            if due.is_some_and(|due| mcp_os::clock::now() >= due) {
                feed(&mut *state, Input::Timeout);
            }
            if std::mem::take(&mut state.news) && state.waiting > 0 {
                self.changed.notify_all();
            }
        }
        if state.leader == me {
            state.leader = None;
            state.buffer = buffer;
        }
        if state.waiting > 0 {
            self.changed.notify_all();
        }
        state
    }

    /// What the connection's own thread does.
    fn read_while_nobody_does(&self) {
        let mut state = lock(&self.state);
        let mut seen = None;
        while state.lane.closed.is_none() {
            let unread = state.leader.is_none() && seen == Some(state.turns);
            if unread {
                state.own_leads = true;
                state = self.lead(state, None, |state| state.waiting > 0);
                state.own_leads = false;
            }
            seen = Some(state.turns);
            if state.lane.closed.is_none() {
                state = self.changed.wait_timeout(state, UNREAD).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        drop(self.release(state));
    }

    /// Does what is other people's code, without the lock.
    fn release<'a>(&'a self, mut state: MutexGuard<'a, Shared>) -> MutexGuard<'a, Shared> {
        if self.tap.is_on() {
            drop(state);
            self.tap.show();
            state = lock(&self.state);
        }
        loop {
            if state.released.is_empty() && state.todo.is_empty() {
                return state;
            }
            let over = state.lane.closed.is_some();
            let released = std::mem::take(&mut state.released);
            let todo = std::mem::take(&mut state.todo);
            drop(state);
            released.release();
            for todo in todo {
                self.act(todo);
            }
            state = lock(&self.state);
            if over {
                self.changed.notify_all();
            }
        }
    }

    fn act(&self, todo: Todo) {
        match todo {
            Todo::Release(released) => released.release(),
            Todo::Progress(tell, progress) => tell(progress),
            Todo::Update(tell, method, params) => tell(method, params),
            Todo::Reopen => self.reopen(),
            Todo::Ask { ask, method, params, revision } => {
                let answer = self.callbacks.answer(&method, &params, revision);
                let Some(me) = self.me.upgrade() else { return };
                // A person may take minutes, and this thread reads. As many questions are open as the core
                // allows.
                let spawned = std::thread::Builder::new().name("mcp-answer".to_owned()).spawn(move || {
                    let answer = block_on(answer);
                    me.command(Command::Answer { ask, answer });
                });
                if spawned.is_err() {
                    self.refuse(ask);
                }
            }
            // Its thread ends by itself, and the machine ignores what it says.
            Todo::Withdraw(_) | Todo::Nothing => {}
        }
    }

    /// Puts a fresh stream in the place of the one that has ended.
    fn reopen(&self) {
        let mut state = lock(&self.state);
        let mut writing = state.lane.replace();
        while writing {
            // It waits for a stream that takes nothing any more.
            self.transport.close();
            state = self.changed.wait_timeout(state, UNREAD).unwrap_or_else(PoisonError::into_inner).0;
            writing = state.lane.is_writing();
        }
        drop(state);
        let result = self.transport.reopen().map_err(|e| crate::lane::broken(&e));
        self.command(Command::Reopened(result));
    }

    fn refuse(&self, ask: AskId) {
        let error = ErrorObject::new(INTERNAL_ERROR, "no thread to answer the question on");
        self.command(Command::Answer { ask, answer: Err(error) });
    }
}
