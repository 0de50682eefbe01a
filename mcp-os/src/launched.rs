//! A client whose server is a child process.

use crate::latch::lock;
#[cfg(unix)]
use crate::leftover::Leftover;
use crate::{Child, Ended, Exit, Exited, Grace, Launch, Shutdown, SpawnError, StderrTail};
use bytes::Bytes;
use mcp_proto::error::Fault;
use mcp_proto::handle::Link;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::time::Time;
use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::pin::Pin;
use std::process::{ChildStdin, ChildStdout};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// How long the exit status is waited for once a child has ended its output.
const EXIT_WAIT: Duration = Duration::from_secs(1);
/// How much of the end of stderr goes into an error.
const LAST_WORDS: usize = 400;

/// A client and the process that is its server. Dropping it kills the process, and all of its group.
#[derive(Debug)]
pub struct Launched {
    client: Client,
    place: Place,
}

impl Launched {
    /// For adapters: starts the process, and `connect`s a client over its output and input. A server that ends can be
    /// launched again by what `connect` is given.
    ///
    /// # Errors
    /// The program is not there, or could not be started or connected to.
    pub fn start(
        launch: &Launch,
        connect: impl FnOnce(Pipes, Relaunch) -> io::Result<Client>,
    ) -> Result<Self, SpawnError> {
        let pipes = Pipes::of(launch.spawn()?);
        let place = Place(Arc::new(Mutex::new(Process::of(&pipes))));
        let relaunch = Relaunch { launch: launch.clone(), place: place.0.clone() };
        let failed = |source| SpawnError::Failed { program: launch.program().to_owned(), source };
        let client = connect(pipes, relaunch).map_err(failed)?;
        Ok(Self { client, place })
    }

    /// For adapters whose streams are [`Link`]s: as [`start`](Self::start), with a `link` made of the pipes of each
    /// process, and the driver given to `spawn`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_linked<L: Link + Send + Unpin + 'static>(
        client: ClientBuilder,
        launch: &Launch,
        link: impl Fn(ChildStdout, ChildStdin) -> io::Result<L> + Send + 'static,
        spawn: impl FnOnce(ClientDriver<ChildLink<L>>),
    ) -> Result<Self, SpawnError> {
        let client = client.target(launch.target());
        let link = move |mut pipes: Pipes| {
            let (stdout, stdin) = pipes.take()?;
            Ok(ChildLink::new(link(stdout, stdin)?, &pipes.child))
        };
        Self::start(launch, |pipes, relaunch| {
            let first = link(pipes)?;
            let fresh = move || relaunch.launch().and_then(&link).map_err(|e| Fault::Broken(e.to_string()));
            let (driver, client) = ClientDriver::reopening(client, first, Box::new(fresh));
            spawn(driver);
            Ok(client)
        })
    }

    /// The process: the last one that was launched.
    #[must_use]
    pub fn child(&self) -> Arc<Child> {
        lock(&self.place.0).child.clone()
    }

    /// Ends the conversation, then the process, whose last words are read and forgotten: its input is closed; if it does not end by itself it is
    /// terminated, and killed at last. Awaiting (or waiting for) what is returned says how it ended; dropping
    /// that kills it.
    #[must_use = "dropping it kills the process"]
    pub fn close(self, grace: Grace) -> Closing {
        let Self { client, place } = self;
        client.close();
        drop(client);
        let child = place.leave();
        Closing { shutdown: child.begin_ladder(grace), child }
    }
}

impl Deref for Launched {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// The process of the moment.
#[derive(Debug)]
struct Process {
    child: Arc<Child>,
    /// Nobody wants another one any more.
    over: bool,
    #[cfg(unix)]
    leftover: Option<Leftover>,
}

impl Process {
    fn of(pipes: &Pipes) -> Self {
        Self {
            child: pipes.child.clone(),
            over: false,
            #[cfg(unix)]
            leftover: pipes.stdout.as_ref().and_then(Leftover::of),
        }
    }
}

/// Where it is kept.
#[derive(Debug)]
struct Place(Arc<Mutex<Process>>);

impl Place {
    /// No other process will take the place of this one; and nothing kills it, from here on, but its shutdown.
    fn leave(self) -> Arc<Child> {
        let mut process = lock(&self.0);
        process.over = true;
        #[cfg(unix)]
        if let Some(leftover) = process.leftover.take() {
            leftover.forget(&process.child);
        }
        process.child.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let child = {
            let mut process = lock(&self.0);
            if std::mem::replace(&mut process.over, true) {
                return;
            }
            process.child.clone()
        };
        child.kill();
    }
}

/// A process that has just been launched: where it writes, where it reads, and itself.
#[derive(Debug)]
pub struct Pipes {
    /// What it writes.
    pub stdout: Option<ChildStdout>,
    /// Where it reads.
    pub stdin: Option<ChildStdin>,
    /// The process.
    pub child: Arc<Child>,
}

impl Pipes {
    fn of(mut child: Child) -> Self {
        let (stdout, stdin) = (child.stdout.take(), child.stdin.take());
        Self { stdout, stdin, child: Arc::new(child) }
    }

