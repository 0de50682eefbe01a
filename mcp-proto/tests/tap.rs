//! The wire tap: what is shown, in which order, and what a sink may do.

use bytes::Bytes;
use mcp_proto::client::{self, Opening};
use mcp_proto::handle::TapQueue;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Catalog, Cx, Server, ServerDriver, Serving, Tool};
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::Implementation;
use mcp_proto::rpc::Raw;
use mcp_proto::server;
use mcp_proto::sim::{Behaviour, Tell, World};
use mcp_proto::tap::{BEGINNING, Direction, Frame, Tap};
use mcp_proto::time::{Clock, Time};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A frame on one line: its second, `<` or `>`, how long it was if it is not whole, and its text.
fn told(frame: &Frame) -> String {
    let seconds = frame.time.since(Time::ORIGIN).as_secs();
    let direction = match frame.direction {
        Direction::Read => '<',
        Direction::Written => '>',
    };
    let length = if frame.length == frame.bytes.len() as u64 { String::new() } else { format!("{}: ", frame.length) };
    format!("{seconds} {direction} {length}{}", frame.bytes.escape_ascii())
}

/// All that a machine does about what it reads, a chunk each second.
fn outputs<M: Machine<Event: Tell>>(mut machine: M, chunks: &[&[u8]]) -> Vec<String> {
    let mut said = Vec::new();
    for (second, chunk) in (1..).zip(chunks) {
        let now = Time::ORIGIN.after(SECOND * second);
        machine.handle_input(now, Input::Read(Bytes::copy_from_slice(chunk)));
        while let Some(output) = machine.poll_output() {
            said.push(match output {
                Output::Frame(frame) => told(&frame),
                Output::Event(event) => format!("* {}", event.tell().split(' ').next().unwrap()),
                Output::Write(bytes) => format!("write {}", bytes.escape_ascii()),
                Output::Finish | Output::Closed(_) => "over".to_owned(),
            });
        }
    }
    said
}

fn server(tap: Option<Tap>) -> server::Connection {
    let mut config = server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
    config.limits.message = Some(2000);
    config.tap = tap;
    server::Connection::new(Arc::new(config))
}

const NOTHING: fn(&Frame) = |_| {};
const PING: &[u8] = b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
const PONG: &str = r#"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"#;

