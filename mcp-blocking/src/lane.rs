//! A machine and the bytes on their way out, under the lock of its connection. What server and client share.

use crate::transport::Transport;
use bytes::{Buf, Bytes};
use mcp_proto::error::{Closed, Fault};
use mcp_proto::handle::{ReadBuffer, TapQueue};
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::time::Time;
use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// A machine, and what it wants written.
#[derive(Debug)]
pub(crate) struct Lane<M> {
    pub(crate) machine: M,
    /// When somebody looked at the clock last.
    pub(crate) now: Time,
    outgoing: VecDeque<Bytes>,
    /// A thread is writing; it takes along what others add.
    writing: bool,
    /// How often the stream was replaced.
    replaced: u32,
    /// Something was written since the leader looked.
    pub(crate) wrote: bool,
    finish: bool,
    /// When the thread that reads looks at the clock next, while it waits.
    pub(crate) armed: Option<Time>,
    pub(crate) closed: Option<Closed>,
    /// Whoever releases the lock shows what is in it.
    tap: TapQueue,
}

/// What a connection keeps under its lock.
pub(crate) trait State: Send {
    type Machine: Machine;

    /// Whether any thread may look at more of what was read, or only the one that reads.
    const ANY_LOOKS: bool;

    fn lane(&mut self) -> &mut Lane<Self::Machine>;

    /// Takes an event of the machine.
    fn event(&mut self, event: <Self::Machine as Machine>::Event);

    /// The connection is over.
    fn over(&mut self, why: &Closed);

    /// This thread is about to wait until it can write. Reading must not wait with it.
    fn write_blocks(&mut self);

    /// This thread can write again, or never will.
    fn write_goes_on(&mut self);
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<M: Machine> Lane<M> {
    pub(crate) fn new(machine: M, tap: TapQueue) -> Self {
        Self {
            machine,
            now: mcp_os::clock::now(),
            outgoing: VecDeque::new(),
            writing: false,
            replaced: 0,
            wrote: false,
            finish: false,
            armed: None,
            closed: None,
            tap,
        }
    }

    /// Whether something is due before the thread that reads would look at the clock.
    pub(crate) fn due_earlier(&self) -> bool {
        self.machine.poll_timeout().is_some_and(|due| self.armed.is_none_or(|armed| due < armed))
    }

    /// The stream is about to be replaced: what was to be written to it never will be. Whether a thread is still at
    /// writing; what comes of that is nobody's.
    pub(crate) fn replace(&mut self) -> bool {
        self.replaced += 1;
        self.outgoing.clear();
        self.finish = false;
        self.writing
    }

    /// Whether a thread is writing.
    pub(crate) fn is_writing(&self) -> bool {
        self.writing
    }

    /// Gives the machine an input. Nothing is taken out of it yet.
    pub(crate) fn input(&mut self, now: Time, input: Input<M::Command>) {
        self.now = now;
        self.machine.handle_input(now, input);
    }
}

/// Gives the machine an input and takes what it wants done.
pub(crate) fn feed<S: State>(state: &mut S, input: Input<<S::Machine as Machine>::Command>) {
    state.lane().input(mcp_os::clock::now(), input);
    settle(state);
}

/// Takes all that the machine wants done by now.
pub(crate) fn settle<S: State>(state: &mut S) {
    loop {
        let machine = &mut state.lane().machine;
        let output = if S::ANY_LOOKS { machine.poll_output() } else { machine.poll_said() };
        if !take(state, output) {
            return;
        }
    }
}

/// Takes one thing that the machine wants done. Bytes come last, so whoever handles each event before it takes
/// the next has all answers written together.
pub(crate) fn take_output<S: State>(state: &mut S) -> bool {
    let output = state.lane().machine.poll_output();
    take(state, output)
}

fn take<S: State>(state: &mut S, output: Option<Output<<S::Machine as Machine>::Event>>) -> bool {
    match output {
        None => return false,
        Some(Output::Event(event)) => state.event(event),
        Some(Output::Frame(frame)) => state.lane().tap.push(frame),
        Some(Output::Write(bytes)) => state.lane().outgoing.push_back(bytes),
        Some(Output::Finish) => state.lane().finish = true,
        Some(Output::Closed(why)) => {
            state.over(&why);
            state.lane().closed = Some(why);
        }
    }
    true
}

pub(crate) fn broken(error: &io::Error) -> Fault {
    Fault::Broken(error.to_string())
}

/// Writes what is to be written, unless another thread is doing so. The lock is not held while writing. When
/// this thread has to wait for that, the `others` are told: one of them may have to read.
pub(crate) fn flush<'a, S: State>(
    mutex: &'a Mutex<S>,
    transport: &dyn Transport,
    others: &Condvar,
    mut state: MutexGuard<'a, S>,
) -> MutexGuard<'a, S> {
    if state.lane().closed.is_some() {
        transport.close();
    }
    if state.lane().writing {
        return state;
    }
    while let Some(mut bytes) = state.lane().outgoing.pop_front() {
        state.lane().writing = true;
        let replaced = state.lane().replaced;
        drop(state);
        let outcome = transport.write(&bytes);
        state = lock(mutex);
        if state.lane().replaced != replaced {
            state.lane().writing = false;
            others.notify_all();
            continue;
        }
        let input = match outcome {
            Ok(n) if n == bytes.len() => {
                // All at once: no time has passed that the machine would care about.
                state.lane().writing = false;
                state.lane().wrote = true;
                let now = state.lane().now;
                state.lane().input(now, Input::Written(n));
                settle(&mut *state);
                continue;
            }
            Ok(n) if n > 0 => {
                bytes.advance(n.min(bytes.len()));
                Input::Written(n)
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Input::Written(0),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                state.write_blocks();
                let due = state.lane().machine.poll_timeout();
                others.notify_all();
                drop(state);
                let waited = transport.wait_writable(due);
                state = lock(mutex);
                state.write_goes_on();
                let now = mcp_os::clock::now();
                state.lane().now = now;
                if state.lane().replaced != replaced {
                    state.lane().writing = false;
                    others.notify_all();
                    continue;
                }
                match waited {
                    Err(e) => Input::WriteFailed(broken(&e)),
                    Ok(()) if due.is_some_and(|due| now >= due) => Input::Timeout,
                    Ok(()) => Input::Written(0),
                }
            }
            Ok(_) => Input::WriteFailed(Fault::Broken("the stream takes no bytes".to_owned())),
            Err(e) => Input::WriteFailed(broken(&e)),
        };
        if matches!(input, Input::WriteFailed(_)) {
            state.lane().outgoing.clear();
        } else if !bytes.is_empty() {
            state.lane().outgoing.push_front(bytes);
        }
        state.lane().writing = false;
        if !matches!(input, Input::Written(0)) {
            feed(&mut *state, input);
        }
        if state.lane().closed.is_some() {
            state.lane().outgoing.clear();
        }
    }
    if std::mem::take(&mut state.lane().finish) {
        transport.finish();
    }
    if state.lane().closed.is_some() {
        transport.close();
    }
    state
}

/// Reads what is there. The lock is not held.
pub(crate) fn read<C>(transport: &dyn Transport, buffer: &mut ReadBuffer) -> Option<Input<C>> {
    match transport.read(buffer.room()) {
        Ok(0) => Some(Input::ReadEnd(transport.end_reason())),
        Ok(n) => Some(Input::Read(buffer.filled(n))),
        Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => None,
        Err(e) => Some(Input::Failed(broken(&e))),
    }
}
