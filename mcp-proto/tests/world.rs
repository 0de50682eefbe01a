//! The simulated world itself: clock, executor, streams.

use bytes::Bytes;
use mcp_proto::error::{Closed, Fault};
use mcp_proto::handle::Link as _;
use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::handle::server::{Cx, Server, Tool};
use mcp_proto::model::{Elicit, ElicitAction, ElicitForm, ElicitResult, Era, Revision};
use mcp_proto::rpc::Raw;
use mcp_proto::sim::{Behaviour, Cut, Point, Stall, Stuck, World, seeds};
use mcp_proto::time::Time;
use std::future::{pending, poll_fn};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn at(seconds: u64) -> Time {
    Time::ORIGIN.after(Duration::from_secs(seconds))
}

#[test]
fn the_clock_jumps_when_everybody_waits() {
    let world = World::new(1);
    let order = Arc::new(Mutex::new(Vec::new()));
    for n in [3u32, 1, 2] {
        let (sleep, order, clock) = (world.sleep(SECOND * n), order.clone(), world.clone());
        world.spawn(async move {
            sleep.await;
            order.lock().unwrap().push((n, clock.now()));
        });
    }
    world.run(world.sleep(SECOND * 2)).unwrap();
    assert_eq!(world.now(), at(2));
    world.run(world.sleep(SECOND * 2)).unwrap();
    assert_eq!(*order.lock().unwrap(), [(1, at(1)), (2, at(2)), (3, at(3))]);
    assert_eq!(world.now(), at(4));
}

#[test]
fn nobody_can_go_on() {
    let world = World::new(1);
    assert_eq!(world.run(pending::<()>()), Err(Stuck::Asleep(Time::ORIGIN)));
}

#[test]
fn somebody_goes_on_for_ever() {
    let world = World::new(1);
    let spin = poll_fn(|cx| {
        cx.waker().wake_by_ref();
        std::task::Poll::<()>::Pending
    });
    assert_eq!(world.run(spin), Err(Stuck::Spinning(Time::ORIGIN)));
}

#[test]
fn tasks_are_dropped_with_the_world() {
    let world = World::new(1);
    let (mut ours, theirs) = world.link(Behaviour::default());
    world.spawn(async move {
        let _kept = theirs;
        pending::<()>().await;
    });
    assert_eq!(world.run(async {}), Ok(()));
    drop(world);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(ours.poll_read(&mut cx).is_ready(), "the other end was dropped, so this is the end");
}

/// Sends three writes and gives what each read brought and when, in seconds.
fn reads(behaviour: Behaviour) -> Vec<(u64, Result<String, Fault>)> {
    let world = World::new(5);
    let (ours, mut theirs) = world.link(behaviour);
    let mut peer = ours.into_peer();
    world.spawn(async move {
        for text in ["one\n", "two\n", "three\n"] {
            peer.send_bytes(text).await;
        }
    });
    let clock = world.clone();
    world
        .run(async move {
            let mut reads = Vec::new();
            loop {
                let read = poll_fn(|cx| theirs.poll_read(cx)).await;
                let over = read.as_ref().map_or(true, Bytes::is_empty);
                let text = read.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
                reads.push((clock.now().since(Time::ORIGIN).as_secs(), text));
                if over {
                    return reads;
                }
            }
        })
        .unwrap()
}

fn whole(items: &[(u64, &str)]) -> Vec<(u64, Result<String, Fault>)> {
    items.iter().map(|(at, text)| (*at, Ok((*text).to_owned()))).collect()
}

#[test]
fn a_stream_behaves() {
    let base = Behaviour::default;
    let check = |behaviour, expect: Vec<_>| assert_eq!(reads(behaviour), expect);
    check(base(), whole(&[(0, "one\n"), (0, "two\n"), (0, "three\n"), (0, "")]));
    check(Behaviour { glue: true, ..base() }, whole(&[(0, "one\ntwo\nthree\n"), (0, "")]));
    let slow = Behaviour { delay: SECOND * 5, ..base() };
    check(slow, whole(&[(5, "one\n"), (5, "two\n"), (5, "three\n"), (5, "")]));
    let narrow = Behaviour { bytes_per_second: Some(2), ..base() };
    check(narrow, whole(&[(2, "one\n"), (4, "two\n"), (7, "three\n"), (7, "")]));
    let fragile = Behaviour { reset: Some(Point::Byte(5)), ..base() };
    let mut expect = whole(&[(0, "one\n"), (0, "t")]);
    expect.push((0, Err(Fault::Broken("reset".to_owned()))));
    check(fragile, expect);
    let dead = Behaviour { reset: Some(Point::Byte(0)), ..base() };
    check(dead, vec![(0, Err(Fault::Broken("reset".to_owned())))]);
    let mut expect = whole(&[(5, "one\n"), (5, "two\n"), (5, "three\n")]);
    expect.push((5, Err(Fault::Broken("reset".to_owned()))));
    check(Behaviour { delay: SECOND * 5, reset: Some(Point::Time(at(2))), ..base() }, expect);
    let busy = |from| Some(Stall { from, lasts: Some(SECOND * 3) });
    let stalls = Behaviour { stall: busy(Point::Byte(5)), ..base() };
    check(stalls, whole(&[(0, "one\n"), (0, "t"), (3, "wo\n"), (3, "three\n"), (3, "")]));
    check(Behaviour { stall: busy(Point::after(SECOND)), ..base() }, reads(base()));
    let late = Behaviour { stall: busy(Point::Byte(0)), delay: SECOND, ..base() };
    check(late, whole(&[(4, "one\n"), (4, "two\n"), (4, "three\n"), (4, "")]));
}

