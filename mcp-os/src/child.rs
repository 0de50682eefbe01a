use std::ffi::{OsStr, OsString};
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::process::{ChildStderr, ChildStdin, ChildStdout};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::thread;
use std::time::Duration;

use crate::clock;
use crate::exit::{Ended, Exit, Grace, Step};
use crate::latch::Wait;
use crate::launch::Launch;
use crate::process::Process;
use crate::shutdown::{self, Shutdown};
use crate::stderr::{Drain, StderrTail};

/// A running child process.
///
/// Dropping it kills its process group and reaps it, at once and without any runtime; nothing is
/// left alive. For a polite end drop [`stdin`](Self::stdin) and call [`shutdown`](Self::shutdown).
///
/// A child that exits by itself stays in the process table until then, which keeps its pid and
/// group number from being given to somebody else.
pub struct Child {
    /// Where the child reads. Take it; dropping it closes the child's input.
    pub stdin: Option<ChildStdin>,
    /// What the child writes. Take it.
    pub stdout: Option<ChildStdout>,
    program: OsString,
    pid: u32,
    started: Duration,
    tail: Option<StderrTail>,
    process: Arc<Process>,
}

impl Child {
    /// Starts the threads of a process that has just been spawned.
    pub(crate) fn start(
        mut child: std::process::Child,
        launch: &Launch,
        stderr: Option<ChildStderr>,
    ) -> io::Result<Self> {
        let tail = stderr.as_ref().map(|_| StderrTail::new(launch.caps()));
        let stdin = child.stdin.take();
        let stdout = child.stdout.take();
        let pid = child.id();
        let process = Process::new(child);
        let started = clock::elapsed();

        let threads = || {
            let drain = match (stderr, &tail) {
                (Some(pipe), Some(tail)) => Some(Drain::new(pipe, tail.clone(), launch.callback())?),
                _ => None,
            };
            if let Some(drain) = drain.clone() {
                spawn_thread("mcp-stderr", move || drain.run())?;
            }
            let watched = Arc::clone(&process);
            spawn_thread("mcp-child", move || {
                watched.watch(|| {
                    if let Some(drain) = drain {
                        drain.catch_up();
                    }
                });
            })
        };
        if let Err(error) = threads() {
            // Without a watcher nobody else would: kill, and wait right here.
            process.take_step(Step::Killed);
            process.watch(|| {});
            process.finish();
            return Err(error);
        }
        Ok(Self { stdin, stdout, program: launch.program().to_owned(), pid, started, tail, process })
    }

    /// The process id. It stays the child's own until the child is shut down or dropped.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The program, as it was launched.
    #[must_use]
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// When it was started, on [`clock::elapsed`].
    #[must_use]
    pub fn started(&self) -> Duration {
        self.started
    }

    /// The tail of its stderr, if that is captured.
    #[must_use]
    pub fn stderr(&self) -> Option<&StderrTail> {
        self.tail.as_ref()
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn try_exit(&self) -> Option<Exit> {
        self.process.exit.get()
    }

    /// Blocks until it has ended, or `timeout` is over. `None` waits without limit.
    ///
    /// When this answers, all that the child itself wrote to a captured stderr is in the tail.
    #[must_use]
    pub fn wait_exit(&self, timeout: Option<Duration>) -> Option<Exit> {
        self.process.exit.wait(timeout)
    }

    /// The asynchronous form of [`wait_exit`](Self::wait_exit), for any executor and any number
    /// of waiters. It does not borrow the child, and ends when the child is dropped as well.
    pub fn exited(&self) -> Exited {
        Exited(self.process.exit.future())
    }

    /// Runs the rest of the shutdown ladder and blocks until it is done.
    ///
    /// The first step is the caller's: drop the writer to the child's stdin, wherever it is. (If
    /// it was not taken, it is dropped here.) Then: wait `grace.stdin` for the exit; ask the
    /// process group to terminate; wait `grace.terminate`; kill the group. A child that exits in
    /// time is not signalled. At the end what is left of its group is killed, and it is reaped.
    ///
    /// This is the stdio shutdown that every protocol revision asks for ("Lifecycle" and
    /// "Transports"), with the process group in place of the process.
    pub fn shutdown(&mut self, grace: Grace) -> Ended {
        self.stdin = None;
        shutdown::ladder(&self.process, grace)
    }

    /// Runs the ladder of [`shutdown`](Self::shutdown) on a thread of its own.
    ///
    /// The ladder runs on if the returned value is dropped; dropping the child cuts it short.
    pub fn begin_shutdown(&mut self, grace: Grace) -> Shutdown {
        self.stdin = None;
        self.begin_ladder(grace)
    }

    /// Kills the process group and reaps the child, now. What dropping it does.
    pub fn kill(&self) {
        self.process.finish();
    }

    /// As [`begin_shutdown`](Self::begin_shutdown), of a child whose input was closed by whoever had it.
    pub(crate) fn begin_ladder(&self, grace: Grace) -> Shutdown {
        shutdown::begin(&self.process, grace)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.process.finish();
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("program", &self.program)
            .field("pid", &self.pid)
            .field("exit", &self.try_exit())
            .field("stderr", &self.tail)
            .finish_non_exhaustive()
    }
}

/// Waits for a child to end: see [`Child::exited`].
#[must_use = "a future does nothing unless it is polled"]
pub struct Exited(Wait<Exit>);

impl Exited {
    /// How it ended, if it has.
    #[must_use]
    pub fn try_get(&self) -> Option<Exit> {
        self.0.latch().get()
    }

    /// Blocks until the child has ended, or `timeout` is over. `None` waits without limit.
    #[must_use]
    pub fn wait(&self, timeout: Option<Duration>) -> Option<Exit> {
        self.0.latch().wait(timeout)
    }
}

impl Future for Exited {
    type Output = Exit;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Exit> {
        Pin::new(&mut self.0).poll(context)
    }
}

impl fmt::Debug for Exited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Exited").field(&self.0.latch().get()).finish()
    }
}

pub(crate) fn spawn_thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).map(drop)
}
