//! What connections count: whole snapshots after scripted conversations.

use bytes::Bytes;
use mcp_proto::binding::{Session, Stream};
use mcp_proto::client::{self, Opening};
use mcp_proto::handle::client::{ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Catalog, Cx, Server, ServerDriver, Tool};
use mcp_proto::limits::Limits;
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::{ElicitationCapability, Extra, Implementation, ListCapability};
use mcp_proto::rpc::Raw;
use mcp_proto::server;
use mcp_proto::sim::{Behaviour, Spell, World};
use mcp_proto::stats::{Stats, Tally, Timing, Traffic};
use mcp_proto::time::{Clock, Time};
use std::sync::Arc;
use std::time::Duration;

/// What happens: `< line` by the peer, `! command` by the owner, `at 5` the clock goes to that second, `hold` nothing
/// is confirmed as written from here on, `end` the peer ends.
type Script<'a> = &'a [&'a str];

fn at(seconds: f64) -> Time {
    Time::from_elapsed(Duration::from_secs_f64(seconds))
}

/// Plays a script and compares what was counted: the traffic with what went over the wire, as another reader of JSON
/// sees it, the rest with `expect`.
fn check<S: Session<Command: Spell>>(mut machine: Stream<S>, script: Script<'_>, expect: impl FnOnce(&mut Stats)) {
    let (mut now, mut holding) = (Time::ORIGIN, false);
    let (mut read, mut written) = (Traffic::default(), Traffic::default());
    for step in ["at 0"].iter().chain(script) {
        let (what, rest) = step.split_once(' ').unwrap_or((step, ""));
        let input = match what {
            "<" => {
                tally(&mut read, rest);
                Some(Input::Read(Bytes::from(format!("{rest}\n"))))
            }
            "!" => Some(Input::Command(S::Command::read(rest).unwrap())),
            "end" => Some(Input::ReadEnd(None)),
            "hold" => {
                holding = true;
                None
            }
            "at" => {
                now = at(rest.parse().unwrap());
                Some(Input::Timeout)
            }
            other => panic!("{other}"),
        };
        input.into_iter().for_each(|input| machine.handle_input(now, input));
        while let Some(output) = machine.poll_output() {
            if let Output::Write(bytes) = output {
                std::str::from_utf8(&bytes).unwrap().lines().for_each(|line| tally(&mut written, line));
                if !holding {
                    machine.handle_input(now, Input::Written(bytes.len()));
                }
            }
        }
    }
    let mut expected = Stats::default();
    (expected.read, expected.written) = (read, written);
    expect(&mut expected);
    assert_eq!(machine.stats(), expected, "{script:#?}");
}

/// Counts a line, if it is a message.
fn tally(traffic: &mut Traffic, line: &str) {
    let Ok(json) = serde_json::from_str::<serde_json::Value>(line) else { return };
    let has = |name| json.get(name).is_some();
    let tally = match (json.is_array(), has("method"), has("id"), has("result")) {
        (true, ..) => &mut traffic.batches,
        (_, true, true, _) => &mut traffic.requests,
        (_, true, false, _) => &mut traffic.notifications,
        (_, _, _, true) => &mut traffic.responses,
        _ if has("error") => &mut traffic.errors,
        _ => return,
    };
    *tally = Tally::new(tally.messages + 1, tally.bytes + line.len() as u64);
}

fn client(opening: Opening, limits: impl FnOnce(&mut Limits)) -> client::Connection {
    let mut config = client::Config::new(Implementation::new("c", "1"));
    config.opening = opening;
    config.capabilities.elicitation = Some(ElicitationCapability::new().form(Extra::new()));
    limits(&mut config.limits);
    client::Connection::new(Arc::new(config), Time::ORIGIN)
}

const DISCOVERED: &str =
    r#"< {"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}}"#;

#[test]
fn a_client_that_only_opens() {
    let modern = || client(Opening::Probe, |_| {});
    check(modern(), &[], |_| {});
    check(modern(), &[DISCOVERED], |_| {});
    check(modern(), &[DISCOVERED, "end"], |_| {});
}

#[test]
fn calls_of_a_client() {
    let modern = || client(Opening::Probe, |limits| (limits.calls, limits.waiting) = (2, 1));
    let call = [
        r#"! call 1 {"method":"tools/list","params":{},"deadline":"5"}"#,
        r#"! call 2 {"method":"tools/list","params":{}}"#,
        r#"! call 3 {"method":"tools/list","params":{}}"#,
        r#"! call 4 {"method":"tools/list","params":{}}"#,
    ];
    // They wait while it opens; a second one has no room there.
    check(modern(), &[call[0], call[1]], |s| {
        (s.calls.started, s.calls.failed, s.levels.waiting) = (2, 1, 1);
    });
    // Two are sent, one waits, one is too much.
    let open = [DISCOVERED, call[0], call[1], call[2], call[3]];
    check(modern(), &open, |s| {
        (s.calls.started, s.calls.failed) = (4, 1);
        (s.levels.in_flight, s.levels.waiting) = (2, 1);
    });
    // The connection's end is the end of all of them.
    check(modern(), &[&open[..], &["end"]].concat(), |s| (s.calls.started, s.calls.failed) = (4, 4));
    let ends = [
        &open[..],
        &["at 5", r#"< {"jsonrpc":"2.0","id":3,"result":{"tools":[]}}"#, "! cancel 3"],
        // Late: one that has run out of time, one answered already, one that was cancelled.
        &[r#"< {"jsonrpc":"2.0","id":2,"result":{"tools":[]}}"#],
        &[r#"< {"jsonrpc":"2.0","id":3,"result":{"tools":[]}}"#],
        &[r#"< {"jsonrpc":"2.0","id":4,"error":{"code":-1,"message":"m"}}"#],
        // Never asked.
        &[r#"< {"jsonrpc":"2.0","id":5,"result":{}}"#, r#"< {"jsonrpc":"2.0","id":0,"result":{}}"#],
        &[r#"< {"jsonrpc":"2.0","id":"4","result":{}}"#, r#"< {"jsonrpc":"2.0","error":{"code":-1,"message":"m"}}"#],
    ];
    check(modern(), &ends.concat(), |s| {
        (s.calls.started, s.calls.completed, s.calls.failed) = (4, 1, 1);
        (s.calls.timed_out, s.calls.cancelled) = (1, 1);
        (s.late, s.unmatched) = (3, 4);
    });
    let refused = r#"< {"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"m"}}"#;
    check(modern(), &[DISCOVERED, call[1], refused], |s| (s.calls.started, s.calls.failed) = (1, 1));
}

#[test]
fn what_a_client_can_not_use() {
    let modern = || client(Opening::Probe, |limits| limits.message = Some(400));
    let progress = |token| {
        format!(
            r#"< {{"jsonrpc":"2.0","method":"notifications/progress","params":{{"progressToken":{token},"progress":1}}}}"#
        )
    };
    let (unknown, early) = (progress(7), progress(2));
    let cancelled = r#"< {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    // An unknown one is an event; whether anybody takes it is for the owner to say.
    let other = r#"< {"jsonrpc":"2.0","method":"notifications/x"}"#;
    check(modern(), &[DISCOVERED, &unknown, &early, cancelled, other], |s| s.notifications_dropped = 3);

    let long = format!("< {}", "x".repeat(500));
    let script = [DISCOVERED, "< banner", r#"< {"jsonrpc":"2.0"}"#, &long, "< {\"half"];
    check(modern(), &script, |s| {
        (s.malformed, s.oversize) = (Tally::new(3, 6 + 17 + 6), Tally::new(1, 500));
    });
    // A broken answer ends its call.
    let broken = r#"< {"jsonrpc":"2.0","id":2,"result":7}"#;
    check(modern(), &[DISCOVERED, r#"! call 1 {"method":"tools/list","params":{}}"#, broken], |s| {
        s.read.responses = Tally::new(1, DISCOVERED.len() as u64 - 2);
        s.malformed = Tally::new(1, broken.len() as u64 - 2);
        (s.calls.started, s.calls.failed) = (1, 1);
    });
    // A batch is one, whatever is in it.
    check(modern(), &[DISCOVERED, r#"< [{"jsonrpc":"2.0","id":9,"result":{}}]"#], |_| {});
}

#[test]
fn questions_of_an_older_server() {
    let legacy = || client(Opening::LegacyOnly, |_| {});
    let initialized = r#"< {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}"#;
    let ask = r#"< {"jsonrpc":"2.0","id":7,"method":"elicitation/create","params":{}}"#;
    let ping = r#"< {"jsonrpc":"2.0","id":8,"method":"ping"}"#;
    check(legacy(), &[initialized, ask, ask, ping, "! answer 1 result {}", ask], |s| s.duplicate_ids = 1);
    let cancelled = r#"< {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#;
    check(legacy(), &[initialized, ask, cancelled, cancelled], |s| s.notifications_dropped = 1);
}

fn server(limits: impl FnOnce(&mut Limits)) -> server::Connection {
    let mut config = server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
    config.capabilities.tools = Some(ListCapability::new());
    limits(&mut config.limits);
    server::Connection::new(Arc::new(config))
}

fn asks(id: &str, forms: bool) -> String {
    let able = if forms { r#"{"elicitation":{}}"# } else { "{}" };
    let meta = format!(
        r#"{{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{able}}}"#
    );
    format!(r#"< {{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"t","_meta":{meta}}}}}"#)
}

#[test]
fn calls_of_a_server() {
    let retained = |requests: &[&String]| requests.iter().map(|request| request.len() - 2).sum::<usize>();
    let (one, two, three) = (asks("1", true), asks("\"2\"", true), asks("3", false));
    let few = || server(|limits| limits.calls = 2);
    let open = [&*one, &two];
    check(few(), &open, |s| {
        (s.calls.started, s.levels.in_flight, s.levels.retained_in) = (2, 2, retained(&[&one, &two]));
    });
    // One id in flight already, one request too many: neither is begun.
    check(few(), &[&open[..], &[&one, &three]].concat(), |s| {
        (s.calls.started, s.levels.in_flight, s.levels.retained_in) = (2, 2, retained(&[&one, &two]));
        s.duplicate_ids = 1;
    });
    let cancel = r#"< {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"2"}}"#;
    check(few(), &[&open[..], &[r#"! respond 1 error {"code":-1,"message":"m"}"#, cancel, cancel]].concat(), |s| {
        (s.calls.started, s.calls.failed, s.calls.cancelled) = (2, 1, 1);
        s.notifications_dropped = 1;
    });
    // The end of the connection is no answer.
    let ends = [&open[..], &[r#"! respond 1 result {"body":{}}"#, "! close", r#"! respond 2 result {"body":{}}"#]];
    check(few(), &ends.concat(), |s| (s.calls.started, s.calls.completed, s.calls.cancelled) = (2, 1, 1));
    // A question ends a request of the newer era; without the capability it is an error.
    let ask = |call| {
        format!(
            r#"! respond {call} ask {{"questions":{{"k":{{"method":"elicitation/create","params":{{}}}}}},"kept":{{}}}}"#
        )
    };
    check(few(), &[&one, &ask(1), &three, &ask(2)], |s| {
        (s.calls.started, s.calls.completed, s.calls.failed) = (2, 1, 1);
    });
}

#[test]
fn subscriptions_are_no_calls() {
    let server = || {
        let mut config = server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
        let offers = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true}}"#;
        config.capabilities = serde_json::from_str(offers).unwrap();
        config.limits.outbound_high = 0;
        server::Connection::new(Arc::new(config))
    };
    let meta = r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}"#;
    let listen = |id: u8, uris: &str| {
        let params =
            format!(r#"{{"notifications":{{"toolsListChanged":true,"resourceSubscriptions":{uris}}},{meta}}}"#);
        format!(r#"< {{"jsonrpc":"2.0","id":{id},"method":"subscriptions/listen","params":{params}}}"#)
    };
    let (one, two) = (listen(1, r#"["abc","abc","de"]"#), listen(2, r#"["fghi"]"#));
    check(server(), &[&one], |s| s.levels.retained_in = 5);
    check(server(), &[&one, &two], |s| s.levels.retained_in = 9);
    let cancel = r#"< {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    check(server(), &[&one, &two, cancel, cancel], |s| {
        (s.levels.retained_in, s.notifications_dropped) = (4, 1);
    });
    check(server(), &[&one, &two, "! drain 5"], |_| {});
    // A change that comes again is the same; what says something else is withheld.
    let tools = "! announce notifications/tools/list_changed";
    let told = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":1}}}"#;
    let call = asks("3", false);
    let script = [
        &*one,
        &call,
        "hold",
        tools,
        tools,
        tools,
        r#"! notify {"call":2,"method":"a/b"}"#,
        r#"! notify {"method":"a/b"}"#,
    ];
    check(server(), &script, |s| {
        (s.calls.started, s.levels.in_flight, s.levels.retained_in) = (1, 1, 5 + call.len() - 2);
        (s.levels.queued_out, s.notifications_withheld) = (told.len() + 1, 2);
    });
}

#[test]
fn log_messages_are_dropped_for_one_of_two_reasons() {
    let logs = || {
        let mut config = server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
        config.capabilities.logging = Some(Extra::new());
        config.limits.outbound_high = 0;
        server::Connection::new(Arc::new(config))
    };
    let open = r#"< {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}"#;
    let (debug, info) = (r#"! log {"level":"debug","data":1}"#, r#"! log {"level":"info","data":1}"#);
    // Nobody asked for it; and the client reads too slowly.
    check(logs(), &[open, debug, debug], |_| {});
    let told = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#;
    check(logs(), &[open, "hold", info, debug, info, info], |s| {
        (s.levels.queued_out, s.notifications_withheld) = (told.len() + 1, 2);
    });
}

#[test]
fn what_the_core_answers_is_no_call() {
    let script = [r#"< {"jsonrpc":"2.0","id":1,"method":"ping"}"#, r#"< {"jsonrpc":"2.0","id":2,"method":"x"}"#];
    check(server(|_| {}), &script, |_| {});
    let not_utf8 = "< nonsense";
    check(server(|limits| limits.message = Some(20)), &[not_utf8, &format!("< {}", "x".repeat(21))], |s| {
        (s.malformed, s.oversize) = (Tally::new(1, 8), Tally::new(1, 21));
    });
}

const INITIALIZE: &str = r#"< {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}}"#;

#[test]
fn questions_to_an_older_client() {
    let call = r#"< {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}"#;
    let ask = r#"! respond 1 ask {"questions":{"k":{"method":"elicitation/create","params":{}}},"kept":{}}"#;
    let answer = |id| format!(r#"< {{"jsonrpc":"2.0","id":{id},"result":{{"action":"decline"}}}}"#);
    let (first, second) = (answer(1), answer(2));
    // The answer is kept with its call.
    let size = call.len() - 2 + first.len() - 2;
    // Asked, answered, and answered again; another answer to nothing.
    check(server(|_| {}), &[INITIALIZE, call, ask, &first, &first, &second], |s| {
        (s.calls.started, s.levels.in_flight, s.levels.retained_in) = (1, 1, size);
        (s.late, s.unmatched) = (1, 1);
    });
    // Nobody answers for a quarter of an hour.
    check(server(|_| {}), &[INITIALIZE, call, ask, "at 900", &first], |s| {
        (s.calls.started, s.calls.timed_out, s.late) = (1, 1, 1);
    });
}

/// An array is one message each way; the calls in it are calls.
#[test]
fn a_batch() {
    let initialize = INITIALIZE.replace("2025-11-25", "2025-03-26");
    let call = |id| format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"t"}}}}"#);
    let batch = format!("< [{},{},{}]", call(1), call(2), call(1));
    let (one, two) = (r#"! respond 1 result {"body":{}}"#, r#"! respond 2 error {"code":-1,"message":"m"}"#);
    check(server(|_| {}), &[&initialize, &batch, one, two], |s| {
        (s.calls.started, s.calls.completed, s.calls.failed, s.duplicate_ids) = (2, 1, 1, 1);
        assert_eq!((s.read.batches.messages, s.written.batches.messages), (1, 1));
    });
}

#[test]
fn what_is_not_written_is_queued() {
    let ping = r#"< {"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let pong = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    check(server(|_| {}), &[ping, "hold", ping, ping], |s| s.levels.queued_out = 2 * (pong.len() + 1));
    let mut machine = server(|_| {});
    machine.handle_input(Time::ORIGIN, Input::Read(Bytes::from_static(b"{\"jsonrpc\":\"2.0\",")));
    assert!(machine.poll_output().is_none());
    assert_eq!(machine.stats().levels.retained_in, 17);
}

/// Both handles of one conversation tell the same from either end, also when it is over.
#[test]
fn both_ends_count_alike() {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour { delay: Duration::from_secs(1), ..Behaviour::default() });
    let tool = |_: serde_json::Value, cx: Cx| {
        cx.progress(1.0, None, None);
        format!("read at {:?}", cx.received())
    };
    let (config, catalog) = Server::new("s", "1").tool(Tool::new("t"), tool).into_parts(Clock::default(), [0; 32]);
    let (driver, serving) = ServerDriver::<Catalog, _>::new(config, catalog, far, None);
    world.spawn(async move { drop(driver.await) });
    let (driver, client) = ClientDriver::new(ClientBuilder::new("c", "1"), near);
    world.spawn(async move { drop(driver.await) });
    let handle = client.clone();
    let (text, timings) = world
        .run(async move {
            let mut call = handle.prepare_tool("t", Raw::empty_object()).on_progress(|_| {}).send();
            let waiting = call.timing();
            let result = (&mut call).await.unwrap();
            (result.content[0].as_text().unwrap().to_owned(), [waiting, call.timing()])
        })
        .unwrap();
    assert_eq!(text, format!("read at {:?}", at(3.0)));
    // One second each way: the probe, its answer, the call, its answer.
    let told = |timing: &Option<Timing>| timing.map(|t| (t.began, t.sent, t.ended));
    let expect = [Some((at(0.0), None, None)), Some((at(0.0), Some(at(2.0)), Some(at(4.0))))];
    assert_eq!(timings.each_ref().map(told), expect);

    client.close();
    world.run(serving.clone()).unwrap();
    let (client, server) = (client.stats(), serving.stats());
    assert_eq!((client.read, client.written), (server.written, server.read));
    assert_eq!((client.read.total().messages, client.written.total().messages), (3, 2));
    assert_eq!((client.calls.started, client.calls.completed), (1, 1));
    assert_eq!((server.calls, server.levels), (client.calls, client.levels));
}

/// A call that is refused, and one whose connection is gone, have no instants; one that is open has its own.
#[test]
fn calls_that_never_began() {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let (driver, client) = ClientDriver::new(ClientBuilder::new("c", "1"), near);
    let refused = client.prepare_raw("x", Raw::from_serialize(&7).unwrap()).send();
    let open = client.prepare_raw("x", Raw::empty_object()).send();
    let began = open.timing().map(|t| (t.began, t.sent, t.ended));
    assert_eq!((refused.timing(), began), (None, Some((Time::ORIGIN, None, None))));
    drop((driver, far));
    assert_eq!((open.timing(), client.stats().levels.waiting), (None, 1));
    assert_eq!(client.stats().calls.started, 1);
}
