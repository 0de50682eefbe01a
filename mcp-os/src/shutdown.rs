//! The shutdown ladder: closed input, terminate, kill, each with time to react.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::child::spawn_thread;
use crate::exit::{Ended, Grace, Step};
use crate::latch::{Latch, Wait};
use crate::process::{KILL_WAIT, Process};

/// Climbs the ladder. The process's input has been closed.
pub(crate) fn ladder(process: &Process, grace: Grace) -> Ended {
    let mut exit = process.exit.wait(Some(grace.stdin));
    // Only Unix has a way to ask; elsewhere waiting for an answer would be time lost.
    if exit.is_none() && cfg!(unix) {
        process.take_step(Step::Terminated);
        exit = process.exit.wait(Some(grace.terminate));
    }
    if exit.is_none() {
        process.take_step(Step::Killed);
        process.exit.wait(Some(KILL_WAIT));
    }
    process.finish();
    Ended { exit: process.exit.get().unwrap_or_default(), step: process.step() }
}

/// Climbs it on a thread.
pub(crate) fn begin(process: &Arc<Process>, grace: Grace) -> Shutdown {
    let ended = Latch::new();
    let climber = {
        let process = Arc::clone(process);
        let ended = Arc::clone(&ended);
        move || ended.set(ladder(&process, grace))
    };
    if spawn_thread("mcp-shutdown", climber).is_err() {
        // No thread to wait politely on: the promise that nothing is left alive comes first.
        process.finish();
        ended.set(Ended { exit: process.exit.get().unwrap_or_default(), step: process.step() });
    }
    Shutdown { process: Arc::clone(process), ended: ended.future() }
}

/// A shutdown on its way: a future of how it ended. See
/// [`Child::begin_shutdown`](crate::Child::begin_shutdown).
pub struct Shutdown {
    process: Arc<Process>,
    ended: Wait<Ended>,
}

impl Shutdown {
    /// Blocks until the child has ended and is reaped.
    #[must_use]
    pub fn wait(&self) -> Ended {
        loop {
            if let Some(ended) = self.ended.latch().wait(None) {
                return ended;
            }
        }
    }

    /// The step that has been taken so far.
    #[must_use]
    pub fn step(&self) -> Step {
        self.process.step()
    }
}

impl Future for Shutdown {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        Pin::new(&mut self.ended).poll(context)
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown").field("step", &self.step()).field("ended", &self.ended.latch().get()).finish()
    }
}
