//! Peers that send more than they read, and the drivers of the library within small bounds.

use bytes::Bytes;
use mcp_proto::client::Opening;
use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::handle::server::{Cx, Server, Tool};
use mcp_proto::limits::{Limits, Timeouts};
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::{Implementation, ListCapability};
use mcp_proto::rpc::Raw;
use mcp_proto::server::{Answer, Command, Config, Connection, Event};
use mcp_proto::sim::{Behaviour, Point, SimClock, Stall, World, seeds};
use mcp_proto::time::{Clock, Time};
use serde_json::{Value, json};
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

/// A client writes all its requests in one piece and takes a little at a time; every answer is long.
#[test]
fn answers_wait_for_a_slow_reader() {
    let mut config = Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
    config.capabilities.tools = Some(ListCapability::new());
    (config.limits.outbound_high, config.limits.outbound_low) = (3000, 1000);
    config.limits.message = Some(1200);
    let most = 3000 + 1201;
    let mut server = Connection::new(Arc::new(config));

    let about =
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}"#;
    let lines = |(number, method): (usize, &&str)| {
        format!(r#"{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{{"name":"t","_meta":{{{about}}}}}}}"#)
            + "\n"
    };
    let methods = ["tools/call", "server/discover", "no/such", "tools/call"];
    let all: String = methods.iter().cycle().take(400).enumerate().map(lines).collect();
    server.handle_input(Time::ORIGIN, Input::Read(Bytes::from(all)));

    let body = Raw::from_serialize(&json!({ "content": [{ "type": "text", "text": "t".repeat(1000) }] })).unwrap();
    let (mut answers, mut highest) = (0, 0);
    loop {
        let mut unsent = Vec::new();
        while let Some(output) = server.poll_output() {
            match output {
                Output::Event(Event::Request(request)) => {
                    let answer = Answer::Result { body: body.clone(), meta: None };
                    let respond = Command::Respond { call: request.call, answer };
                    server.handle_input(Time::ORIGIN, Input::Command(respond));
                }
                Output::Write(bytes) => unsent.extend_from_slice(&bytes),
                _ => {}
            }
            highest = highest.max(server.backlog());
        }
        if unsent.is_empty() {
            break;
        }
        answers += unsent.iter().filter(|byte| **byte == b'\n').count();
        for piece in unsent.chunks(100) {
            server.handle_input(Time::ORIGIN, Input::Written(piece.len()));
        }
    }
    assert_eq!((answers, server.backlog(), server.session().in_flight()), (400, 0, 0));
    assert!(highest > 3000 && highest <= most, "{highest} bytes, over {most}");
}

/// Clients and servers as programs have them: every call ends, whatever happens to the stream, and nobody is stuck.
#[test]
fn drivers_within_small_bounds() {
    let mut limits = Limits::default();
    (limits.calls, limits.waiting, limits.message) = (1, 2, Some(2000));
    (limits.outbound_high, limits.outbound_low) = (1, 0);
    let mut timeouts = Timeouts::default();
    (timeouts.open, timeouts.probe) = (Some(Duration::from_secs(3)), Some(Duration::from_secs(1)));
    (timeouts.request, timeouts.write_stall) = (Some(Duration::from_secs(2)), Some(Duration::from_secs(1)));

    let well = Cell::new(0);
    seeds(0..300, |seed| {
        let wait = async |_: Value, cx: Cx<SimClock>| {
            cx.progress(1.0, None, None);
            cx.state().sleep(Duration::from_millis(300)).await;
            "well"
        };
        let world = World::new(seed);
        let point = Point::Byte(seed * 7 % 2000);
        let mut behaviour = Behaviour::from_seed(seed);
        match seed % 5 {
            0 => behaviour.reset = Some(point),
            1 => behaviour.silence = Some(point),
            2 => behaviour.stall = Some(Stall { from: point, lasts: None }),
            _ => {}
        }
        let (near, far) = world.link(behaviour);
        let server = Server::new("s", "1").limits(limits.clone()).timeouts(timeouts.clone()).state(world.clock());
        let serving = world.serve(server.tool(Tool::new("wait"), wait), far);
        let opening = if seed % 2 == 0 { Opening::Probe } else { Opening::LegacyOnly };
        let client = ClientBuilder::new("c", "1").limits(limits.clone()).timeouts(timeouts.clone()).opening(opening);
        let client = world.connect(client, near);
        let outcomes = world.run(async {
            let calls = [(); 5].map(|()| client.call_tool("wait", json!({})));
            let mut outcomes = Vec::new();
            for call in calls {
                outcomes.push(call.await.is_ok());
            }
            outcomes
        });
        well.set(well.get() + outcomes.unwrap().into_iter().filter(|well| *well).count());
        // Of a client that left by a dead stream its server hears nothing.
        drop(client);
        world.run(world.sleep(Duration::from_secs(60))).unwrap();
        serving.shutdown(Duration::from_secs(1));
        world.run(serving).unwrap();
    });
    assert!(well.get() > 200, "only {} calls went well", well.get());
}
