//! Spans and events of the feature `tracing`, as a subscriber of our own sees them.

use mcp_proto::client::Opening;
use mcp_proto::error::CallError;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Catalog, Cx, Server, ServerDriver, Serving, Tool};
use mcp_proto::model::{CallToolResult, Elicit, ElicitAction, ElicitResult};
use mcp_proto::rpc::Raw;
use mcp_proto::sim::{Behaviour, World};
use mcp_proto::time::Clock;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

const SECOND: Duration = Duration::from_secs(1);
/// What must never be told: it is in parameters, results, questions, and the tools' names.
const SECRET: &str = "s3cr3t";

/// Writes down events, with the span they are in, and spans when they close.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    log: Vec<String>,
    spans: HashMap<u64, Seen>,
    last: u64,
    within: Vec<u64>,
}

struct Seen {
    fields: Fields,
    handles: usize,
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Fields {
    fn text(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.0.get(name).map_or("-", String::as_str)).collect::<Vec<_>>().join(" ")
    }
}

impl Recorder {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!((span.metadata().name(), span.metadata().target()), ("mcp.call", "mcp"));
        let mut fields = Fields::default();
        span.record(&mut fields);
        let mut state = self.state();
        state.last += 1;
        let id = state.last;
        state.spans.insert(id, Seen { fields, handles: 1 });
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut self.state().spans.get_mut(&span.into_u64()).unwrap().fields);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut state = self.state();
        let line = match state.within.last() {
            None => {
                assert_eq!((*event.metadata().level(), event.metadata().target()), (Level::DEBUG, "mcp"));
                fields.text(&["side", "message", "revision", "why"]).trim_end_matches(" -").to_owned()
            }
            Some(span) => {
                let span = &state.spans[span].fields;
                format!("{} in {}", fields.text(&["message"]), span.text(&["side", "method", "id"]))
            }
        };
        state.log.push(line);
    }

    fn enter(&self, span: &Id) {
        self.state().within.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        assert_eq!(self.state().within.pop(), Some(span.into_u64()));
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.state().spans.get_mut(&span.into_u64()).unwrap().handles += 1;
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        let mut state = self.state();
        let seen = state.spans.get_mut(&span.into_u64()).unwrap();
        seen.handles -= 1;
        if seen.handles > 0 {
            return false;
        }
        let fields = state.spans.remove(&span.into_u64()).unwrap().fields;
        let names: Vec<_> = fields.0.keys().copied().collect();
        assert!(names.iter().all(|name| ["side", "method", "id", "era", "outcome"].contains(name)), "{names:?}");
        state.log.push(fields.text(&["side", "method", "id", "era", "outcome"]));
        true
    }
}

fn server(world: &World) -> Server {
    let say = || tracing::info!("here");
    let clock = world.clone();
    Server::new("s", "1")
        .tool(Tool::new(format!("{SECRET} now")), move |_: serde_json::Value, _: Cx| {
            say();
            SECRET
        })
        .tool(Tool::new(format!("{SECRET} later")), move |_: serde_json::Value, _: Cx| {
            let sleep = clock.sleep(SECOND);
            async move {
                say();
                sleep.await;
                say();
                SECRET
            }
        })
        .tool(Tool::new(format!("{SECRET} spawned")).spawned(), move |_: serde_json::Value, _: Cx| say())
        .tool(Tool::new(format!("{SECRET} panics")), |_: serde_json::Value, _: Cx| -> String { panic!("on purpose") })
        .tool(Tool::new(format!("{SECRET} asks")), move |_: serde_json::Value, cx: Cx| {
            say();
            let answer = cx.ask(SECRET, Elicit::form(SECRET, Raw::empty_object()))?;
            Ok::<_, mcp_proto::handle::server::Failure>(format!("{:?}", answer.content))
        })
}

/// Plays a conversation in which the client is ready, and compares what was told of it since then.
fn check<F: Future<Output = ()>>(opening: Opening, talk: impl FnOnce(Client, Serving, World) -> F, expect: &[&str]) {
    let recorder = Recorder::default();
    tracing::subscriber::with_default(recorder.clone(), || {
        let world = World::new(1);
        let (near, far) = world.link(Behaviour::default());
        let (config, catalog) = server(&world).into_parts(Clock::default(), [0; 32]);
        let (driver, serving) = ServerDriver::<Catalog, _>::new(config, catalog, far, None);
        let driver = driver.spawning(world.executor());
        world.spawn(async move { drop(driver.await) });
        let builder = ClientBuilder::new("c", "1").opening(opening).on_elicit(async |_| {
            ElicitResult::new(ElicitAction::Accept).content(Raw::from_serialize(&SECRET).unwrap())
        });
        let (driver, client) = ClientDriver::new(builder, near);
        world.spawn(async move { drop(driver.await) });
        world.run(client.server()).unwrap().unwrap();
        let revision = if opening == Opening::LegacyOnly { "2025-11-25" } else { "2026-07-28" };
        let begin = ["server connection open".to_owned(), format!("client connection open {revision}")];
        assert_eq!(std::mem::take(&mut recorder.state().log), begin);
        world.run(talk(client, serving, world.clone())).unwrap();
        world.run(world.sleep(SECOND * 100)).unwrap();
    });
    let state = recorder.state();
    assert_eq!(state.log, expect);
    assert!(!state.log.iter().any(|line| line.contains(SECRET)));
    assert!(state.spans.is_empty(), "a span is still open");
}

