//! What a child still says when nobody listens any more.

use crate::Child;
use crate::child::spawn_thread;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};
use std::os::fd::{AsFd as _, OwnedFd};
use std::process::ChildStdout;
use std::sync::Arc;

/// The reading end of a child's output, kept beside the one that is used. A child that is asked to go may have a last
/// word; without a reader it would die of a broken pipe, and its exit would look like a failure.
#[derive(Debug)]
pub(crate) struct Leftover(OwnedFd);

impl Leftover {
    /// `None` if there are no descriptors left: then the child has to do without.
    pub(crate) fn of(stdout: &ChildStdout) -> Option<Self> {
        stdout.as_fd().try_clone_to_owned().ok().map(Self)
    }

    /// Reads and forgets what comes, on a thread, until the end of the output or of the child.
    pub(crate) fn forget(self, child: &Arc<Child>) {
        let exited = child.exited();
        // Without a thread the child has to do without.
        let _ = spawn_thread("mcp-leftover", move || while self.forget_some() && exited.try_get().is_none() {});
    }

    /// Whether there may be more.
    fn forget_some(&self) -> bool {
        // Another process may hold the pipe open when the child is gone, so that is looked at now and then.
        let second = Timespec { tv_sec: 1, tv_nsec: 0 };
        let mut room = [0; 4096];
        match poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&second)) {
            Ok(0) | Err(Errno::INTR) => true,
            Ok(_) => !matches!(read(&self.0, &mut room), Ok(0)),
            Err(_) => false,
        }
    }
}
