//! Runs a server over a [`Link`]: reads, runs handlers where it stands, writes.
//!
//! A hop between tasks costs as much as a whole small call, so a handler is polled once right where its
//! request was read. Only one that is not ready by then becomes a task.

use super::catalog::{Dispatch, Place};
use super::context::{CallContext, Cancelled, Responder, ServerPort};
use super::handler::SendFuture;
use super::serving::Serving;
use crate::error::Closed;
use crate::handle::jobs::Jobs;
use crate::handle::link::{Io, Link, Turn};
use crate::handle::sync::{Once, lock, wake};
use crate::machine::{Input, Machine as _};
use crate::server::{Answer, CallId, Command, Config, Connection, Event, Request};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

/// Puts a future on the runtime's executor.
pub type Spawn = Arc<dyn Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync>;

/// A first poll that takes longer than this is worth a hop to another task next time.
const SLOW: Duration = Duration::from_millis(1);
/// How many events are handled before others get a turn on this thread.
const BURST: usize = 256;

/// What a driver and the handlers' contexts share.
struct Shared<L> {
    inner: Mutex<Inner<L>>,
}

struct Inner<L> {
    machine: Connection,
    io: Io<L>,
    /// Events that came up while somebody else than the driver wrote.
    events: VecDeque<Event>,
    closed: Option<Closed>,
    /// Runs that go on, and how to tell them that they are not wanted.
    running: HashMap<CallId, Arc<Cancelled>>,
}