fn check(chunks: &[&[u8]], expect: &[&str]) {
    let found = outputs(server(Some(Tap::new(NOTHING))), chunks);
    assert_eq!(found, expect, "with a tap");
    let mut untapped: Vec<&str> = expect.to_vec();
    untapped.retain(|line| !line.starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(outputs(server(None), chunks), untapped, "without one");
}

#[test]
fn frames_come_before_what_comes_of_them() {
    let (ping, pong) = (String::from_utf8_lossy(PING).replace('"', "\\\""), PONG);
    let line = [PING, b"\n"].concat();
    let (read, said) = (format!("1 < {ping}"), format!("1 > {pong}"));
    let written = format!("write {pong}\\n");
    check(&[&line], &[&read, &said, &written]);
    // Two of one chunk: one after the other, as they are taken.
    let twice = format!("write {pong}\\n{pong}\\n");
    check(&[&[&line[..], &line].concat()], &[&read, &said, &read, &said, &twice]);
    // Whole frames, when they are whole.
    let (read, said) = (format!("2 < {ping}"), format!("2 > {pong}"));
    check(&[&line[..9], &line[9..]], &[&read, &said, &written]);
    // Blank lines, line ends and the mark at the very start are none.
    let read = format!("1 < {ping}");
    check(&[&[b"\xef\xbb\xbf\n \r\n", PING, b"\r\n"].concat()], &[&read, &format!("1 > {pong}"), &written]);
}

#[test]
fn what_is_no_message_is_shown_too() {
    let error = |why: &str| {
        let text = format!(r#"{{\"jsonrpc\":\"2.0\",\"error\":{{\"code\":-32700,\"message\":\"{why}\"}}}}"#);
        [format!("1 > {text}"), "* violation".to_owned(), format!("write {text}\\n")]
    };
    let [said, event, written] = error("not JSON: a value should stand here (byte 0)");
    check(&[b"hello\n"], &["1 < hello", &said, &event, &written]);
    let [said, event, written] = error("not UTF-8");
    check(&[b"\"\xff\"\n"], &[r#"1 < \"\xff\""#, &said, &event, &written]);
}

#[test]
fn a_line_that_is_too_long_is_told_by_its_beginning() {
    let long = [b"{\"x\":\"".to_vec(), b"y".repeat(5000), b"\"}\n".to_vec()].concat();
    let expect = format!("1 < 5008: {}", long[..BEGINNING].escape_ascii());
    for size in [1, 7, 1000, 3000, long.len()] {
        let chunks: Vec<&[u8]> = long.chunks(size).collect();
        let said = outputs(server(Some(Tap::new(NOTHING))), &chunks);
        let seconds = chunks.len();
        assert_eq!(said[0], format!("{seconds}{}", &expect[1..]), "in chunks of {size}");
        assert_eq!(said.len(), 4, "in chunks of {size}");
    }
}

/// A large payload is not copied to be written, but shown with the rest.
#[test]
fn a_large_message_is_shown_whole() {
    let mut config = client::Config::new(Implementation::new("c", "1"));
    config.opening = Opening::LegacyOnly;
    config.tap = Some(Tap::new(NOTHING));
    config.identity = Implementation::new("x".repeat(300_000), "1");
    let mut machine = client::Connection::new(Arc::new(config), Time::ORIGIN);
    let Some(Output::Frame(frame)) = machine.poll_output() else { panic!("no frame") };
    let mut written = Vec::new();
    while let Some(output) = machine.poll_output() {
        let Output::Write(bytes) = output else { panic!("more than bytes") };
        written.extend_from_slice(&bytes);
    }
    assert!(written == [&frame.bytes[..], b"\n"].concat());
    let requests = machine.stats().written.requests;
    assert_eq!((requests.messages, requests.bytes), (1, frame.length));
}

#[test]
fn a_clients_first_message_is_shown() {
    let mut config = client::Config::new(Implementation::new("c", "1"));
    config.opening = Opening::LegacyOnly;
    config.tap = Some(Tap::new(NOTHING));
    let mut machine = client::Connection::new(Arc::new(config), Time::ORIGIN.after(SECOND));
    let Some(Output::Frame(frame)) = machine.poll_output() else { panic!("no frame") };
    assert!(told(&frame).starts_with(r#"1 > {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\""#), "{frame:?}");
    let Some(Output::Write(bytes)) = machine.poll_output() else { panic!("no bytes") };
    assert_eq!(bytes, [&frame.bytes[..], b"\n"].concat());
    let shown = format!("{frame:?}");
    assert!(shown.len() < 250 && !shown.contains("clientInfo"), "its Debug is cut short: {shown}");
}

/// Frames, and what else happened, in order.
type Log = Arc<Mutex<Vec<String>>>;

fn writes(log: &Log, who: &'static str) -> impl Fn(&Frame) + Send + Sync + 'static {
    let log = log.clone();
    move |frame| {
        let json: serde_json::Value = serde_json::from_slice(&frame.bytes).unwrap();
        let what = json.get("method").map_or_else(|| "answer".to_owned(), |m| m.as_str().unwrap().to_owned());
        log.lock().unwrap().push(format!("{who} {:?} {what}", frame.direction));
    }
}

fn meet(world: &World, log: &Log, client: ClientBuilder, server: Server) -> (Client, Serving) {
    let (near, far) = world.link(Behaviour::default());
    let log = log.clone();
    let server = server.tool(Tool::new("t"), move |_: serde_json::Value, _: Cx| {
        log.lock().unwrap().push("handler".to_owned());
        "done"
    });
    let (config, catalog) = server.into_parts(Clock::default(), [0; 32]);
    let (driver, serving) = ServerDriver::<Catalog, _>::new(config, catalog, far, None);
    world.spawn(async move { drop(driver.await) });
    let (driver, client) = ClientDriver::new(client, near);
    world.spawn(async move { drop(driver.await) });
    (client, serving)
}

fn call(world: &World, client: &Client) -> String {
    let result = world.run(client.call_tool("t", Raw::empty_object())).unwrap().unwrap();
    result.content[0].as_text().unwrap().to_owned()
}

const CONVERSATION: [&str; 9] = [
    "client Written server/discover",
    "server Read server/discover",
    "server Written answer",
    "client Read answer",
    "client Written tools/call",
    "server Read tools/call",
    "handler",
    "server Written answer",
    "client Read answer",
];

#[test]
fn a_conversation_seen_from_both_ends() {
    let (world, log) = (World::new(1), Log::default());
    let client = ClientBuilder::new("c", "1").tap(Tap::new(writes(&log, "client")));
    let server = Server::new("s", "1").tap(Tap::new(writes(&log, "server")));
    let (client, _serving) = meet(&world, &log, client, server);
    assert_eq!(call(&world, &client), "done");
    assert_eq!(*log.lock().unwrap(), CONVERSATION);
}

#[test]
fn redaction_comes_before_the_sink() {
    let (world, log) = (World::new(1), Log::default());
    let seen = log.clone();
    let sink = move |frame: &Frame| seen.lock().unwrap().push(format!("{} of {}", frame.bytes.len(), frame.length));
    // Nothing that asks for a tool is shown.
    let redact = |frame: &Frame| frame.bytes.windows(10).any(|w| w == b"tools/call").then(|| "(secret)".to_owned());
    let client = ClientBuilder::new("c", "1").tap(Tap::new(sink).redact(redact));
    let (client, serving) = meet(&world, &log, client, Server::new("s", "1"));
    assert_eq!(call(&world, &client), "done");
    let stats = serving.stats();
    let request = stats.read.requests.bytes;
    let log = log.lock().unwrap();
    let shown: Vec<(u64, u64)> = log
        .iter()
        .filter(|line| *line != "handler")
        .map(|line| line.split_once(" of ").unwrap())
        .map(|(bytes, length)| (bytes.parse().unwrap(), length.parse().unwrap()))
        .collect();
    let [probe, discovered, call, answer] = shown[..] else { panic!("{shown:?}") };
    assert_eq!((probe.0, discovered.0, answer.0), (probe.1, discovered.1, answer.1));
    assert_eq!(call, (8, request - probe.1), "the length is that on the wire");
}

#[test]
fn a_sink_that_panics_ends_the_tap_and_nothing_else() {
    for panics_in_redaction in [false, true] {
        let (world, log) = (World::new(1), Log::default());
        let seen = log.clone();
        let sink = Tap::new(move |frame| {
            seen.lock().unwrap().push(format!("{:?}", frame.direction));
            assert!(panics_in_redaction || frame.direction == Direction::Written, "the sink fails");
        });
        let tap = sink.redact(move |frame| {
            assert!(!panics_in_redaction || frame.direction == Direction::Written, "redaction fails");
            None
        });
        let (client, _serving) = meet(&world, &log, ClientBuilder::new("c", "1").tap(tap), Server::new("s", "1"));
        assert_eq!(call(&world, &client), "done");
        let shown = log.lock().unwrap().clone();
        let expect: &[&str] =
            if panics_in_redaction { &["Written", "handler"] } else { &["Written", "Read", "handler"] };
        assert_eq!(shown, expect);
    }
}

/// No lock is held: a sink may use the connection it watches.
#[test]
fn a_sink_may_call() {
    let (world, log) = (World::new(1), Log::default());
    let of_sink: Arc<Mutex<Option<Client>>> = Arc::default();
    let (seen, handle) = (log.clone(), of_sink.clone());
    let tap = Tap::new(move |frame| {
        let client = handle.lock().unwrap().clone();
        let Some(client) = client else { return };
        let requests = client.stats().written.requests.messages;
        seen.lock().unwrap().push(format!("{:?} {requests}", frame.direction));
        if frame.direction == Direction::Read && requests < 3 {
            drop(client.prepare_raw("x/y", Raw::empty_object()).send());
        }
    });
    let (client, _serving) = meet(&world, &log, ClientBuilder::new("c", "1").tap(tap), Server::new("s", "1"));
    world.run(client.server()).unwrap().unwrap();
    *of_sink.lock().unwrap() = Some(client.clone());
    assert_eq!(call(&world, &client), "done");
    // A call that is dropped at once is sent and cancelled, and both frames are shown after the one at hand. The server
    // has answered before it reads of that.
    let expect = ["Written 2", "handler", "Read 2", "Written 3", "Written 3", "Read 3"];
    assert_eq!(*log.lock().unwrap(), expect);
    of_sink.lock().unwrap().take();
}

#[test]
fn a_sink_that_is_too_slow_is_told_what_it_missed() {
    let missed = Arc::new(Mutex::new(Vec::new()));
    let (seen, again) = (missed.clone(), Arc::new(Mutex::new(TapQueue::new(None))));
    let queue = again.clone();
    let mut frames = {
        let mut machine = server(Some(Tap::new(NOTHING)));
        let mut next = move || {
            machine.handle_input(Time::ORIGIN, Input::Read(Bytes::from_static(b"x\n")));
            let Some(Output::Frame(frame)) = machine.poll_output() else { panic!("no frame") };
            while machine.poll_output().is_some() {}
            frame
        };
        move |size: usize| {
            let mut frame = next();
            frame.bytes = Bytes::from(vec![b'x'; size]);
            frame
        }
    };
    // While the sink is busy with the first frame others come: one large, two that there is no room for, and
    // one that has room again.
    let late: Vec<Frame> = [TapQueue::ROOM - 1000, 1000, 1000, 1].map(&mut frames).into();
    let late = Mutex::new(late);
    let tap = Tap::new(move |frame| {
        seen.lock().unwrap().push((frame.bytes.len(), frame.missed));
        let queue = queue.lock().unwrap().clone();
        late.lock().unwrap().drain(..).for_each(|frame| queue.push(frame));
        queue.show();
    });
    let queue = TapQueue::new(Some(&tap));
    *again.lock().unwrap() = queue.clone();
    queue.push(frames(2));
    queue.show();
    assert_eq!(*missed.lock().unwrap(), [(2, 0), (TapQueue::ROOM - 1000, 0), (1, 2)]);
    *again.lock().unwrap() = TapQueue::new(None);
}