#[test]
fn jitter_keeps_the_order_and_its_bound() {
    let behaviour = Behaviour { delay: SECOND, jitter: SECOND * 9, ..Behaviour::default() };
    let found = reads(behaviour.clone());
    assert_eq!(found, reads(behaviour), "the seed decides");
    let said: Vec<_> = found.iter().map(|(_, text)| text.clone().unwrap()).collect();
    assert_eq!(said, ["one\n", "two\n", "three\n", ""]);
    assert!(found.is_sorted_by_key(|(at, _)| *at) && found.iter().all(|(at, _)| (1..=10).contains(at)), "{found:?}");
    assert_ne!(found.first().map(|f| f.0), found.last().map(|f| f.0), "chance plays a part");
}

/// Two peers of which the first says two lines and ends, the second answers and ends.
fn half(behaviour: Behaviour) -> (World, Option<String>, Result<Option<String>, Stuck>) {
    let world = World::new(5);
    let (ours, theirs) = world.link_with(behaviour, Behaviour::default());
    let (mut ours, mut theirs) = (ours.into_peer(), theirs.into_peer());
    world.spawn(async move {
        theirs.send_line("hello").await;
        theirs.line().await;
        theirs.line().await;
        theirs.send_line("unreached").await;
    });
    let other = world.run(async {
        ours.send_line("one").await;
        ours.send_line("two").await;
        ours.line().await
    });
    let more = world.run(ours.line());
    (world, other.unwrap(), more)
}

#[test]
fn a_direction_that_dies_silently_tells_nobody() {
    let (world, other, more) = half(Behaviour { silence: Some(Point::Byte(5)), ..Behaviour::default() });
    assert_eq!(other, Some("hello".to_owned()), "the other direction goes on");
    assert_eq!(more, Err(Stuck::Asleep(world.now())));
    let (_, _, whole) = half(Behaviour { silence: Some(Point::Byte(8)), ..Behaviour::default() });
    assert_eq!(whole, Ok(Some("unreached".to_owned())), "what was taken before arrives");
}

#[test]
fn the_end_of_a_silent_direction_is_lost_too() {
    let world = World::new(5);
    let behaviour = Behaviour { silence: Some(Point::Byte(4)), ..Behaviour::default() };
    let (ours, theirs) = world.link_with(behaviour, Behaviour::default());
    let (mut ours, mut theirs) = (ours.into_peer(), theirs.into_peer());
    world.run(ours.send_line("one")).unwrap();
    drop(ours);
    assert_eq!(world.run(theirs.line()), Ok(Some("one".to_owned())));
    assert_eq!(world.run(theirs.line()), Err(Stuck::Asleep(world.now())));
}

#[test]
fn a_reset_by_time_reaches_those_who_wait() {
    let behaviour = Behaviour { capacity: 2, reset: Some(Point::Time(at(7))), ..Behaviour::default() };
    let world = World::new(1);
    let (ours, theirs) = world.link(behaviour);
    let (mut ours, mut theirs) = (ours.into_peer(), theirs.into_peer());
    // One waits for room, the other has read nothing yet.
    world.run(ours.send_line("too long")).unwrap();
    assert_eq!(world.now(), at(7));
    assert_eq!(world.run(theirs.line()), Ok(Some("to".to_owned())));
    assert_eq!(world.run(theirs.line()), Ok(None));
}

#[test]
fn a_stall_for_ever() {
    let behaviour = Behaviour { stall: Some(Stall { from: Point::Time(at(0)), lasts: None }), ..Behaviour::default() };
    let world = World::new(1);
    let (ours, _theirs) = world.link(behaviour);
    assert_eq!(world.run(ours.into_peer().send_line("?")), Err(Stuck::Asleep(at(0))));
}

#[test]
fn the_seed_that_fails_is_named() {
    let tried = Arc::new(Mutex::new(Vec::new()));
    let log = tried.clone();
    let panic = std::panic::catch_unwind(move || {
        seeds(3..9, |seed| {
            log.lock().unwrap().push(seed);
            assert!(seed < 5, "too large");
        });
    });
    let said = panic.unwrap_err().downcast_ref::<String>().cloned();
    assert_eq!(said.as_deref(), Some("with the seed 5: too large"));
    assert_eq!(*tried.lock().unwrap(), [3, 4, 5]);
}

