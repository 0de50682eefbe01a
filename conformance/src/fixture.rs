//! The server and the client that scenarios look at, written once for every column.

use crate::scenario::{Scenario, Setup, Subject};
use mcp_proto::client::{Opening, Reply, Restarts, ResultKind};
use mcp_proto::error::CallError;
use mcp_proto::handle::Once;
use mcp_proto::handle::client::{Client, ClientBuilder};
use mcp_proto::handle::server::{Cx, Failure, Server, Tool};
use mcp_proto::limits::{Limits, Timeouts};
use mcp_proto::model::{
    Elicit, ElicitAction, ElicitForm, ElicitResult, Era, InputRequired, ListCapability, Revision, ServerCapabilities,
};
use mcp_proto::rpc::{ErrorObject, MAX_DEPTH, Object, Raw};
use mcp_proto::server::{Answer, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// Whether time is virtual, and so costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It is.
    Virtual,
    /// It is not; what nobody looks at is made short.
    Real,
}

/// Who our client, and every script that plays one, says it is.
#[must_use]
pub fn client_info() -> Value {
    json!({"name": "fixture-client", "version": "1"})
}

/// What the tools of one server process share.
#[derive(Debug, Default)]
pub struct Fixture {
    total: AtomicI64,
    gates: Mutex<HashMap<String, Arc<Once<()>>>>,
}

impl Fixture {
    fn gate(&self, name: &str) -> Arc<Once<()>> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(name.to_owned()).or_default().clone()
    }

    fn open(&self, name: &str) {
        let gate = self.gate(name);
        mcp_proto::handle::wake(gate.put(()));
    }

    async fn pass(&self, name: &str) {
        let gate = self.gate(name);
        poll_fn(|cx| gate.poll_get(cx)).await;
    }
}

/// What a panicking handler of the fixture says, so that it can be kept off the terminal.
pub const ON_PURPOSE: &str = "a panic on purpose";

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Echo {
    message: String,
}

#[derive(Deserialize)]
struct Number {
    n: i64,
}

#[derive(Deserialize)]
struct Gate {
    gate: String,
}

fn form(question: &str) -> Elicit {
    let schema = json!({"type": "object", "properties": {"value": {"type": "string"}}, "required": ["value"]});
    Elicit::form(question, raw(&schema))
}

/// The `value` of an accepted form.
fn value(answer: &ElicitResult) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Content {
        value: String,
    }
    match (answer.action, &answer.content) {
        (ElicitAction::Accept, Some(content)) => Ok(content.parse::<Content>()?.value),
        _ => Err(Failure::tool("the user did not say")),
    }
}

/// A JSON value as the library has it.
#[must_use]
pub fn raw(value: &Value) -> Raw {
    Raw::new(value.to_string(), MAX_DEPTH).unwrap_or_else(|_| Raw::empty_object())
}

fn bounds(setup: &Setup, pace: Pace) -> (Limits, Timeouts) {
    let (mut limits, mut timeouts) = (Limits::default(), Timeouts::default());
    if pace == Pace::Real {
        timeouts.drain = Some(Duration::from_millis(50));
    }
    for (name, number) in &setup.bounds {
        let size = usize::try_from(*number).unwrap_or(usize::MAX);
        let seconds = Some(Duration::from_secs(*number));
        match name.as_str() {
            "message" => limits.message = Some(size),
            "nesting" => limits.nesting = size,
            "inbound" => limits.inbound = Some(size),
            "calls" => limits.calls = size,
            "waiting" => limits.waiting = size,
            "rounds" => limits.rounds = size,
            // A bound of clients alone.
            "restarts" => {}
            "request" => timeouts.request = seconds,
            "request_total" => timeouts.request_total = seconds,
            "progress_extends" => timeouts.progress_extends = *number > 0,
            "open" => timeouts.open = seconds,
            "probe" => timeouts.probe = seconds,
            "input" => timeouts.input = seconds,
            "write_stall" => timeouts.write_stall = seconds,
            "write_stall_ms" => timeouts.write_stall = Some(Duration::from_millis(*number)),
            "outbound_high" => limits.outbound_high = size,
            "outbound_low" => limits.outbound_low = size,
            "drain" => timeouts.drain = seconds,
            other => unreachable!("no bound is called `{other}`"),
        }
    }
    (limits, timeouts)
}

