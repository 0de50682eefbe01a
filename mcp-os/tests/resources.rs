//! What stays behind in our own process: nothing. Alone in its binary, so that it can count.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use mcp_os::{Grace, Launch};

/// Threads and descriptors of this process.
fn count() -> [usize; 2] {
    ["/proc/self/task", "/proc/self/fd"].map(|list| std::fs::read_dir(list).unwrap().count())
}

#[test]
fn threads_and_descriptors_end_with_the_child() {
    let script = "echo words >&2; sleep 600 & read line";
    let launch = Launch::new("/bin/sh").args(["-c", script]);
    let before = count();
    for round in 0..20 {
        let mut child = launch.spawn().unwrap();
        if round % 2 == 0 {
            drop(child.begin_shutdown(Grace { stdin: Duration::from_secs(600), terminate: Duration::ZERO }));
        }
    }
    // Threads end a moment after the child is gone, without an event of their own.
    let start = Instant::now();
    while count() != before {
        assert!(start.elapsed() < Duration::from_secs(20), "{before:?} {:?}", count());
        std::thread::yield_now();
    }
}
