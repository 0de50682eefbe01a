//! Runs a client over a [`Link`].

use super::builder::ClientBuilder;
use super::callbacks::{AnswerFuture, Callbacks};
use super::connected::{Awaited, Client, Port};
use super::pending::{Listeners, Pending, Released, Slot, Todo};
use crate::client::{AskId, CallId, CallRequest, Command, Connection};
use crate::error::{Closed, Fault, RefusedCall};
use crate::handle::jobs::Jobs;
use crate::handle::link::{Io, Link, Turn};
use crate::handle::sync::lock;
use crate::handle::tap::TapQueue;
use crate::machine::{Input, Machine as _};
use crate::rpc::{ErrorObject, Raw};
use crate::stats::{Stats, Timing};
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread::ThreadId;
use std::time::Duration;

const BURST: usize = 256;

struct Shared<L> {
    inner: Mutex<Inner<L>>,
    tap: TapQueue,
}

struct Inner<L> {
    machine: Connection,
    pending: Pending,
    io: Io<L>,
    /// What came up while somebody else than the driver wrote, and is the driver's to do.
    todo: VecDeque<Todo>,
    ended: Option<Closed>,
    /// The thread that drives, while it does.
    driven_on: Option<ThreadId>,
}

impl<L: Link + Send> Inner<L> {
    /// Takes what came and writes what is to be written. With `looks`, the driver's waker, what can be read is
    /// read as well, until something that somebody waits for has come.
    fn settle(&mut self, mut looks: Option<Waker>) -> Released {
        let mut released = Released::default();
        // What the driver has to do first comes first: a listener hears of progress before its call ends.
        while self.todo.is_empty() {
            let turn = match &looks {
                Some(driver) => self.io.turn(&mut Context::from_waker(driver), &mut self.machine),
                None => {
                    let (turn, driver) = self.io.help(&mut self.machine);
                    driver.into_iter().for_each(|driver| released.add_waker(driver));
                    turn
                }
            };
            let todo = match turn {
                Turn::Event(event) => self.pending.absorb(event),
                Turn::Closed(why) => {
                    let ended = self.pending.ended(&why);
                    self.ended = Some(why);
                    Todo::Release(ended)
                }
                Turn::Idle => break,
            };
            match todo {
                Todo::Release(more) => {
                    released.add(more);
                    looks = None;
                }
                Todo::Nothing => {}
                todo => self.todo.push_back(todo),
            }
        }
        if !self.todo.is_empty() || self.ended.is_some() {
            self.io.driver().into_iter().for_each(|driver| released.add_waker(driver));
        }
        released
    }
}

impl<L: Link + Send> Shared<L> {
    /// Does something to the machine and sends what can be sent.
    fn with<R>(&self, act: impl FnOnce(&mut Pending) -> (R, Command)) -> R {
        let (result, released) = {
            let mut guard = lock(&self.inner);
            let inner = &mut *guard;
            let (result, command) = act(&mut inner.pending);
            inner.machine.handle_input(inner.io.now(), Input::Command(command));
            (result, inner.settle(None))
        };
        self.tap.show();
        released.release();
        result
    }
}

impl<L: Link + Send> Port for Shared<L> {
    fn begin(&self, request: CallRequest, listeners: Listeners) -> (CallId, Arc<Slot>) {
        self.with(|pending| {
            let (call, slot) = pending.begin(&listeners);
            ((call, slot), Command::Call { call, request })
        })
    }

    fn look(&self) {
        // Whoever has the lock is looking, or will.
        let Ok(mut inner) = self.inner.try_lock() else { return };
        let Some(driver) = inner.io.driver() else { return };
        let released = inner.settle(Some(driver));
        drop(inner);
        self.tap.show();
        released.release();
    }

    fn command(&self, command: Command) {
        self.with(|_| ((), command));
    }

    fn stats(&self) -> Stats {
        let inner = lock(&self.inner);
        let mut stats = inner.machine.stats();
        stats.notifications_dropped += inner.pending.dropped();
        stats
    }

    fn timing(&self, call: CallId) -> Option<Timing> {
        lock(&self.inner).machine.session().timing(call)
    }

    fn wait(&self, awaited: &dyn Awaited, timeout: Option<Duration>) -> Result<(), RefusedCall> {
        if awaited.is_there() {
            return Ok(());
        }
        if lock(&self.inner).driven_on == Some(std::thread::current().id()) {
            return Err(RefusedCall::OwnThread);
        }
        awaited.block(timeout);
        Ok(())
    }
}

/// Drives one connection of a client. A future: somebody has to run it, usually a task of its own. It ends
/// with the connection. Dropping it drops the connection, and every pending call fails.
pub struct ClientDriver<L: Link + Send + 'static> {
    shared: Arc<Shared<L>>,
    callbacks: Callbacks,
    answers: Jobs<Answering>,
    fresh: Option<Fresh<L>>,
}

/// Makes a fresh stream to the same server, in the place of one that has ended.
pub type Fresh<L> = Box<dyn FnMut() -> Result<L, Fault> + Send>;

/// A question that is being answered.
struct Answering {
    ask: AskId,
    answer: AnswerFuture,
}

