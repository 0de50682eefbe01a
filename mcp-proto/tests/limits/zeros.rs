//! Each bound at zero, and at what can't work: what it does is defined, and nothing hangs.

use mcp_proto::error::CallError;
use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::handle::server::{Cx, Failure, Server, Tool};
use mcp_proto::limits::{Limits, Timeouts};
use mcp_proto::model::{CallToolResult, Elicit, ElicitAction, ElicitResult, Revision};
use mcp_proto::rpc::Raw;
use mcp_proto::sim::{Behaviour, SimClock, World};
use serde_json::{Value, json};
use std::time::Duration;

/// The bounds of both sides.
#[derive(Clone, Default)]
struct Bounds {
    client: Limits,
    server: Limits,
    patience: Timeouts,
    drain: Timeouts,
}

/// Two calls of a tool that waits a second, at once; one of a tool that asks; how each of the three went, and how
/// many seconds all took.
fn went(bounds: Bounds, revisions: &[Revision]) -> (Vec<String>, u64) {
    let wait = async |_: Value, cx: Cx<SimClock>| {
        cx.state().sleep(Duration::from_secs(1)).await;
        "well"
    };
    let ask = |_: Value, cx: Cx<SimClock>| {
        let answer = cx.ask("name", Elicit::form("Who?", Raw::empty_object()))?;
        Ok::<_, Failure>(answer.content.map(|c| c.as_str().to_owned()).unwrap_or_default())
    };
    let world = World::new(1);
    let server = Server::new("s", "1").revisions(revisions).limits(bounds.server).timeouts(bounds.drain);
    let server = server.state(world.clock()).tool(Tool::new("wait"), wait).tool(Tool::new("ask"), ask);
    let client = ClientBuilder::new("c", "1").limits(bounds.client).timeouts(bounds.patience);
    let client = client.on_elicit(async |_| {
        let name = Raw::from_serialize(&json!({ "name": "me" })).unwrap();
        ElicitResult::new(ElicitAction::Accept).content(name)
    });
    let (near, far) = world.link(Behaviour::default());
    let serving = world.serve(server, far);
    let client = world.connect(client, near);
    let said = world
        .run(async {
            let text = |outcome: Result<CallToolResult, CallError>| match outcome {
                Ok(result) => result.content[0].as_text().unwrap().to_owned(),
                Err(error) => error.to_string(),
            };
            let [first, second] = [(); 2].map(|()| client.call_tool("wait", json!({})));
            let mut said = vec![text(first.await), text(second.await)];
            // Whether it opened or not, that is known by now.
            let _ = client.server().await;
            said.push(text(client.call_tool("ask", json!({})).await));
            said
        })
        .unwrap();
    let took = world.now().as_nanos() / 1_000_000_000;
    drop(client);
    world.run(serving).unwrap();
    (said, took)
}

const NAME: &str = r#"{"name":"me"}"#;

#[test]
fn every_limit_at_zero() {
    let check = |change: fn(&mut Bounds), expect: [&str; 3], took: u64| {
        for revisions in [&Revision::SPOKEN[..1], &Revision::SPOKEN[1..2]] {
            let mut bounds = Bounds::default();
            change(&mut bounds);
            let expect = expect.map(|text| if text == "me" { NAME } else { text }.to_owned());
            assert_eq!(went(bounds, revisions), (expect.to_vec(), took), "{revisions:?}");
        }
    };
    let well = ["well", "well", "me"];
    check(|_| {}, well, 1);
    // Zero counts as one: a client has them wait, a server refuses.
    check(|b| b.client.calls = 0, well, 2);
    let refused = "1 calls are in flight; wait for some to end (code -32603)";
    check(|b| b.server.calls = 0, ["well", refused, "me"], 1);
    // None waits for the connection to open.
    let refused = "0 calls are waiting already; wait for some to end, or raise `Limits::waiting`";
    check(|b| b.client.waiting = 0, [refused, refused, "me"], 0);
    // The protocol's own messages pass.
    check(|b| (b.client.nesting, b.server.nesting) = (0, 0), well, 1);
    // It reads when everything is sent.
    check(|b| (b.server.outbound_high, b.server.outbound_low) = (0, usize::MAX), well, 1);
    check(|b| (b.client.outbound_high, b.client.outbound_low) = (0, 0), well, 1);
    // One is always taken.
    let refused = "too many bytes are in flight; wait for some calls to end (code -32603)";
    check(|b| b.server.inbound = Some(0), ["well", refused, "me"], 1);
    check(|b| b.server.rounds = 0, ["well", "well", "the call asked 0 times (code -32603)"], 1);
}

#[test]
fn no_questions_for_a_client() {
    let check = |client, expect: &str| {
        let (said, _) = went(Bounds { client: with(client), ..Bounds::default() }, &Revision::SPOKEN[..1]);
        assert_eq!(said[2], format!("the peer's answer is invalid: {expect}"));
    };
    check(|l| l.rounds = 0, "it asked back more often than `Limits::rounds` allows");
    check(|l| l.inbound = Some(0), "it asks for more than `Limits::calls` and `Limits::inbound` allow");
}

fn with(change: fn(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

#[test]
fn messages_too_small_to_open() {
    let check = |bounds: Bounds, expect: &str| {
        let (said, took) = went(bounds, Revision::SPOKEN);
        assert_eq!((said, took), (vec![expect.to_owned(); 3], 0));
    };
    let client = |length| Bounds { client: with(length), ..Bounds::default() };
    let unsent = "the connection could not be opened: the message would have 264 bytes, over the limit of";
    check(client(|l| l.message = Some(0)), &format!("{unsent} 0 (`Limits::message`)"));
    check(client(|l| l.message = Some(263)), &format!("{unsent} 263 (`Limits::message`)"));
    let server = |length| Bounds { server: with(length), ..Bounds::default() };
    let refused = "the server refused to open: the error is longer than a message may be (code -32600)";
    check(server(|l| l.message = Some(0)), refused);
    let refused =
        "the server refused to open: message of 171 bytes is longer than the limit of 150 bytes (code -32600)";
    check(server(|l| l.message = Some(150)), refused);
}

#[test]
fn every_time_at_zero() {
    let check = |change: fn(&mut Bounds), expect: [&str; 3], took: u64| {
        let mut bounds = Bounds::default();
        change(&mut bounds);
        let expect = expect.map(|text| if text == "me" { NAME } else { text }.to_owned());
        assert_eq!(went(bounds, Revision::SPOKEN), (expect.to_vec(), took));
    };
    let well = ["well", "well", "me"];
    check(|b| b.patience.request = Some(Duration::ZERO), ["no answer within 0ns"; 3], 0);
    let late = "the server was not ready within 0ns; raise `Timeouts::open` if it starts slowly";
    check(|b| b.patience.open = Some(Duration::ZERO), [late; 3], 0);
    check(|b| b.patience.probe = Some(Duration::ZERO), well, 1);
    check(|b| b.patience.request_total = Some(Duration::ZERO), well, 1);
    check(|b| b.patience.write_stall = Some(Duration::ZERO), well, 1);
    check(|b| b.drain.write_stall = Some(Duration::ZERO), well, 1);
    check(|b| b.drain.drain = Some(Duration::ZERO), well, 1);
    let expired = "`requestState` has expired; call anew (code -32602)";
    check(|b| b.drain.input = Some(Duration::ZERO), ["well", "well", expired], 1);
}