#[test]
fn cutting_keeps_every_byte() {
    let each = reads(Behaviour { cut: Cut::EachByte, ..Behaviour::default() });
    assert_eq!(each.len(), 15, "14 bytes and the end");
    let random = reads(Behaviour { cut: Cut::Random, ..Behaviour::default() });
    assert_ne!(random, each);
    assert_eq!(random, reads(Behaviour { cut: Cut::Random, ..Behaviour::default() }), "the seed decides");
    for cut in [each, random] {
        let all: String = cut.into_iter().map(|(_, text)| text.unwrap()).collect();
        assert_eq!(all, "one\ntwo\nthree\n");
    }
}

#[test]
fn a_write_waits_for_room() {
    let world = World::new(1);
    let (ours, theirs) = world.link(Behaviour { capacity: 4, ..Behaviour::default() });
    let (mut ours, mut theirs) = (ours.into_peer(), theirs.into_peer());
    world.spawn(async move { ours.send_line("longer than four bytes").await });
    world.run(world.sleep(SECOND)).unwrap();
    let line = world.run(async move { (theirs.line().await, theirs.line().await) });
    assert_eq!(line, Ok((Some("longer than four bytes".to_owned()), None)));
}

#[derive(serde::Deserialize)]
struct Nothing {}

fn server(revisions: &[Revision]) -> Server {
    Server::new("s", "1").revisions(revisions.to_vec()).tool(Tool::new("ask"), |_: Nothing, cx: Cx| {
        cx.progress(1.0, Some(2.0), None);
        let mut said = Vec::new();
        for key in ["a", "b", "c"] {
            let answer = cx.ask(key, Elicit::form(key, Raw::empty_object()))?;
            said.push(answer.content.map(|c| c.as_str().to_owned()).unwrap_or_default());
        }
        Ok::<_, mcp_proto::handle::server::Failure>(said.join(" "))
    })
}

/// A client and a server of this library meet; how a tool call with three questions went.
fn meeting(seed: u64, behaviour: Behaviour, revisions: &[Revision]) -> (Era, String, Closed, Time) {
    let world = World::new(seed);
    let (near, far) = world.link(behaviour);
    let serving = world.serve(server(revisions), far);
    let builder = ClientBuilder::new("c", "1").on_elicit(async |question: ElicitForm| {
        let content = Raw::from_serialize(&question.message).unwrap();
        ElicitResult::new(ElicitAction::Accept).content(content)
    });
    let client = world.connect(builder, near);
    let told = world.run(async move {
        let info = client.server().await.unwrap();
        let result = client.call_tool("ask", Raw::empty_object()).await.unwrap();
        (info.revision.era(), result.content[0].as_text().unwrap().to_owned())
    });
    let (era, text) = told.unwrap();
    let closed = world.run(serving).unwrap();
    (era, text, closed, world.now())
}

#[test]
fn client_and_server_meet_on_every_stream() {
    let base = Behaviour::default;
    let behaviours = [
        base(),
        Behaviour { cut: Cut::EachByte, ..base() },
        Behaviour { cut: Cut::Random, glue: true, ..base() },
        Behaviour { delay: SECOND / 10, capacity: 7, ..base() },
        Behaviour { bytes_per_second: Some(100_000), cut: Cut::Random, ..base() },
        Behaviour { stall: Some(Stall { from: Point::Byte(700), lasts: Some(SECOND * 4) }), ..base() },
        Behaviour {
            stall: Some(Stall { from: Point::after(SECOND / 5), lasts: Some(SECOND) }),
            delay: SECOND / 10,
            ..base()
        },
    ];
    let drawn = (0..30).map(Behaviour::from_seed);
    let both = Revision::SPOKEN;
    for (seed, behaviour) in (0..).zip(behaviours.into_iter().chain(drawn)) {
        for (revisions, era) in [(both, Era::Modern), (&both[1..], Era::Legacy), (&both[..1], Era::Modern)] {
            let met = meeting(seed, behaviour.clone(), revisions);
            let expect = (era, r#""a" "b" "c""#.to_owned(), Closed::ByPeer(None));
            assert_eq!((met.0, met.1.clone(), met.2.clone()), expect, "{behaviour:?}");
            assert_eq!(met, meeting(seed, behaviour.clone(), revisions), "the same seed is the same run");
        }
    }
}

#[test]
fn scripted_peers() {
    let world = World::new(3);
    let (ours, theirs) = world.link(Behaviour::default());
    let client = world.connect(ClientBuilder::new("c", "1"), ours);
    let mut peer = theirs.into_peer();
    let outcome = world.run(async {
        let probe = peer.request("server/discover").await.unwrap();
        peer.respond(&probe, r#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}"#).await;
        let call = client.call_tool("t", Raw::empty_object());
        let id = peer.request("tools/call").await.unwrap();
        peer.send_line(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#)).await;
        let answered = call.await.unwrap();
        let lost = client.call_tool("t", Raw::empty_object());
        assert!(peer.line().await.is_some());
        peer.reset();
        (answered.content.len(), lost.await.err().map(|e| e.to_string()), peer.line().await)
    });
    assert_eq!(outcome.unwrap(), (0, Some("the connection broke: reset".to_owned()), None));
}