impl Future for Answering {
    type Output = (AskId, Result<Raw, ErrorObject>);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let ask = self.ask;
        self.answer.as_mut().poll(cx).map(|answer| (ask, answer))
    }
}

impl<L: Link + Send + 'static> ClientDriver<L> {
    /// A driver, and the client it drives. The first message goes out when the driver first runs.
    pub fn new(builder: ClientBuilder, link: L) -> (Self, Client) {
        Self::with(builder, link, None)
    }

    /// As [`new`](Self::new), for a server that can be started afresh when it has ended: where it seems to have died
    /// of the probe, and as often as [`Config::restarts`](crate::client::Config::restarts) says.
    pub fn reopening(builder: ClientBuilder, link: L, fresh: Fresh<L>) -> (Self, Client) {
        Self::with(builder.reopens(), link, Some(fresh))
    }

    fn with(builder: ClientBuilder, link: L, fresh: Option<Fresh<L>>) -> (Self, Client) {
        let (config, callbacks) = builder.into_parts();
        let deadline = config.timeouts.request;
        let tap = TapQueue::new(config.tap.as_ref());
        let machine = Connection::new(config, link.now());
        let pending = Pending::new(&callbacks);
        let (opened, closed) = (pending.opened(), pending.closed());
        let io = Io::new(link, tap.clone());
        let inner = Inner { machine, pending, io, todo: VecDeque::new(), ended: None, driven_on: None };
        let shared = Arc::new(Shared { inner: Mutex::new(inner), tap });
        let client = Client::new(shared.clone(), opened, closed, deadline);
        (Self { shared, callbacks, answers: Jobs::new(), fresh }, client)
    }

    fn next(&self, cx: &mut Context<'_>) -> Next {
        let mut guard = lock(&self.shared.inner);
        let inner = &mut *guard;
        inner.io.driven_by(cx.waker());
        if let Some(todo) = inner.todo.pop_front() {
            return Next::Do(todo);
        }
        if let Some(why) = inner.ended.take() {
            return Next::Ended(why, Released::default());
        }
        match inner.io.turn(cx, &mut inner.machine) {
            Turn::Event(event) => Next::Do(inner.pending.absorb(event)),
            Turn::Closed(why) => {
                let released = inner.pending.ended(&why);
                Next::Ended(why, released)
            }
            Turn::Idle => Next::Idle,
        }
    }

    fn act(&mut self, todo: Todo) {
        match todo {
            Todo::Release(released) => released.release(),
            Todo::Progress(tell, progress) => tell(progress),
            Todo::Update(tell, method, params) => tell(method, params),
            Todo::Reopen => self.reopen(),
            Todo::Ask { ask, method, params, revision } => {
                self.answers.push(Answering { ask, answer: self.callbacks.answer(&method, &params, revision) });
            }
            Todo::Withdraw(ask) => self.answers.remove(|answering| answering.ask == ask),
            Todo::Nothing => {}
        }
    }
}

impl<L: Link + Send + 'static> ClientDriver<L> {
    /// Puts a fresh stream in the place of the one that has ended.
    fn reopen(&mut self) {
        let made = match &mut self.fresh {
            Some(fresh) => fresh(),
            None => Err(Fault::Broken("this stream can't be replaced".to_owned())),
        };
        let (result, old) = match made {
            Ok(link) => (Ok(()), lock(&self.shared.inner).io.replace(link)),
            Err(fault) => (Err(fault), None),
        };
        drop(old);
        self.shared.command(Command::Reopened(result));
    }
}

enum Next {
    Do(Todo),
    Ended(Closed, Released),
    Idle,
}

impl<L: Link + Send + Unpin + 'static> Future for ClientDriver<L> {
    type Output = Closed;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        let this = &mut *self;
        lock(&this.shared.inner).driven_on = Some(std::thread::current().id());
        let polled = this.drive(cx);
        lock(&this.shared.inner).driven_on = None;
        polled
    }
}

impl<L: Link + Send + 'static> ClientDriver<L> {
    fn drive(&mut self, cx: &mut Context<'_>) -> Poll<Closed> {
        for _ in 0..BURST {
            let next = self.next(cx);
            self.shared.tap.show();
            match next {
                Next::Do(todo) => self.act(todo),
                Next::Ended(why, released) => {
                    let link = lock(&self.shared.inner).io.retire();
                    drop(link);
                    released.release();
                    return Poll::Ready(why);
                }
                Next::Idle => {
                    if self.answers.is_empty() {
                        return Poll::Pending;
                    }
                    let Poll::Ready((ask, answer)) = self.answers.poll_next(cx) else { return Poll::Pending };
                    self.shared.command(Command::Answer { ask, answer });
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<L: Link + Send + 'static> Drop for ClientDriver<L> {
    fn drop(&mut self) {
        let (released, link) = {
            let mut inner = lock(&self.shared.inner);
            (inner.pending.ended(&Closed::ByUs), inner.io.retire())
        };
        drop(link);
        released.release();
    }
}

impl<L: Link + Send + 'static> fmt::Debug for ClientDriver<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientDriver").finish_non_exhaustive()
    }
}
