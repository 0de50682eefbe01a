//! Runs a server over a [`Link`]: reads, runs handlers where it stands, writes.
//!
//! A hop between tasks costs as much as a whole small call, so a handler is polled once right where its
//! request was read. Only one that is not ready by then becomes a task.

use super::affinity::SendFuture;
use super::announcer::Announced;
use super::backlog::Backlog;
use super::caller::Caller;
use super::catalog::{Dispatch, SLOW, Started};
use super::context::{CallContext, Responder, ServerPort};
use super::serving::{Serving, conclude};
use crate::binding::Queue;
use crate::error::Closed;
use crate::handle::jobs::Jobs;
use crate::handle::link::{Io, Link, Turn};
use crate::handle::sync::{Once, lock};
use crate::handle::tap::TapQueue;
use crate::machine::{Input, Machine as _};
use crate::server::{Answer, CallId, Command, Config, Connection, Event, Request};
use crate::stats::Stats;
use crate::time::Time;
use rustc_hash::FxHashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};

/// Puts a future on the runtime's executor.
pub type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;

/// Runs something on a thread that may block.
pub type SpawnBlocking = fn(Box<dyn FnOnce() + Send>);

/// Where runs go that should not hold up reading.
#[derive(Clone)]
pub struct Executor {
    /// Those that wait for something.
    pub spawn: Spawn,
    /// Those that block a thread.
    pub spawn_blocking: SpawnBlocking,
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor").finish_non_exhaustive()
    }
}

/// How many events are handled before others get a turn on this thread.
const BURST: usize = 256;
/// How many of these an event counts for that made a task: the tasks are among the others.
const TASK: usize = 16;

/// What a driver and the handlers' contexts share.
struct Shared<L> {
    inner: Mutex<Inner<L>>,
    tap: TapQueue,
}

/// Made when it is first needed, and given up when it is empty.
type Running = FxHashMap<CallId, Arc<CallContext>>;

struct Inner<L> {
    machine: Connection,
    io: Io<L>,
    /// Events that came up while somebody else than the driver wrote.
    events: Queue<Event>,
    closed: Option<Box<Closed>>,
    /// Runs that go on, and how to tell them that they are not wanted.
    running: Option<Box<Running>>,
}

impl<L> Inner<L> {
    /// A run has ended, or is not wanted any more.
    fn ended(&mut self, call: &CallId) -> Option<Arc<CallContext>> {
        let running = self.running.as_mut()?;
        let context = running.remove(call);
        if running.is_empty() {
            self.running = None;
        }
        context
    }
}

impl<L: Link + Send> ServerPort for Shared<L> {
    fn now(&self) -> Time {
        lock(&self.inner).io.now()
    }

    fn command(&self, command: Command) {
        let driver = {
            let mut guard = lock(&self.inner);
            let inner = &mut *guard;
            if let Command::Respond { call, .. } = &command {
                inner.ended(call);
            }
            let now = inner.io.now();
            inner.machine.handle_input(now, Input::Command(command));
            let mut driver = None;
            loop {
                let (turn, waker) = inner.io.help(&mut inner.machine);
                match turn {
                    Turn::Event(event) => inner.events.push(event),
                    Turn::Closed(why) => inner.closed = Some(Box::new(why)),
                    Turn::Idle => {
                        driver = driver.or(waker);
                        break;
                    }
                }
                driver = inner.io.driver();
            }
            driver
        };
        self.tap.show();
        if let Some(driver) = driver {
            driver.wake();
        }
    }

    fn stats(&self) -> Stats {
        lock(&self.inner).machine.stats()
    }
}

/// Serves one connection. A future: somebody has to run it, a task of its own or the caller. It ends with the
/// connection. Dropping it drops the connection and every run it keeps.
pub struct ServerDriver<D: Dispatch, L: Link + Send + 'static> {
    shared: Arc<Shared<L>>,
    port: Arc<dyn ServerPort>,
    dispatch: Arc<D>,
    /// Those that it keeps here; most keep none.
    jobs: Option<Box<Jobs<Kept<D::Job>>>>,
    /// `None` keeps every run here.
    elsewhere: Option<Elsewhere<D>>,
    closed: Arc<Once<Box<Closed>>>,
    caller: Option<Arc<Caller>>,
    /// It is told of changes as long as this is here.
    _announced: Option<Announced>,
}