    /// Both pipes.
    ///
    /// # Errors
    /// One was taken before.
    pub fn take(&mut self) -> io::Result<(ChildStdout, ChildStdin)> {
        self.stdout.take().zip(self.stdin.take()).ok_or_else(|| io::ErrorKind::BrokenPipe.into())
    }
}

/// Launches a server again that has ended.
#[derive(Clone, Debug)]
pub struct Relaunch {
    launch: Launch,
    place: Arc<Mutex<Process>>,
}

impl Relaunch {
    /// Clears away what is left of the process before, and launches another in its place.
    ///
    /// # Errors
    /// Nobody wants one any more, or it could not be started.
    pub fn launch(&self) -> io::Result<Pipes> {
        let mut place = lock(&self.place);
        if place.over {
            return Err(io::ErrorKind::NotConnected.into());
        }
        place.child.kill();
        let pipes = Pipes::of(self.launch.spawn().map_err(io::Error::other)?);
        *place = Process::of(&pipes);
        Ok(pipes)
    }
}

/// A process on its way out.
pub struct Closing {
    shutdown: Shutdown,
    child: Arc<Child>,
}

impl Closing {
    /// Blocks this thread until the process has ended.
    pub fn wait(self) -> Ended {
        self.shutdown.wait()
    }
}

/// Reaped if the shutdown is through; killed if this is dropped before.
impl Drop for Closing {
    fn drop(&mut self) {
        self.child.kill();
    }
}

impl Future for Closing {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        Pin::new(&mut self.shutdown).poll(cx)
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").field("child", &self.child).finish_non_exhaustive()
    }
}

/// What a child leaves behind: its status, and the end of its stderr.
#[derive(Debug)]
pub struct LastWords {
    exited: Exited,
    stderr: Option<StderrTail>,
}

impl LastWords {
    /// Those of `child`.
    #[must_use]
    pub fn of(child: &Child) -> Self {
        Self { exited: child.exited(), stderr: child.stderr().cloned() }
    }

    /// Blocks a moment, at most a second, until the child that ended its output has ended itself.
    #[must_use]
    pub fn wait(&self) -> Option<String> {
        self.exited.wait(Some(EXIT_WAIT)).map(|exit| self.tell(&exit))
    }

    fn tell(&self, exit: &Exit) -> String {
        let text = self.stderr.as_ref().map(StderrTail::text).unwrap_or_default();
        let text = text.trim_end();
        let start = text.char_indices().rev().nth(LAST_WORDS - 1).map_or(0, |(at, _)| at);
        match &text[start..] {
            "" => format!("{exit}"),
            words => format!("{exit}; its stderr ends with: {}", words.escape_debug()),
        }
    }
}

/// The pipes of a child process, on any runtime: at the end of its output it says how the process ended.
pub struct ChildLink<L> {
    link: L,
    last_words: LastWords,
    /// When waiting for the exit status ends; set at the end of the output.
    until: Option<Time>,
    reason: Option<String>,
}

impl<L: Link> ChildLink<L> {
    /// Over `link`, which is over the pipes of `child`.
    pub fn new(link: L, child: &Child) -> Self {
        Self { link, last_words: LastWords::of(child), until: None, reason: None }
    }
}

impl<L: Link + Unpin> Link for ChildLink<L> {
    fn now(&self) -> Time {
        self.link.now()
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, Fault>> {
        let until = match self.until {
            Some(until) => until,
            None => {
                let chunk = ready!(self.link.poll_read(cx));
                if !matches!(&chunk, Ok(chunk) if chunk.is_empty()) {
                    return Poll::Ready(chunk);
                }
                *self.until.insert(self.link.now().after(EXIT_WAIT))
            }
        };
        if let Poll::Ready(exit) = Pin::new(&mut self.last_words.exited).poll(cx) {
            self.reason = Some(self.last_words.tell(&exit));
        } else if self.link.now() < until {
            ready!(self.link.poll_sleep(cx, until));
        }
        Poll::Ready(Ok(Bytes::new()))
    }

    fn end_reason(&mut self) -> Option<String> {
        self.reason.take()
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Fault>> {
        self.link.poll_write(cx, bytes)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.link.poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Fault>> {
        self.link.poll_close(cx)
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()> {
        self.link.poll_sleep(cx, until)
    }
}

impl<L> fmt::Debug for ChildLink<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildLink").finish_non_exhaustive()
    }
}
