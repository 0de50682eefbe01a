//! Children for the tests, and what becomes of processes.

use std::future::Future;
use std::io::{BufRead as _, BufReader};
use std::pin::pin;
use std::process::ChildStdout;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use mcp_os::{Child, Launch};

pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// `sh -c script`
pub(crate) fn sh(script: &str) -> Launch {
    Launch::new("/bin/sh").args(["-c", script])
}

/// The next line of the child's stdout.
pub(crate) fn read_line(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    line.trim_end().to_owned()
}

/// Starts a script whose first line of output is a pid: that of a descendant.
pub(crate) fn spawn_with_descendant(script: &str) -> (Child, u32) {
    let mut child = sh(script).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let pid = read_line(&mut stdout).parse().unwrap();
    assert!(is_alive(pid));
    (child, pid)
}

/// False for a zombie as well: it is dead, whoever is slow to reap it.
pub(crate) fn is_alive(pid: u32) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        // The state comes after the name in parentheses, which may hold anything.
        Ok(stat) => !matches!(stat.rsplit_once(") ").unwrap().1.as_bytes().first(), Some(b'Z' | b'X')),
        Err(_) => false,
    }
}

/// True if there is no trace of it: not even a zombie.
pub(crate) fn is_reaped(pid: u32) -> bool {
    !std::path::Path::new(&format!("/proc/{pid}")).exists()
}

/// There is no event to wait for when somebody else's child dies.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "timed out: {what}");
        thread::yield_now();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The smallest executor.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    let start = Instant::now();
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        thread::park_timeout(DEADLINE);
        assert!(start.elapsed() < DEADLINE, "nobody woke this task");
    }
}