/// Where runs go that should not hold up reading.
struct Elsewhere<D: Dispatch> {
    executor: Executor,
    dispatch: Arc<D>,
    /// Made when it is first needed.
    backlog: OnceLock<Backlog>,
    start: fn(&Self, Arc<CallContext>, bool),
    keep: fn(&Spawn, D::Job, Responder),
}

/// A run the driver keeps, and who answers for it.
struct Kept<J> {
    job: J,
    responder: Option<Responder>,
}

impl<J: Future<Output = Answer> + Unpin> Future for Kept<J> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Poll::Ready(answer) = Pin::new(&mut self.job).poll(cx) else { return Poll::Pending };
        if let Some(responder) = self.responder.take() {
            responder.answer(answer);
        }
        Poll::Ready(())
    }
}

impl<D: Dispatch, L: Link + Send + 'static> ServerDriver<D, L> {
    /// A driver that keeps all runs on the thread that polls it. `caller` is who is at the other end, where that is
    /// known.
    pub fn new(config: Arc<Config>, dispatch: Arc<D>, link: L, caller: Option<Arc<Caller>>) -> (Self, Serving) {
        let tap = TapQueue::new(config.tap.as_ref());
        let tells = config.tells_of_changes();
        let principal = caller.as_ref().and_then(|caller| caller.principal.clone());
        let inner = Inner {
            machine: Connection::for_caller(config, principal),
            io: Io::new(link, tap.clone()),
            events: Queue::new(),
            closed: None,
            running: None,
        };
        let shared = Arc::new(Shared { inner: Mutex::new(inner), tap });
        let port: Arc<dyn ServerPort> = shared.clone();
        let closed = Once::new();
        let serving = Serving::new(port.clone(), closed.clone());
        let _announced = tells.then(|| dispatch.announcer().add(&port));
        let driver = Self { shared, port, dispatch, jobs: None, elsewhere: None, closed, caller, _announced };
        (driver, serving)
    }

    /// The next event, and the time of what came last: a read, or the end of a run before.
    fn next(&self, cx: &mut Context<'_>) -> (Turn<Event>, Time) {
        let mut guard = lock(&self.shared.inner);
        let inner = &mut *guard;
        inner.io.driven_by(cx.waker());
        let turn = if let Some(event) = inner.events.pop() {
            Turn::Event(event)
        } else if let Some(why) = inner.closed.take() {
            Turn::Closed(*why)
        } else {
            inner.io.turn(cx, &mut inner.machine)
        };
        (turn, inner.io.last())
    }

    /// Runs a request. Whether it made a task.
    fn request(&mut self, request: Arc<Request>, began: Time) -> bool {
        let announcer = self.dispatch.announcer().clone();
        let context = CallContext::new(request, self.port.clone(), self.caller.clone(), announcer);
        let call = context.request.call;
        let started = self.dispatch.start(&context, self.elsewhere.is_none());
        let mut guard = lock(&self.shared.inner);
        let now = guard.io.now();
        let answer = match started {
            Started::Answer(answer) => {
                guard.machine.handle_input(now, Input::Command(Command::Respond { call, answer }));
                None
            }
            started => {
                guard.running.get_or_insert_default().insert(call, context.clone());
                Some(started)
            }
        };
        drop(guard);
        if now.since(began) > SLOW {
            self.dispatch.took(&context.request, now.since(began));
        }
        match (answer, &self.elsewhere) {
            (Some(Started::Job(job)), Some(elsewhere)) => {
                (elsewhere.keep)(&elsewhere.executor.spawn, job, Responder::new(&context));
            }
            (Some(Started::Job(job)), None) => {
                self.jobs
                    .get_or_insert_with(|| Box::new(Jobs::new()))
                    .push(Kept { job, responder: Some(Responder::new(&context)) });
            }
            (Some(Started::Elsewhere { blocking }), Some(elsewhere)) => {
                (elsewhere.start)(elsewhere, context, blocking);
            }
            _ => return false,
        }
        true
    }

    fn cancelled(&self, call: CallId) {
        let context = lock(&self.shared.inner).ended(&call);
        if let Some(context) = context {
            context.cancel();
        }
    }
}

