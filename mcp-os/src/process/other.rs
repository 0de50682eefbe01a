//! A process on systems without process groups: only the leader itself can be ended.
//!
//! Killing its descendants as well would take a job object, which has no safe interface in the
//! standard library.

use std::process::Child;
use std::sync::Mutex;
use std::time::Duration;

use super::State;
use crate::exit::Exit;
use crate::latch::lock;

/// How often we look. The standard library can wait for a process or kill it, but not both at
/// the same time.
const INTERVAL: Duration = Duration::from_millis(15);

pub(super) struct Leader {
    child: Child,
}

impl Leader {
    pub(super) fn new(child: Child) -> Self {
        Self { child }
    }

    /// Blocks until the process has exited. `None` if its status cannot be had.
    pub(super) fn wait(state: &Mutex<State>) -> Option<Exit> {
        loop {
            let status = lock(state).leader.child.try_wait().ok()?;
            if let Some(status) = status {
                return Some(Exit { code: status.code(), signal: None });
            }
            std::thread::sleep(INTERVAL);
        }
    }

    pub(super) fn has_exited(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// There is no polite way to ask here; the ladder goes on to kill.
    pub(super) fn terminate(&mut self) {}

    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
    }

    pub(super) fn reap(&mut self) {
        let _ = self.child.wait();
    }
}
