//! The world: clock, executor and streams under one seed.

use super::behaviour::Behaviour;
use super::chance::Chance;
use super::clock::SimClock;
use super::executor::Executor;
use super::link::SimLink;
use super::lock;
use super::timeline::Timeline;
use crate::handle::client::{Client, ClientBuilder, ClientDriver};
use crate::handle::server::{Caller, Catalog, Executor as Elsewhere, Server, ServerDriver, Serving, Spawn};
use crate::time::{Clock, Time};
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use thiserror::Error;

/// A virtual clock and everything that runs by it. Cheap to clone.
///
/// A task that holds a clone keeps itself alive until it ends; give it a [`clock`](Self::clock) instead.
#[derive(Clone)]
pub struct World {
    timeline: Arc<Timeline>,
    executor: Arc<Executor>,
    /// Seeds for links.
    chance: Arc<Mutex<Chance>>,
}

/// Why [`World::run`] gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Stuck {
    /// Everybody waits, nobody for the clock or for bytes on their way.
    #[error("at {0:?} everybody waits, and nothing will ever happen")]
    Asleep(Time),
    /// Something runs on and on without getting anywhere.
    #[error("at {0:?} something runs on and on")]
    Spinning(Time),
}

impl World {
    /// Polls at one instant, over which something spins.
    const POLLS_AT_ONCE: u32 = 1_000_000;
    /// Polls in all of one run, over which something spins.
    const POLLS: u32 = 10_000_000;