impl<D, L> ServerDriver<D, L>
where
    D: Dispatch<Job = super::catalog::Job<SendFuture>> + Send + Sync + 'static,
    L: Link + Send + 'static,
{
    /// Lets runs that go on become tasks, and slow ones begin as tasks or on a thread that may block.
    #[must_use]
    pub fn spawning(mut self, executor: Executor) -> Self {
        let dispatch = self.dispatch.clone();
        self.elsewhere = Some(Elsewhere {
            executor,
            dispatch,
            backlog: OnceLock::new(),
            start: |elsewhere, context, blocking| {
                let dispatch = elsewhere.dispatch.clone();
                let unbegun = elsewhere.backlog.get_or_init(Backlog::default).add();
                let begin = move || {
                    drop(unbegun);
                    let responder = Responder::new(&context);
                    let began = context.now();
                    let started = dispatch.start(&context, true);
                    dispatch.took(&context.request, context.now().since(began));
                    match started {
                        Started::Answer(answer) => {
                            responder.answer(answer);
                            None
                        }
                        Started::Job(job) => Some((job, responder)),
                        // It was asked to begin anywhere.
                        Started::Elsewhere { .. } => None,
                    }
                };
                let spawn = &elsewhere.executor.spawn;
                if blocking {
                    let spawn = spawn.clone();
                    (elsewhere.executor.spawn_blocking)(Box::new(move || {
                        if let Some((job, responder)) = begin() {
                            spawn(Box::pin(async move { responder.answer(job.await) }));
                        }
                    }));
                } else {
                    spawn(Box::pin(async move {
                        if let Some((job, responder)) = begin() {
                            responder.answer(job.await);
                        }
                    }));
                }
            },
            keep: |spawn, job, responder| spawn(Box::pin(async move { responder.answer(job.await) })),
        });
        self
    }
}

impl<D: Dispatch, L: Link + Send + Unpin + 'static> Future for ServerDriver<D, L> {
    type Output = Closed;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        let this = &mut *self;
        let mut spent = 0;
        while spent < BURST {
            spent += 1;
            if let Some(backlog) = this.elsewhere.as_ref().and_then(|elsewhere| elsewhere.backlog.get())
                && backlog.poll_room(cx).is_pending()
            {
                return Poll::Pending;
            }
            let (turn, now) = this.next(cx);
            this.shared.tap.show();
            match turn {
                Turn::Event(Event::Request(request)) => {
                    if this.request(request, now) {
                        spent += TASK;
                    }
                }
                Turn::Event(Event::Cancelled { call }) => this.cancelled(call),
                // Nobody listens to these here; a gateway drives the machine by itself.
                Turn::Event(Event::Notification { .. }) => lock(&this.shared.inner).machine.notification_dropped(),
                Turn::Event(Event::Violation(_)) => {}
                Turn::Closed(why) => {
                    let link = lock(&this.shared.inner).io.retire();
                    drop(link);
                    conclude(&this.closed, why.clone());
                    return Poll::Ready(why);
                }
                Turn::Idle => {
                    let jobs = this.jobs.as_mut().filter(|jobs| !jobs.is_empty());
                    if jobs.is_none_or(|jobs| jobs.poll_next(cx).is_pending()) {
                        return Poll::Pending;
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<D: Dispatch, L: Link + Send + 'static> Drop for ServerDriver<D, L> {
    /// Runs elsewhere learn that nobody waits for them.
    fn drop(&mut self) {
        let (running, link): (Vec<Arc<CallContext>>, _) = {
            let mut inner = lock(&self.shared.inner);
            (inner.running.take().map(|running| running.into_values().collect()).unwrap_or_default(), inner.io.retire())
        };
        drop(link);
        for context in running {
            context.cancel();
        }
        conclude(&self.closed, Closed::ByUs);
    }
}

impl<D: Dispatch, L: Link + Send + 'static> fmt::Debug for ServerDriver<D, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerDriver").finish_non_exhaustive()
    }
}
