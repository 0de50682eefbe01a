//! A client whose server is a child process.

use crate::{Child, Ended, Exit, Exited, Grace, Launch, Shutdown, SpawnError, StderrTail};
use bytes::Bytes;
use mcp_proto::error::Fault;
use mcp_proto::handle::Link;
use mcp_proto::handle::client::Client;
use mcp_proto::time::Time;
use std::fmt;
use std::future::Future;
use std::io;
use std::ops::Deref;
use std::pin::Pin;
use std::process::{ChildStdin, ChildStdout};
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
    child: Child,
}

impl Launched {
    /// For adapters: starts the process, and `connect`s a client over its output and input.
    ///
    /// # Errors
    /// The program is not there, or could not be started or connected to.
    pub fn start(
        launch: &Launch,
        connect: impl FnOnce(ChildStdout, ChildStdin, &Child) -> io::Result<Client>,
    ) -> Result<Self, SpawnError> {
        let mut child = launch.spawn()?;
        let client = match (child.stdout.take(), child.stdin.take()) {
            (Some(stdout), Some(stdin)) => connect(stdout, stdin, &child),
            _ => Err(io::ErrorKind::BrokenPipe.into()),
        };
        let failed = |source| SpawnError::Failed { program: launch.program().to_owned(), source };
        Ok(Self { client: client.map_err(failed)?, child })
    }

    /// The process.
    #[must_use]
    pub fn child(&self) -> &Child {
        &self.child
    }

    /// Ends the conversation, then the process: its input is closed; if it does not end by itself it is
    /// terminated, and killed at last. Awaiting (or waiting for) what is returned says how it ended; dropping
    /// that kills it.
    #[must_use = "dropping it kills the process"]
    pub fn close(self, grace: Grace) -> Closing {
        let Self { client, mut child } = self;
        client.close();
        drop(client);
        let shutdown = child.begin_shutdown(grace);
        Closing { shutdown, child }
    }
}

impl Deref for Launched {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// A process on its way out.
pub struct Closing {
    shutdown: Shutdown,
    /// Reaped when the shutdown is through; killed if this is dropped before.
    child: Child,
}

impl Closing {
    /// Blocks this thread until the process has ended.
    pub fn wait(self) -> Ended {
        self.shutdown.wait()
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
