//! One running process: who watches it, who may signal it, who reaps it.
//!
//! A pid belongs to us only until the process is reaped; afterwards the system may give it, and
//! the group of the same number, to somebody else. So the watcher thread waits *without* reaping,
//! the dead leader stays in the process table until its group has been cleared away, and every
//! signal and the reaping go through one mutex.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::exit::{Exit, Step};
use crate::latch::{Latch, lock};

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(not(unix), path = "other.rs")]
mod leader;

use leader::Leader;

/// How long we wait for a killed process to die. Only one that is stuck inside the kernel takes
/// longer; the watcher reaps it whenever it comes out.
pub(crate) const KILL_WAIT: Duration = Duration::from_secs(5);

pub(crate) struct Process {
    state: Mutex<State>,
    /// Published when the leader has exited and what it wrote to stderr has been read.
    pub(crate) exit: Arc<Latch<Exit>>,
    /// Published when nothing is left for us to do: group killed, leader reaped.
    reaped: Arc<Latch<()>>,
}

struct State {
    leader: Leader,
    phase: Phase,
    /// The strongest step taken while the leader was running.
    step: Step,
    /// Nobody needs the group any more: clear it away as soon as the leader has exited.
    finishing: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// Dead, but not reaped: the pid and the group number are still ours.
    Exited,
    /// From here on the numbers mean nothing.
    Reaped,
}

impl Process {
    pub(crate) fn new(child: std::process::Child) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                leader: Leader::new(child),
                phase: Phase::Running,
                step: Step::ClosedInput,
                finishing: false,
            }),
            exit: Latch::new(),
            reaped: Latch::new(),
        })
    }

    /// The body of the watcher thread: returns when the leader has exited and been published.
    ///
    /// `caught_up` is called between the two, to read what the leader left in its stderr pipe.
    pub(crate) fn watch(&self, caught_up: impl FnOnce()) {
        let exit = Leader::wait(&self.state);
        caught_up();
        let reaped = {
            let mut state = lock(&self.state);
            match exit {
                Some(_) => state.phase = Phase::Exited,
                // Collected behind our back: the number may already be somebody else's.
                None => state.phase = Phase::Reaped,
            }
            if state.finishing {
                state.clear_away();
            }
            state.phase == Phase::Reaped
        };
        self.exit.set(exit.unwrap_or_default());
        if reaped {
            self.reaped.set(());
        }
    }

    /// Takes a step of the ladder, unless the leader has exited already.
    pub(crate) fn take_step(&self, step: Step) {
        lock(&self.state).take_step(step);
    }

    /// The strongest step taken so far.
    pub(crate) fn step(&self) -> Step {
        lock(&self.state).step
    }

    /// Kills what is left of the group and reaps the leader; waits for that, but not for ever.
    pub(crate) fn finish(&self) {
        let reaped = {
            let mut state = lock(&self.state);
            state.finishing = true;
            state.take_step(Step::Killed);
            state.clear_away();
            state.phase == Phase::Reaped
        };
        if reaped {
            self.reaped.set(());
        } else {
            self.reaped.wait(Some(KILL_WAIT));
        }
    }
}

impl State {
    fn take_step(&mut self, step: Step) {
        // The watcher may not have seen an exit yet that has happened. Asking again keeps the
        // account honest: a process that went by itself was not terminated by us.
        if self.phase != Phase::Running || self.leader.has_exited() {
            return;
        }
        self.step = self.step.max(step);
        match step {
            Step::ClosedInput => {}
            Step::Terminated => self.leader.terminate(),
            Step::Killed => self.leader.kill(),
        }
    }

    /// With the leader dead but not reaped, its group number is still reserved: this is the
    /// last moment at which what it left behind can be killed safely.
    fn clear_away(&mut self) {
        if self.phase == Phase::Exited {
            self.leader.kill();
            self.leader.reap();
            self.phase = Phase::Reaped;
        }
    }
}