/// One process of the server.
#[must_use]
pub fn server(scenario: &Scenario, revision: Revision, pace: Pace) -> Server<Fixture> {
    let setup = &scenario.setup;
    let (limits, timeouts) = bounds(setup, pace);
    let speaks = |one: &Revision| match setup.subject {
        Subject::Both => *one == revision || revision.era() == Era::Modern,
        Subject::Server | Subject::Client => setup.speaks.contains(one),
        // Only this way does a gateway translate.
        Subject::Gateway => one.era() == Era::Modern,
    };
    let revisions: Vec<Revision> = Revision::SPOKEN.iter().copied().filter(speaks).collect();
    let mut server = Server::new("fixture-server", "1")
        .state(Fixture::default())
        .revisions(revisions)
        .limits(limits)
        .timeouts(timeouts)
        .state_key([7; 32]);
    if setup.asking_lists {
        let offered = json!({"tools": {}, "prompts": {}});
        let capabilities = serde_json::from_value(offered).unwrap_or_else(|_| ServerCapabilities::new());
        server = server.capabilities(capabilities).fallback(async |_: Arc<Request>, cx: Cx<Fixture>| {
            cx.ask("city", form("Which city?"))?;
            Ok::<_, Failure>(Answer::Verbatim(Raw::empty_object()))
        });
    }
    for (name, add) in TOOLS {
        if setup.tools.is_empty() || setup.tools.iter().any(|tool| tool == name) {
            server = add(server, Tool::new(*name));
        }
    }
    server
}

type Add = fn(Server<Fixture>, Tool) -> Server<Fixture>;

const TOOLS: &[(&str, Add)] = &[
    // Says what it is told.
    ("echo", |server, tool| server.tool(tool, async |args: Echo, _: Cx<Fixture>| args.message)),
    // The same, by a plain closure, and counted over the life of the process.
    ("add", |server, tool| {
        server.tool(tool, |args: Number, cx: Cx<Fixture>| {
            (cx.state().total.fetch_add(args.n, Ordering::Relaxed) + args.n).to_string()
        })
    }),
    ("ask", |server, tool| {
        server.tool(tool, async |_: Nothing, cx: Cx<Fixture>| -> Result<String, Failure> {
            value(&cx.ask("city", form("Which city?"))?)
        })
    }),
    ("ask-three", |server, tool| {
        server.tool(tool, async |_: Nothing, cx: Cx<Fixture>| -> Result<String, Failure> {
            let city = value(&cx.ask("city", form("Which city?"))?)?;
            let day = value(&cx.ask("day", form("Which day?"))?)?;
            let seats = value(&cx.ask("seats", form("How many seats?"))?)?;
            Ok(format!("{city}, {day}, {seats}"))
        })
    }),
    // What it computes before it asks is computed once, though it runs twice.
    ("once", |server, tool| {
        server.tool(tool, async |_: Nothing, cx: Cx<Fixture>| -> Result<String, Failure> {
            let number: i64 = cx.once("number", || cx.state().total.fetch_add(1, Ordering::Relaxed) + 1)?;
            let city = value(&cx.ask("city", form("Which city?"))?)?;
            let runs = cx.state().total.load(Ordering::Relaxed);
            Ok(format!("{city}: {number} of {runs}"))
        })
    }),
    // Ends when `release` is called for the same gate, or when nobody wants it any more.
    ("hold", |server, tool| {
        server.tool(tool, async |args: Gate, cx: Cx<Fixture>| {
            let state = cx.clone();
            either(state.state().pass(&args.gate), cx.cancelled()).await;
            "released"
        })
    }),
    ("release", |server, tool| {
        server.tool(tool, |args: Gate, cx: Cx<Fixture>| {
            cx.state().open(&args.gate);
            "done"
        })
    }),
    // Opens the gate `begun`, ends when it is cancelled, and opens the gate `cancelled` then.
    ("never", |server, tool| {
        server.tool(tool, async |_: Nothing, cx: Cx<Fixture>| {
            cx.state().open("begun");
            cx.cancelled().await;
            cx.state().open("cancelled");
        })
    }),
    ("progress", |server, tool| {
        server.tool(tool, |args: Number, cx: Cx<Fixture>| {
            for step in 1..=args.n {
                cx.progress(step as f64, Some(args.n as f64), None);
                // It does not grow: nobody is told.
                cx.progress(step as f64, Some(args.n as f64), Some("again"));
            }
            "done"
        })
    }),
    ("panic", |server, tool| {
        server.tool(tool, |_: Nothing, _: Cx<Fixture>| -> &'static str { panic!("{ON_PURPOSE}") })
    }),
    ("panic-later", |server, tool| {
        server.tool(tool, async |_: Nothing, _: Cx<Fixture>| -> &'static str {
            once_pending().await;
            panic!("{ON_PURPOSE}")
        })
    }),
    ("fail", |server, tool| {
        server
            .tool(tool, |_: Nothing, _: Cx<Fixture>| -> Result<&'static str, Failure> { Err(Failure::tool("no luck")) })
    }),
    // Fails with the code it is given.
    ("refuse", |server, tool| {
        server.tool(tool, |args: Number, _: Cx<Fixture>| -> Result<&'static str, Failure> {
            Err(Failure::protocol(ErrorObject::new(args.n, "as told")))
        })
    }),
    // Says what the request's `_meta` has under a key that nobody knows.
    ("meta", |server, tool| {
        server.tool(tool, |_: Nothing, cx: Cx<Fixture>| {
            let about = cx.request().params.get("_meta").and_then(Object::from_raw);
            let value = about.and_then(|about| about.get("com.example.a/b-c_d.e"));
            value.map_or_else(|| "nothing".to_owned(), |value| value.as_str().to_owned())
        })
    }),
    // Blocks its thread for so many milliseconds.
    ("sleep", |server, tool| {
        server.tool(tool, |args: Number, _: Cx<Fixture>| {
            let time = Duration::from_millis(args.n.unsigned_abs());
            #[expect(clippy::disallowed_methods, reason = "handlers of users do block")]
            std::thread::sleep(time);
            "awake"
        })
    }),
    ("big", |server, tool| {
        server.tool(tool, |args: Number, _: Cx<Fixture>| "x".repeat(usize::try_from(args.n).unwrap_or_default()))
    }),
];

