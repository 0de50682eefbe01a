//! The leader of a process group.

use std::process::Child;
use std::sync::Mutex;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, getpgid, kill_process, kill_process_group, waitid};

use super::State;
use crate::exit::Exit;
use crate::latch::lock;

pub(super) struct Leader {
    child: Child,
    pid: Pid,
}

impl Leader {
    pub(super) fn new(child: Child) -> Self {
        let pid = Pid::from_child(&child);
        Self { child, pid }
    }

    /// Blocks until the leader has exited and leaves it unreaped.
    /// `None` if somebody else reaped it.
    pub(super) fn wait(state: &Mutex<State>) -> Option<Exit> {
        let pid = lock(state).leader.pid;
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let status = retry_on_intr(|| waitid(WaitId::Pid(pid), options)).ok()??;
        Some(Exit { code: status.exit_status(), signal: status.terminating_signal() })
    }

    pub(super) fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(retry_on_intr(|| waitid(WaitId::Pid(self.pid), options)), Ok(None))
    }

    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Signals the whole group, and the leader itself in case it has moved to another one.
    ///
    /// An error says that nobody is left to signal, or that they run as another user; there is
    /// nothing more to do in either case.
    fn signal(&self, signal: Signal) {
        let _ = kill_process_group(self.pid, signal);
        if getpgid(Some(self.pid)) != Ok(self.pid) {
            let _ = kill_process(self.pid, signal);
        }
    }

    pub(super) fn reap(&mut self) {
        // It is dead already, so this does not block.
        let _ = self.child.wait();
    }
}
