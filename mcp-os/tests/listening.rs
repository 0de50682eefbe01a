//! Accepting connections, with an acceptor that follows a script.

use mcp_os::{Accepting, Acceptor, ListenError, Listening};
use mcp_proto::handle::Once;
use mcp_proto::handle::server::{Connections, Place, ServerPort, Serving};
use mcp_proto::server::Command;
use mcp_proto::stats::Stats;
use mcp_proto::time::Time;
use std::collections::VecDeque;
use std::future::Future as _;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// What came, and what was done.
#[derive(Default)]
struct Script {
    /// Accepts; at the end nobody comes.
    accepts: VecDeque<Result<&'static str, ErrorKind>>,
    /// What serving the next connections fails with.
    refusals: VecDeque<ErrorKind>,
    open: Vec<(&'static str, Place)>,
    /// Waits for a time, since it ran last.
    sleeps: bool,
    /// Whether the time waited for has come.
    awake: bool,
    closed: bool,
}

#[derive(Clone, Default)]
struct Scripted(Arc<Mutex<Script>>);

struct Port;

impl ServerPort for Port {
    fn now(&self) -> Time {
        Time::ORIGIN
    }

    fn command(&self, _: Command) {}

    fn stats(&self) -> Stats {
        Stats::default()
    }
}

impl Acceptor for Scripted {
    type Stream = &'static str;

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<&'static str>> {
        let mut script = self.0.lock().unwrap();
        assert!(!script.closed, "accepting after it was closed");
        script.accepts.pop_front().map_or(Poll::Pending, |accept| Poll::Ready(accept.map_err(io::Error::from)))
    }

    fn serve(&mut self, stream: &'static str, connections: &Arc<Connections>) -> io::Result<()> {
        let mut script = self.0.lock().unwrap();
        if let Some(refusal) = script.refusals.pop_front() {
            return Err(refusal.into());
        }
        let place = connections.add(Serving::new(Arc::new(Port), Once::new()));
        script.open.push((stream, place));
        Ok(())
    }

    fn poll_sleep(&mut self, _: &mut Context<'_>, _: Time) -> Poll<()> {
        let mut script = self.0.lock().unwrap();
        script.sleeps = !std::mem::take(&mut script.awake);
        if script.sleeps { Poll::Pending } else { Poll::Ready(()) }
    }

    fn close(&mut self) {
        self.0.lock().unwrap().closed = true;
    }
}

struct World {
    script: Scripted,
    accepting: Accepting<Scripted>,
    listening: Listening,
}