/// Ends with whichever ends first.
async fn either(a: impl Future<Output = ()>, b: impl Future<Output = ()>) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    poll_fn(|cx| if a.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { b.as_mut().poll(cx) }).await;
}

/// Is pending once.
async fn once_pending() {
    let mut polled = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut polled, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Our client.
#[must_use]
pub fn client(scenario: &Scenario, pace: Pace) -> ClientBuilder {
    let setup = &scenario.setup;
    let (limits, timeouts) = bounds(setup, pace);
    let speaks = |era| setup.speaks.iter().any(|revision| revision.era() == era);
    let opening = match (speaks(Era::Legacy), speaks(Era::Modern)) {
        (true, false) => Opening::LegacyOnly,
        (false, true) => Opening::ModernOnly,
        _ => Opening::Probe,
    };
    let client = ClientBuilder::new("fixture-client", "1").limits(limits).timeouts(timeouts).opening(opening);
    let client = match setup.bounds.iter().find(|(bound, _)| bound == "restarts") {
        Some((_, attempts)) => {
            let mut restarts = Restarts::default();
            // Not all columns have a clock that costs nothing.
            restarts.delay = Duration::from_millis(1);
            restarts.attempts = u32::try_from(*attempts).unwrap_or(u32::MAX);
            client.restarts(restarts)
        }
        None => client,
    };
    if !setup.elicits.0 {
        return client;
    }
    let answers: BTreeMap<String, Option<Value>> = setup.answers.iter().cloned().collect();
    client.on_elicit(move |question: ElicitForm| {
        let answer = answers.get(&question.message).cloned().flatten();
        async move {
            match answer.and_then(|answer| serde_json::from_value(answer).ok()) {
                Some(answer) => answer,
                None => pending().await,
            }
        }
    })
}

/// The client a gateway reaches its server by.
#[must_use]
pub fn gateway_client() -> ClientBuilder {
    // It can show forms because whoever asks the gateway can.
    ClientBuilder::new("fixture-client", "1").on_elicit(|_| pending())
}

/// A server that passes every call on by `client`, which is connected to another one, and every answer back.
/// What the other server asks goes to whoever called.
#[must_use]
pub fn gateway(client: Client, pace: Pace) -> Server<Fixture> {
    let mut capabilities = ServerCapabilities::new();
    capabilities.tools = Some(ListCapability::new());
    let mut timeouts = Timeouts::default();
    if pace == Pace::Real {
        timeouts.drain = Some(Duration::from_millis(50));
    }
    let server = Server::new("gateway", "1").state(Fixture::default()).capabilities(capabilities).timeouts(timeouts);
    server.fallback(move |request: Arc<Request>, cx: Cx<Fixture>| {
        let client = client.clone();
        async move { pass_on(&client, &request, &cx).await }
    })
}

async fn pass_on(client: &Client, request: &Request, cx: &Cx<Fixture>) -> Result<Answer, Failure> {
    let mut params: Value = request.params.raw().parse()?;
    if let Value::Object(params) = &mut params {
        params.remove("_meta");
        // What the other server wants to see again was kept by the run before this one.
        if let Some(state) = request.kept.get(&format!("state-{}", request.round)) {
            params.insert("requestState".to_owned(), state.parse()?);
            params.insert("inputResponses".to_owned(), serde_json::to_value(&request.answers)?);
        }
    }
    let call = client.prepare_raw(request.method.clone(), raw(&params)).pass_input().send();
    let reply: Reply = match call.await {
        Ok(reply) => reply,
        Err(CallError::Peer(error)) => return Err(Failure::protocol(error)),
        Err(error) => return Err(error.into()),
    };
    if reply.kind == ResultKind::Complete {
        return Ok(Answer::Verbatim(reply.result.raw().clone()));
    }
    let asked: InputRequired = reply.result.raw().parse()?;
    if let Some(state) = asked.request_state {
        cx.once(&format!("state-{}", request.round + 1), || state)?;
    }
    cx.ask_raw(asked.input_requests.unwrap_or_default())?;
    Err(Failure::tool("the other server asked for nothing new"))
}