    /// A world at [`Time::ORIGIN`]. The seed decides who runs first and how streams cut.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let executor = Executor::new(Chance::new(chance.next()));
        Self { timeline: Arc::default(), executor: Arc::new(executor), chance: Arc::new(Mutex::new(chance)) }
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.timeline.now()
    }

    /// Adds a task. It runs while [`run`](Self::run) does, and is dropped with the world if it has not ended.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.executor.spawn(Box::pin(task));
    }

    /// Where a server's runs go, for
    /// [`ServerDriver::spawning`](crate::handle::server::ServerDriver::spawning): [`spawn`](Self::spawn) as a value;
    /// what blocks runs where it stands. It does not keep the world alive.
    #[must_use]
    pub fn executor(&self) -> Elsewhere {
        let executor = Arc::downgrade(&self.executor);
        let spawn: Spawn = Arc::new(move |task| {
            if let Some(executor) = executor.upgrade() {
                executor.spawn(task);
            }
        });
        Elsewhere { spawn, spawn_blocking: |run| run() }
    }

    /// The two ends of a stream that behaves alike in both directions. The first is the client's in a
    /// [`Transcript`](super::Transcript).
    #[must_use]
    pub fn link(&self, behaviour: Behaviour) -> (SimLink, SimLink) {
        self.link_with(behaviour.clone(), behaviour)
    }

    /// The two ends of a stream: `there` from the first to the second, `back` the other way.
    #[must_use]
    pub fn link_with(&self, there: Behaviour, back: Behaviour) -> (SimLink, SimLink) {
        let mut chance = lock(&self.chance);
        let seeds = [chance.next(), chance.next()];
        drop(chance);
        SimLink::pair(&self.timeline, [there, back], seeds)
    }

    /// A client of a server, over a stream that does nothing to what it carries. Both run while
    /// [`run`](Self::run) does.
    ///
    /// ```
    /// use mcp_proto::handle::server::{Cx, Server, Tool};
    /// use mcp_proto::sim::World;
    ///
    /// let hello = |_: serde_json::Value, _: Cx| "hello";
    /// let world = World::new(1);
    /// let client = world.client_of(Server::new("greeter", "1.0").tool(Tool::new("greet"), hello));
    /// let result = world.run(client.call_tool("greet", serde_json::json!({})))??;
    /// assert_eq!(result.content[0].as_text(), Some("hello"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client_of<S: Send + Sync + 'static>(&self, server: Server<S>) -> Client {
        let (near, far) = self.link(Behaviour::default());
        self.serve(server, far);
        self.connect(ClientBuilder::new("sim", "1.0"), near)
    }

    /// Serves one connection, as an adapter's `serve` does. The wall clock begins at the Unix epoch, and the key of
    /// `requestState` is zero unless [`Server::state_key`] gives one: the same seed gives the same bytes.
    ///
    /// ```
    /// use mcp_proto::handle::client::ClientBuilder;
    /// use mcp_proto::handle::server::Server;
    /// use mcp_proto::sim::{Behaviour, World};
    /// use std::time::Duration;
    ///
    /// let world = World::new(1);
    /// let far_away = Behaviour { delay: Duration::from_secs(3), ..Behaviour::default() };
    /// let (near, far) = world.link(far_away);
    /// let serving = world.serve(Server::new("s", "1.0"), far);
    /// let client = world.connect(ClientBuilder::new("c", "1.0"), near);
    /// assert!(world.run(client.server())?.is_ok());
    /// drop(client);
    /// world.run(serving)?;
    /// assert_eq!(world.now().as_nanos(), 9_000_000_000);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn serve<S: Send + Sync + 'static>(&self, server: Server<S>, link: SimLink) -> Serving {
        self.serve_known(server, link, None)
    }

    /// As [`serve`](Self::serve), for a client whom the program knows.
    pub fn serve_caller<S: Send + Sync + 'static>(&self, server: Server<S>, link: SimLink, caller: Caller) -> Serving {
        self.serve_known(server, link, Some(Arc::new(caller)))
    }

    fn serve_known<S: Send + Sync + 'static>(
        &self,
        server: Server<S>,
        link: SimLink,
        caller: Option<Arc<Caller>>,
    ) -> Serving {
        let (config, catalog) = server.into_parts(Clock::default(), [0; 32]);
        let (driver, serving) = ServerDriver::<Catalog, _>::new(config, catalog, link, caller);
        let driver = driver.spawning(self.executor());
        self.spawn(async move { drop(driver.await) });
        serving
    }

    /// Connects a client, as an adapter's `connect` does. What it gives is awaited within [`run`](Self::run): a
    /// `wait()` would block the only thread there is.
    #[must_use = "the connection closes when the client is dropped"]
    pub fn connect(&self, client: ClientBuilder, link: SimLink) -> Client {
        let (driver, client) = ClientDriver::new(client, link);
        self.spawn(async move { drop(driver.await) });
        client
    }

    /// The virtual clock, to be handed to what runs in this world.
    #[must_use]
    pub fn clock(&self) -> SimClock {
        SimClock::new(self.timeline.clone())
    }

    /// Ready `d` from now: from this call on, not from when it is first awaited.
    pub fn sleep(&self, d: Duration) -> impl Future<Output = ()> + Send + use<> {
        self.clock().sleep(d)
    }

    /// Runs everything until `f` has ended. When nothing can run, the clock jumps to where something can.
    /// Tasks that have not ended go on in the next run. One run at a time.
    ///
    /// # Errors
    /// Nothing will ever happen, or something runs without end.
    pub fn run<F: IntoFuture>(&self, f: F) -> Result<F::Output, Stuck> {
        let mut main = pin!(f.into_future());
        let (number, waker) = self.executor.enter();
        let (mut polls, mut at_once) = (0, 0);
        loop {
            let Some(next) = self.executor.next() else {
                let wakers = self.timeline.advance();
                if wakers.is_empty() {
                    return Err(Stuck::Asleep(self.now()));
                }
                at_once = 0;
                crate::handle::wake(wakers);
                continue;
            };
            polls += 1;
            at_once += 1;
            if polls > Self::POLLS || at_once > Self::POLLS_AT_ONCE {
                return Err(Stuck::Spinning(self.now()));
            }
            if next != number {
                self.executor.poll(next);
            } else if let Poll::Ready(output) = main.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Ok(output);
            }
        }
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("now", &self.now()).field("tasks", &self.executor.tasks()).finish()
    }
}