impl World {
    fn new<const N: usize>(most: usize, accepts: [Result<&'static str, ErrorKind>; N]) -> Self {
        let script = Scripted::default();
        script.0.lock().unwrap().accepts = accepts.into();
        let (accepting, listening) = Accepting::new(None, most, script.clone());
        Self { script, accepting, listening }
    }

    /// Runs until it waits: who is connected, whether it sleeps, whether it has ended.
    fn run(&mut self) -> (Vec<&'static str>, bool, bool) {
        self.script.0.lock().unwrap().sleeps = false;
        let ended = Pin::new(&mut self.accepting).poll(&mut Context::from_waker(Waker::noop())).is_ready();
        let script = self.script.0.lock().unwrap();
        (script.open.iter().map(|(name, _)| *name).collect(), script.sleeps, ended)
    }

    fn awake(&self) {
        self.script.0.lock().unwrap().awake = true;
    }

    fn leave(&self, name: &str) {
        let left: Vec<_> = self.script.0.lock().unwrap().open.extract_if(.., |(open, _)| *open == name).collect();
        assert_eq!(left.len(), 1);
    }
}

const ABORTED: Result<&str, ErrorKind> = Err(ErrorKind::ConnectionAborted);
const FULL: Result<&str, ErrorKind> = Err(ErrorKind::OutOfMemory);
const ODD: Result<&str, ErrorKind> = Err(ErrorKind::InvalidInput);

#[test]
fn errors_are_survived() {
    let mut world = World::new(9, [Ok("a"), ABORTED, ABORTED, Ok("b"), FULL, FULL, Ok("c"), ODD, Ok("d")]);
    assert_eq!(world.run(), (vec!["a", "b"], true, false));
    assert_eq!(world.run(), (vec!["a", "b"], true, false));
    world.awake();
    assert_eq!(world.run(), (vec!["a", "b"], true, false));
    world.awake();
    assert_eq!(world.run(), (vec!["a", "b", "c"], true, false));
    world.awake();
    assert_eq!(world.run(), (vec!["a", "b", "c", "d"], false, false));
    assert_eq!((world.listening.connections(), world.listening.ended()), (4, None));
}

#[test]
fn one_that_cannot_be_served_is_lost_and_no_other() {
    let mut world = World::new(9, [Ok("a"), Ok("b"), Ok("c")]);
    world.script.0.lock().unwrap().refusals = [ErrorKind::WouldBlock, ErrorKind::ConnectionReset].into();
    assert_eq!(world.run(), (vec![], true, false));
    world.awake();
    assert_eq!(world.run(), (vec!["c"], false, false));
}

#[test]
fn nothing_but_errors_is_told_and_those_who_are_served_go_on() {
    let mut world = World::new(9, [Ok("a"), ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD, ODD]);
    for _ in 0..9 {
        assert_eq!(world.run(), (vec!["a"], true, false));
        world.awake();
    }
    assert_eq!(world.run(), (vec!["a"], false, true));
    let why = io::Error::from(ErrorKind::InvalidInput).to_string();
    assert_eq!((world.listening.connections(), world.listening.ended()), (1, Some(Err(ListenError::Accept(why)))));
    assert!(world.script.0.lock().unwrap().closed);
}

#[test]
fn at_the_cap_nothing_is_accepted() {
    let mut world = World::new(2, [Ok("a"), Ok("b"), Ok("c"), Ok("d")]);
    assert_eq!(world.run(), (vec!["a", "b"], false, false));
    assert_eq!(world.run(), (vec!["a", "b"], false, false));
    world.leave("a");
    assert_eq!(world.run(), (vec!["b", "c"], false, false));
    world.leave("c");
    world.leave("b");
    assert_eq!(world.run(), (vec!["d"], false, false));
}

#[test]
fn a_shutdown_waits_for_the_connections() {
    let mut world = World::new(2, [Ok("a"), Ok("b"), Ok("c")]);
    world.run();
    world.listening.shutdown(Duration::from_secs(5));
    assert_eq!(world.run(), (vec!["a", "b"], true, false));
    assert!(world.script.0.lock().unwrap().closed);
    world.leave("a");
    assert_eq!(world.run(), (vec!["b"], true, false));
    assert_eq!(world.listening.ended(), None);
    world.leave("b");
    assert_eq!(world.run(), (vec![], false, true));
    assert_eq!(world.listening.wait(None), Some(Ok(())));
}

#[test]
fn one_that_does_not_close_is_left_behind() {
    let mut world = World::new(2, [Ok("a")]);
    world.run();
    world.listening.shutdown(Duration::ZERO);
    assert_eq!(world.run(), (vec!["a"], true, false));
    world.awake();
    assert_eq!(world.run(), (vec!["a"], false, true));
    assert_eq!((world.listening.connections(), world.listening.ended()), (1, Some(Ok(()))));
}

#[test]
fn a_shutdown_ends_a_pause() {
    let mut world = World::new(2, [FULL, Ok("a")]);
    assert_eq!(world.run(), (vec![], true, false));
    world.listening.shutdown(Duration::ZERO);
    assert_eq!(world.run(), (vec![], false, true));
}

#[test]
fn many_at_once_leave_others_a_turn() {
    let mut world = World::new(100, [Ok("a"); 100]);
    assert_eq!(world.run().0.len(), 64);
    assert_eq!(world.run().0.len(), 100);
}

#[test]
fn whoever_waits_hears_of_a_task_that_was_dropped() {
    let World { accepting, listening, .. } = World::new(2, []);
    drop(accepting);
    assert_eq!(listening.wait(None), Some(Err(ListenError::Dropped)));
}