impl<L: Link + Send> ServerPort for Shared<L> {
    fn command(&self, command: Command) {
        let driver = {
            let mut guard = lock(&self.inner);
            let inner = &mut *guard;
            if let Command::Respond { call, .. } = &command {
                inner.running.remove(call);
            }
            let now = inner.io.now();
            inner.machine.handle_input(now, Input::Command(command));
            let mut driver = None;
            loop {
                let (turn, waker) = inner.io.help(&mut inner.machine);
                match turn {
                    Turn::Event(event) => inner.events.push_back(event),
                    Turn::Closed(why) => inner.closed = Some(why),
                    Turn::Idle => {
                        driver = driver.or(waker);
                        break;
                    }
                }
                driver = inner.io.driver();
            }
            driver
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

/// Serves one connection. A future: somebody has to run it, a task of its own or the caller. It ends with the
/// connection. Dropping it drops the connection and every run it keeps.
pub struct ServerDriver<D: Dispatch, L: Link + Send + 'static> {
    shared: Arc<Shared<L>>,
    port: Arc<dyn ServerPort>,
    dispatch: Arc<D>,
    jobs: Jobs<Kept<D::Job>>,
    /// Starts a run elsewhere; `None` keeps every run here.
    start_elsewhere: Option<StartElsewhere<D>>,
    elsewhere: Option<Elsewhere<D>>,
    closed: Arc<Once<Closed>>,
}

type StartElsewhere<D> = fn(&Elsewhere<D>, Arc<CallContext>);

/// Where runs go that should not hold up reading.
struct Elsewhere<D: Dispatch> {
    spawn: Spawn,
    dispatch: Arc<D>,
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
    /// A driver that keeps all runs on the thread that polls it.
    pub fn new(config: Arc<Config>, dispatch: impl Into<Arc<D>>, link: L) -> (Self, Serving) {
        let dispatch = dispatch.into();
        let inner = Inner {
            machine: Connection::new(config),
            io: Io::new(link),
            events: VecDeque::new(),
            closed: None,
            running: HashMap::new(),
        };
        let shared = Arc::new(Shared { inner: Mutex::new(inner) });
        let port: Arc<dyn ServerPort> = shared.clone();
        let closed = Once::new();
        let serving = Serving::new(port.clone(), closed.clone());
        let driver =
            Self { shared, port, dispatch, jobs: Jobs::new(), start_elsewhere: None, elsewhere: None, closed };
        (driver, serving)
    }

    fn next(&self, cx: &mut Context<'_>) -> Turn<Event> {
        let mut guard = lock(&self.shared.inner);
        let inner = &mut *guard;
        inner.io.driven_by(cx.waker());
        if let Some(event) = inner.events.pop_front() {
            return Turn::Event(event);
        }
        if let Some(why) = inner.closed.take() {
            return Turn::Closed(why);
        }
        inner.io.turn(cx, &mut inner.machine)
    }

    fn request(&mut self, request: Arc<Request>) {
        let context = CallContext::new(request, self.port.clone());
        let request = context.request.clone();
        if let Some(elsewhere) = &self.elsewhere
            && self.dispatch.place(&request) == Place::Elsewhere
        {
            lock(&self.shared.inner).running.insert(request.call, context.cancelled.clone());
            if let Some(start) = self.start_elsewhere {
                start(elsewhere, context);
            }
            return;
        }
        let began = lock(&self.shared.inner).io.now();
        let started = self.dispatch.start(context.clone());
        let mut guard = lock(&self.shared.inner);
        let now = guard.io.now();
        let call = request.call;
        match started {
            Ok(answer) => guard.machine.handle_input(now, Input::Command(Command::Respond { call, answer })),
            Err(job) => {
                guard.running.insert(call, context.cancelled.clone());
                drop(guard);
                let responder = Responder::new(&context);
                match &self.elsewhere {
                    Some(elsewhere) => (elsewhere.keep)(&elsewhere.spawn, job, responder),
                    None => self.jobs.push(Kept { job, responder: Some(responder) }),
                }
            }
        }
        if now.since(began) > SLOW {
            self.dispatch.was_slow(&request);
        }
    }

    fn cancelled(&self, call: CallId) {
        let cancelled = lock(&self.shared.inner).running.remove(&call);
        if let Some(cancelled) = cancelled {
            wake(cancelled.put(()));
        }
    }
}

impl<D, L> ServerDriver<D, L>
where
    D: Dispatch<Job = super::catalog::Pending<SendFuture>> + Send + Sync + 'static,
    L: Link + Send + 'static,
{
    /// Lets runs that go on become tasks, and slow ones begin as tasks.
    #[must_use]
    pub fn spawning(mut self, spawn: Spawn) -> Self {
        let dispatch = self.dispatch.clone();
        self.elsewhere = Some(Elsewhere {
            spawn,
            dispatch,
            keep: |spawn, job, responder| spawn(Box::pin(async move { responder.answer(job.await) })),
        });
        self.start_elsewhere = Some(|elsewhere, context| {
            let dispatch = elsewhere.dispatch.clone();
            (elsewhere.spawn)(Box::pin(async move {
                let responder = Responder::new(&context);
                let answer = match dispatch.start(context) {
                    Ok(answer) => answer,
                    Err(job) => job.await,
                };
                responder.answer(answer);
            }));
        });
        self
    }
}

impl<D: Dispatch, L: Link + Send + Unpin + 'static> Future for ServerDriver<D, L> {
    type Output = Closed;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        let this = &mut *self;
        for _ in 0..BURST {
            match this.next(cx) {
                Turn::Event(Event::Request(request)) => this.request(request),
                Turn::Event(Event::Cancelled { call }) => this.cancelled(call),
                // Nobody listens to these here; a gateway drives the machine by itself.
                Turn::Event(Event::Notification { .. } | Event::Violation(_)) => {}
                Turn::Closed(why) => {
                    let link = lock(&this.shared.inner).io.retire();
                    drop(link);
                    wake(this.closed.put(why.clone()));
                    return Poll::Ready(why);
                }
                Turn::Idle => {
                    if this.jobs.is_empty() || this.jobs.poll_next(cx).is_pending() {
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
        let (running, link): (Vec<Arc<Cancelled>>, _) = {
            let mut inner = lock(&self.shared.inner);
            (inner.running.drain().map(|(_, cancelled)| cancelled).collect(), inner.io.retire())
        };
        drop(link);
        for cancelled in running {
            wake(cancelled.put(()));
        }
        wake(self.closed.put(Closed::ByUs));
    }
}

impl<D: Dispatch, L: Link + Send + 'static> fmt::Debug for ServerDriver<D, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerDriver").finish_non_exhaustive()
    }
}
