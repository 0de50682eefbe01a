//! How children end: by themselves, by the ladder, by being dropped.
#![cfg(target_os = "linux")]

mod support;

use std::io::BufReader;
use std::process::Command;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use mcp_os::{Child, Ended, Exit, Grace, Launch, Step};
use support::{DEADLINE, block_on, is_alive, is_reaped, read_line, sh, spawn_with_descendant, until};

const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;

fn code(code: i32) -> Exit {
    Exit { code: Some(code), signal: None }
}

fn signal(signal: i32) -> Exit {
    Exit { code: None, signal: Some(signal) }
}

/// Short where the test wants the ladder to go on, long where it must not.
fn grace(stdin: Duration, terminate: Duration) -> Grace {
    Grace { stdin, terminate }
}

const SOON: Duration = Duration::from_millis(10);

#[test]
fn early_exit_comes_with_its_last_words() {
    let child = sh("echo boom >&2; printf half >&2; exit 3").spawn().unwrap();
    assert_eq!(child.wait_exit(Some(DEADLINE)), Some(code(3)));
    assert_eq!(child.try_exit(), Some(code(3)));
    assert_eq!(child.stderr().unwrap().text(), "boom\nhalf");
    assert_eq!(code(3).to_string(), "exit code 3");
}

#[test]
fn waiting_has_a_limit() {
    let child = sh("read line").spawn().unwrap();
    assert_eq!(child.try_exit(), None);
    assert_eq!(child.wait_exit(Some(SOON)), None);
}

#[test]
fn flood_of_stderr_is_drained_and_bounded() {
    fn check(script: &str, kept: usize, dropped: u64) {
        let child = sh(script).spawn().unwrap();
        assert_eq!(child.wait_exit(Some(DEADLINE)), Some(code(0)));
        let tail = child.stderr().unwrap();
        assert_eq!((tail.text().len(), tail.dropped()), (kept, dropped), "{script}");
    }
    const FLOOD: usize = 8 << 20;
    check("yes 1234567 | head -c 8388608 >&2", 256 << 10, (FLOOD - (256 << 10)) as u64);
    // One line without an end.
    check("head -c 8388608 /dev/zero >&2", 64 << 10, (FLOOD - (64 << 10)) as u64);
}

#[test]
fn lines_are_offered_also_the_unterminated_one() {
    let (sender, lines) = mpsc::channel();
    let sender = Mutex::new(sender);
    let child = sh("printf 'one\\r\\n\\nthree\\nfo' >&2; printf ur >&2")
        .on_stderr_line(move |line| sender.lock().unwrap().send(line.to_owned()).unwrap())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(lines.recv_timeout(DEADLINE).unwrap());
    }
    assert_eq!(seen, ["one", "", "three", "four"]);
    assert_eq!(child.wait_exit(Some(DEADLINE)), Some(code(0)));
}

#[test]
fn a_callback_that_panics_does_not_stop_the_drain() {
    let child = sh("echo first >&2; yes 1234567 | head -c 1048576 >&2; echo last >&2")
        .on_stderr_line(|_| panic!("on purpose"))
        .spawn()
        .unwrap();
    assert_eq!(child.wait_exit(Some(DEADLINE)), Some(code(0)));
    assert!(child.stderr().unwrap().text().ends_with("1234567\nlast\n"));
}

/// The drain is held up in a callback, so the exit cannot be published although it has happened.
#[test]
fn exit_waits_for_the_last_words_and_counts_from_when_it_happened() {
    let (sender, entered) = mpsc::channel();
    let (release, held) = mpsc::channel();
    let ends = Mutex::new((sender, held));
    let mut child = sh("echo first >&2; read line; yes 1234567 | head -c 40000 >&2; exit 4")
        .on_stderr_line(move |line| {
            if line == "first" {
                let (sender, held) = &*ends.lock().unwrap();
                sender.send(()).unwrap();
                held.recv_timeout(DEADLINE).unwrap();
            }
        })
        .spawn()
        .unwrap();
    entered.recv_timeout(DEADLINE).unwrap();
    let pid = child.pid();
    drop(child.stdin.take());
    until("exit", || !is_alive(pid));
    // It has exited by itself: no step of a ladder that is this late may claim it.
    let shutdown = child.begin_shutdown(grace(Duration::ZERO, Duration::ZERO));
    assert_eq!(child.wait_exit(Some(5 * SOON)), None);
    release.send(()).unwrap();
    let ended = shutdown.wait();
    assert_eq!((ended.step, ended.exit), (Step::ClosedInput, code(4)));
    assert_eq!(child.stderr().unwrap().text().len(), 6 + 40000);
}