async fn tool(client: &Client, name: &str) -> Result<CallToolResult, CallError> {
    client.call_tool(&format!("{SECRET} {name}"), serde_json::json!({ SECRET: SECRET })).await
}

const CLOSED: [&str; 2] = ["client connection closed - by us", "server connection closed - by peer"];

#[test]
fn a_span_on_either_side() {
    for (opening, era) in [(Opening::Probe, "modern"), (Opening::LegacyOnly, "legacy")] {
        let one = async |name: &'static str, expect: &[&str]| {
            let expect: Vec<String> = expect.iter().map(|line| line.replace("ERA", era)).collect();
            let expect: Vec<&str> = expect.iter().map(String::as_str).chain(CLOSED).collect();
            check(opening, async |client, _, _| drop(tool(&client, name).await), &expect);
        };
        let all = async {
            let (server, client) = ("server tools/call 1 ERA ok", "client tools/call 1 ERA ok");
            let here = "here in server tools/call 1";
            one("now", &[here, server, client]).await;
            one("later", &[here, here, server, client]).await;
            one("spawned", &[here, server, client]).await;
            let error = |code| (format!("server tools/call 1 ERA {code}"), format!("client tools/call 1 ERA {code}"));
            let (server, client) = error("error -32603");
            one("panics", &[&server, &client]).await;
            let (server, client) = error("error -32602");
            one("unknown", &[&server, &client]).await;
        };
        World::new(1).run(all).unwrap();
    }
}

/// Since 2026-07-28 each round is a request of its own; before, a further run of the same one.
#[test]
fn each_run_of_a_call_that_asks() {
    let talk = async |client: Client, _: Serving, _: World| drop(tool(&client, "asks").await);
    let here = ["here in server tools/call 1", "here in server tools/call 2"];
    let modern = ["server tools/call 1 modern asked", "server tools/call 2 modern ok", "client tools/call 1 modern ok"];
    check(Opening::Probe, talk, &[here[0], modern[0], here[1], modern[1], modern[2], CLOSED[0], CLOSED[1]]);
    let legacy = ["server tools/call 1 legacy asked", "server tools/call 1 legacy ok", "client tools/call 1 legacy ok"];
    check(Opening::LegacyOnly, talk, &[here[0], legacy[0], here[0], legacy[1], legacy[2], CLOSED[0], CLOSED[1]]);
}

#[test]
fn calls_that_end_otherwise() {
    let here = "here in server tools/call 1";
    let server = "server tools/call 1 modern cancelled";
    // Dropped by its caller; the handler goes on to its end, still within.
    let dropped = async |client: Client, _: Serving, world: World| {
        let call = client.call_tool(&format!("{SECRET} later"), Raw::empty_object());
        world.sleep(SECOND / 2).await;
        drop(call);
        world.sleep(SECOND).await;
    };
    let client = "client tools/call 1 modern cancelled";
    check(Opening::Probe, dropped, &[here, client, here, server, CLOSED[0], CLOSED[1]]);

    let late = async |client: Client, _: Serving, world: World| {
        let call = client.prepare_tool(&format!("{SECRET} later"), Raw::empty_object()).deadline(Some(SECOND / 2));
        assert_eq!(call.send().await, Err(CallError::Deadline(SECOND / 2)));
        world.sleep(SECOND).await;
    };
    let client = "client tools/call 1 modern deadline";
    check(Opening::Probe, late, &[here, client, here, server, CLOSED[0], CLOSED[1]]);

    let closed = async |client: Client, _: Serving, world: World| {
        let call = client.call_tool(&format!("{SECRET} later"), Raw::empty_object());
        world.sleep(SECOND / 2).await;
        client.close();
        assert!(call.await.is_err());
        // One that never began.
        assert!(tool(&client, "now").await.is_err());
        world.sleep(SECOND).await;
    };
    let client = ["client tools/call 1 modern closed", "client tools/call 2 - closed"];
    // A server whose client has ended lets its calls end.
    let server = "server tools/call 1 modern ok";
    check(Opening::Probe, closed, &[here, client[0], CLOSED[0], client[1], here, server, CLOSED[1]]);
}

#[test]
fn long_names_are_cut_short() {
    let talk = async |client: Client, _: Serving, _: World| {
        let method = format!("{}{SECRET}", "x".repeat(64));
        drop(client.prepare_raw(method, Raw::empty_object()).send().await);
    };
    let [server, client] = ["server", "client"].map(|side| format!("{side} {} 1 modern error -32601", "x".repeat(64)));
    check(Opening::Probe, talk, &[&server, &client, CLOSED[0], CLOSED[1]]);
}