#[test]
fn clean_exit_is_never_signalled() {
    let script = "trap 'echo signalled >&2' TERM HUP INT; echo ready; read line; echo bye >&2; exit 7";
    let mut child = sh(script).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(read_line(&mut stdout), "ready");
    drop(child.stdin.take());
    let ended = child.shutdown(grace(DEADLINE, DEADLINE));
    assert_eq!(ended, Ended { exit: code(7), step: Step::ClosedInput });
    assert_eq!(child.stderr().unwrap().text(), "bye\n");
    assert!(is_reaped(child.pid()));
}

#[test]
fn shutdown_closes_an_input_nobody_took() {
    let mut child = Launch::new("cat").spawn().unwrap();
    let ended = child.shutdown(grace(DEADLINE, DEADLINE));
    assert_eq!((ended.step, ended.exit), (Step::ClosedInput, code(0)));
    // A second time finds it as it was.
    assert_eq!(child.shutdown(Grace::default()), ended);
}

#[test]
fn ignoring_the_end_of_input_gets_terminated() {
    let mut child = Launch::new("sleep").arg("600").spawn().unwrap();
    let ended = child.shutdown(grace(SOON, DEADLINE));
    assert_eq!((ended.step, ended.exit), (Step::Terminated, signal(SIGTERM)));
    assert_eq!(ended.to_string(), "terminated: signal 15");
    assert!(is_reaped(child.pid()));
}

#[test]
fn terminate_may_be_answered_with_an_exit_code() {
    let script = "trap 'exit 5' TERM; echo ready; sleep 600 & wait";
    let mut child = sh(script).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(read_line(&mut stdout), "ready");
    let ended = child.shutdown(grace(SOON, DEADLINE));
    assert_eq!((ended.step, ended.exit), (Step::Terminated, code(5)));
}

#[test]
fn ignoring_terminate_gets_killed() {
    let script = "trap '' TERM; echo ready; while :; do sleep 600; done";
    let mut child = sh(script).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(read_line(&mut stdout), "ready");
    let ended = child.shutdown(grace(SOON, SOON));
    assert_eq!((ended.step, ended.exit), (Step::Killed, signal(SIGKILL)));
    assert!(is_reaped(child.pid()));
}

#[test]
fn what_a_child_leaves_behind_is_gone_in_the_end() {
    type End = fn(Child);
    let ends: [(&str, End); 4] = [
        ("shutdown", |mut child| {
            let ended = child.shutdown(grace(DEADLINE, DEADLINE));
            assert_eq!((ended.step, ended.exit), (Step::ClosedInput, code(0)));
        }),
        ("begin_shutdown", |mut child| {
            let ended = child.begin_shutdown(grace(DEADLINE, DEADLINE)).wait();
            assert_eq!((ended.step, ended.exit), (Step::ClosedInput, code(0)));
        }),
        ("drop", drop),
        ("drop after its exit", |mut child| {
            drop(child.stdin.take());
            assert_eq!(child.wait_exit(Some(DEADLINE)), Some(code(0)));
            drop(child);
        }),
    ];
    // The second one would survive being asked.
    for leave in ["sleep 600 &", "(trap '' TERM HUP; exec sleep 600) &"] {
        for (name, end) in ends {
            let (child, left) = spawn_with_descendant(&format!("{leave} echo $!; read line; exit 0"));
            let leader = child.pid();
            end(child);
            assert!(is_reaped(leader), "{name}");
            until(name, || !is_alive(left));
        }
    }
}

#[test]
fn a_stranger_on_stderr_holds_nobody_up() {
    // It has left the group, so it is not ours to kill; it keeps the pipe open.
    let script = "setsid sh -c 'echo $$; exec sleep 600' & read line; echo bye >&2";
    let (mut child, stranger) = spawn_with_descendant(script);
    let ended = child.shutdown(grace(DEADLINE, DEADLINE));
    assert_eq!((ended.step, ended.exit), (Step::ClosedInput, code(0)));
    assert_eq!(child.stderr().unwrap().text(), "bye\n");
    drop(child);
    assert!(is_alive(stranger));
    let status = Command::new("kill").arg(stranger.to_string()).status();
    assert!(status.unwrap().success());
    until("stranger", || !is_alive(stranger));
}

#[test]
fn a_stopped_child_gets_killed() {
    // It cannot react to anything else.
    let mut child = sh("echo ready; kill -STOP $$; exit 0").spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    assert_eq!(read_line(&mut stdout), "ready");
    let pid = child.pid();
    until("stopped", || std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T ")));
    let ended = child.shutdown(grace(SOON, SOON));
    assert_eq!((ended.step, ended.exit), (Step::Killed, signal(SIGKILL)));
}

const MOVE_TO: &str = "MCP_OS_TEST_GROUP";

#[test]
#[ignore = "the child of the next test"]
fn moves_to_another_group() {
    let group = std::env::var(MOVE_TO).unwrap().parse().unwrap();
    rustix::process::setpgid(None, rustix::process::Pid::from_raw(group)).unwrap();
    println!("moved");
    std::thread::park();
}

#[test]
fn a_leader_that_leaves_its_group_is_ended_as_well() {
    let group = rustix::process::getpgrp().as_raw_pid().to_string();
    let launch = Launch::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "moves_to_another_group"])
        .env(MOVE_TO, group);
    let ladder = |child: &mut Child| child.shutdown(grace(SOON, DEADLINE)).step;
    let kill = |child: &mut Child| {
        child.kill();
        Step::Killed
    };
    type End<'a> = &'a dyn Fn(&mut Child) -> Step;
    for (end, step, by) in [(&ladder as End<'_>, Step::Terminated, SIGTERM), (&kill, Step::Killed, SIGKILL)] {
        let mut child = launch.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        // The harness of the child says its own things before.
        while !read_line(&mut stdout).ends_with("moved") {
            assert_eq!(child.try_exit(), None);
        }
        assert_eq!(end(&mut child), step);
        assert_eq!(child.try_exit(), Some(signal(by)));
    }
}

#[test]
fn drop_leaves_no_process() {
    let child = sh("trap '' TERM HUP INT; while :; do sleep 600; done").spawn().unwrap();
    let pid = child.pid();
    assert!(is_alive(pid));
    let exited = child.exited();
    drop(child);
    assert!(is_reaped(pid));
    assert_eq!(block_on(exited), signal(SIGKILL));
}

#[test]
fn drop_cuts_a_ladder_short() {
    let mut child = Launch::new("sleep").arg("600").spawn().unwrap();
    let shutdown = child.begin_shutdown(grace(10 * DEADLINE, DEADLINE));
    assert_eq!(shutdown.step(), Step::ClosedInput);
    drop(child);
    let ended = block_on(shutdown);
    assert_eq!((ended.step, ended.exit), (Step::Killed, signal(SIGKILL)));
}

#[test]
fn a_ladder_goes_on_without_its_future() {
    let mut child = Launch::new("sleep").arg("600").spawn().unwrap();
    drop(child.begin_shutdown(grace(SOON, DEADLINE)));
    assert_eq!(child.wait_exit(Some(DEADLINE)), Some(signal(SIGTERM)));
}

#[test]
fn every_waiter_is_told() {
    let mut child = Launch::new("cat").spawn().unwrap();
    let forgotten = child.exited();
    let (sender, polled) = mpsc::channel();
    let waiters: Vec<_> = (0..3)
        .map(|_| {
            let mut exited = child.exited();
            let sender = sender.clone();
            std::thread::spawn(move || {
                // The first poll has found it running before its input is closed below.
                let mut first = true;
                block_on(std::future::poll_fn(move |context| {
                    let answer = std::pin::Pin::new(&mut exited).poll(context);
                    if std::mem::take(&mut first) {
                        sender.send(answer.is_pending()).unwrap();
                    }
                    answer
                }))
            })
        })
        .collect();
    for _ in &waiters {
        assert!(polled.recv_timeout(DEADLINE).unwrap());
    }
    drop(forgotten);
    drop(child.stdin.take());
    for waiter in waiters {
        assert_eq!(waiter.join().unwrap(), code(0));
    }
    // After the fact as well.
    assert_eq!(block_on(child.exited()), code(0));
}

#[test]
fn the_handles_cross_threads() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Child>();
    check::<Launch>();
    check::<mcp_os::Exited>();
    check::<mcp_os::Shutdown>();
    check::<mcp_os::StderrTail>();
    check::<Arc<mcp_os::stdio::Standard>>();
}
