//! Random conversations: what holds for every one of them.

use bytes::Bytes;
use mcp_proto::binding::{Session, Stream};
use mcp_proto::client::{self, CallId, CallRequest, Event as ClientEvent};
use mcp_proto::error::Fault;
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::{Change, ElicitationCapability, Extra, Implementation, InputRequest, Level};
use mcp_proto::rpc::{ErrorObject, Name, Raw};
use mcp_proto::server::{self, Answer, Ask, Event as ServerEvent};
use mcp_proto::sim::{Recorder, Recording, Spell, Tell};
use mcp_proto::stats::{Calls, Tally};
use mcp_proto::time::{Clock, Time};
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Something that happens to either machine.
#[derive(Clone, Debug)]
enum Step<C> {
    Line(String),
    /// About a request we saw: its id, in what the peer says.
    Reply(Index, &'static str),
    Owner(C),
    Advance(u16),
    Written(Index),
    End,
    Break,
}

/// A machine under way, and what came of it.
struct Walk<M: Machine> {
    machine: Recorder<M>,
    now: Time,
    written: String,
    unconfirmed: usize,
    events: Vec<M::Event>,
    told: Vec<String>,
    over: bool,
    /// Where the lines of the peer are cut.
    cuts: Vec<usize>,
}

impl<M: Machine<Command: Spell, Event: Tell>> Walk<M> {
    fn new(machine: M, cuts: &[usize]) -> Self {
        let mut walk = Self {
            machine: Recorder::new(machine),
            now: Time::ORIGIN,
            written: String::new(),
            unconfirmed: 0,
            events: Vec::new(),
            told: Vec::new(),
            over: false,
            cuts: cuts.to_vec(),
        };
        walk.drain();
        walk
    }

    fn drain(&mut self) {
        while let Some(output) = self.machine.poll_output() {
            assert!(!self.over, "something came after the end");
            match output {
                Output::Write(bytes) => {
                    self.unconfirmed += bytes.len();
                    self.written += std::str::from_utf8(&bytes).unwrap();
                }
                Output::Event(event) => {
                    self.told.push(event.tell());
                    self.events.push(event);
                }
                Output::Frame(_) | Output::Finish => {}
                Output::Closed(_) => self.over = true,
            }
        }
    }

    fn tell(&mut self, input: Input<M::Command>) {
        self.machine.handle_input(self.now, input);
        self.drain();
    }

    fn line(&mut self, line: &str) {
        let mut rest = Bytes::from(format!("{line}\n"));
        while !rest.is_empty() {
            let at = self.cuts.first().map_or(rest.len(), |at| 1 + at % rest.len());
            if !self.cuts.is_empty() {
                self.cuts.rotate_left(1);
            }
            self.tell(Input::Read(rest.split_to(at)));
        }
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now.after(by);
        while let Some(due) = self.machine.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let before = (self.now, self.machine.poll_timeout());
            self.tell(Input::Timeout);
            assert_ne!(before, (self.now, self.machine.poll_timeout()), "it wants to be woken at once, for ever");
        }
        self.now = until;
    }

    /// The ids of all requests the machine has written, as JSON.
    fn asked(&self) -> Vec<String> {
        let messages = self.written.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        messages.filter(|m| m.get("method").is_some()).filter_map(|m| m.get("id").map(ToString::to_string)).collect()
    }

    fn step<C>(&mut self, step: Step<C>, owner: impl FnOnce(&mut Self, C)) {
        match step {
            Step::Line(line) => self.line(&line),
            Step::Reply(which, text) => {
                let ids = self.asked();
                if !ids.is_empty() {
                    self.line(&text.replace('$', &ids[which.index(ids.len())]));
                }
            }
            Step::Owner(command) => owner(self, command),
            Step::Advance(seconds) => self.advance(Duration::from_secs(seconds.into())),
            Step::Written(part) => {
                let count = part.index(self.unconfirmed + 1);
                self.unconfirmed -= count;
                self.tell(Input::Written(count));
            }
            Step::End => self.tell(Input::ReadEnd(None)),
            Step::Break => self.tell(Input::Failed(Fault::Broken("test".to_owned()))),
        }
    }

    fn finish(&mut self, close: M::Command) {
        self.tell(Input::Command(close));
        let count = std::mem::take(&mut self.unconfirmed);
        self.tell(Input::Written(count));
        assert!(self.over, "closed and written: over");
        assert_eq!(self.machine.poll_timeout(), None);
        assert!(!self.machine.wants_read());
    }

    /// Written out, read back and replayed on a new machine, everything happens again.
    fn replay(&self, machine: M) {
        let text = self.machine.recording().to_string();
        let read: Recording = text.parse().unwrap();
        assert_eq!(&read, self.machine.recording());
        assert_eq!(read.replay(machine).unwrap().to_string(), text);
    }
}

fn raw(text: &'static str) -> Raw {
    Raw::new(text, 128).unwrap()
}

#[derive(Clone, Debug)]
enum Client {
    Call { method: &'static str, deadline: Option<u8>, progress: bool },
    Cancel(Index, Option<String>),
    Answer(u8, bool),
    Notify,
    Close,
}

const FROM_SERVERS: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":$,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{"resultType":"complete"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{"resultType":"complete"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{"resultType":"odd"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{"resultType":"input_required","requestState":"é"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{"resultType":"input_required","inputRequests":{"a":{"method":"elicitation/create"},"b":{"method":"x"}}}}"#,
    r#"{"jsonrpc":"2.0","id":$,"error":{"code":-32601,"message":"no"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"error":{"code":-32022,"message":"no","data":{"supported":["2026-07-28"]}}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":1}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":{}"#,
    r#"{"jsonrpc":"2.0","id":"$","result":{}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":$,"progress":1}}"#,
    r#"{"jsonrpc":"2.0","id":$,"method":"elicitation/create","params":{}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":$}}"#,
];

fn client_step() -> impl Strategy<Value = Step<Client>> {
    let method = prop::sample::select(vec!["tools/call", "tools/list", "ping", "x/y"]);
    let call = (method, any::<Option<u8>>(), any::<bool>()).prop_map(|(method, deadline, progress)| Client::Call {
        method,
        deadline,
        progress,
    });
    let owner = prop_oneof![
        12 => call,
        4 => any::<(Index, Option<String>)>().prop_map(|(which, why)| Client::Cancel(which, why)),
        4 => (1u8..12, any::<bool>()).prop_map(|(ask, well)| Client::Answer(ask, well)),
        1 => Just(Client::Notify),
        1 => Just(Client::Close),
    ];
    prop_oneof![
        10 => owner.prop_map(Step::Owner),
        16 => (any::<Index>(), prop::sample::select(FROM_SERVERS)).prop_map(|(which, text)| Step::Reply(which, text)),
        1 => "[ -~]{0,12}".prop_map(Step::Line),
        3 => (0u16..40).prop_map(Step::Advance),
        2 => any::<Index>().prop_map(Step::Written),
        1 => prop_oneof![3 => Just(Step::Advance(1)), 1 => Just(Step::End), 1 => Just(Step::Break)],
    ]
}

fn client_machine(extends: bool) -> client::Connection {
    let mut config = client::Config::new(Implementation::new("c", "1"));
    config.capabilities.elicitation = Some(ElicitationCapability::new().form(Extra::new()));
    config.limits.calls = 3;
    config.limits.waiting = 2;
    config.limits.rounds = 2;
    config.timeouts.progress_extends = extends;
    client::Connection::new(Arc::new(config), Time::ORIGIN)
}

fn client_walk(steps: &[Step<Client>], extends: bool, cuts: &[usize]) -> Walk<client::Connection> {
    let mut walk = Walk::new(client_machine(extends), cuts);
    let mut calls = 0;
    for step in steps {
        walk.step(step.clone(), |walk, command| {
            let command = match command {
                Client::Call { method, deadline, progress } => {
                    // A machine that has closed takes no calls: whoever owns it knows.
                    if walk.over {
                        return;
                    }
                    calls += 1;
                    let deadline = deadline.map(|d| Duration::from_secs(d.into()));
                    let mut request = CallRequest::new(Name::from(method), Raw::empty_object(), deadline);
                    request.progress = progress;
                    client::Command::Call { call: CallId(calls), request }
                }
                Client::Cancel(which, reason) => {
                    client::Command::Cancel { call: CallId(which.index(12) as u64), reason }
                }
                Client::Answer(ask, well) => {
                    let text =
                        if well { r#"result {"action":"decline"}"# } else { r#"error {"code":1,"message":"x"}"# };
                    client::Command::read(&format!("answer {ask} {text}")).unwrap()
                }
                Client::Notify => client::Command::Notify { method: Name::from("a/b"), params: Some(raw("{}")) },
                Client::Close => client::Command::Close,
            };
            walk.tell(Input::Command(command));
        });
    }
    walk.finish(client::Command::Close);
    walk
}

/// Every call that was begun while the connection was open ended exactly once, and nothing was heard of it
/// afterwards.
fn each_call_ends_once(walk: &Walk<client::Connection>) {
    let mut ended = BTreeMap::new();
    for event in &walk.events {
        match event {
            ClientEvent::Ended { call, .. } => assert_eq!(ended.insert(*call, ()), None, "{call:?} ended twice"),
            ClientEvent::Progress { call, .. } | ClientEvent::Ask { call: Some(call), .. } => {
                assert!(!ended.contains_key(call), "something about {call:?} after its end");
            }
            _ => {}
        }
    }
    let text = walk.machine.recording().to_string();
    let closing = text.lines().position(|line| line == "> finish" || line.starts_with("> closed"));
    let begun = text.lines().take(closing.unwrap()).filter(|line| line.contains(" command call "));
    assert_eq!(ended.len(), begun.count(), "each call ends");
    let opening: Vec<String> = walk
        .written
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|m| m["method"] == "initialize" || m["method"] == "server/discover")
        .map(|m| format!(r#""requestId":{}"#, m["id"]))
        .collect();
    let cancelled = walk.written.lines().filter(|line| line.contains("notifications/cancelled"));
    for line in cancelled {
        assert!(
            !opening.iter().any(|id| line.contains(&format!("{id},")) || line.contains(&format!("{id}}}"))),
            "{line}"
        );
    }
}

#[derive(Clone, Debug)]
enum Server {
    Respond(Index, u8),
    Progress(Index, i8),
    Tell(Index, u8),
    Drain(u8),
    Close,
}

const FROM_CLIENTS: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{}},"clientInfo":{"name":"old","version":"1"}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    r#"{"jsonrpc":"2.0","id":"é","method":"tools/call","params":{"name":"a","_meta":{"progressToken":1}}}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"b"}}"#,
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"b","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"c","_meta":{"progressToken":"t","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}}}"#,
    r#"{"jsonrpc":"2.0","id":4,"method":"server/discover","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
    r#"{"jsonrpc":"2.0","id":5,"method":"ping"}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"é"}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":2}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#,
    r#"{"jsonrpc":"2.0","id":6,"method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
    r#"{"jsonrpc":"2.0","id":3,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["a"]},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}"#,
    r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":6}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"resources/subscribe","params":{"uri":"a"}}"#,
    r#"{"jsonrpc":"2.0","id":7,"method":"resources/unsubscribe","params":{"uri":"a"}}"#,
    r#"{"jsonrpc":"2.0","id":8,"method":"logging/setLevel","params":{"level":"error"}}"#,
    r#"{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"d","_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"info"}}}"#,
    r#"{"id":3,"method":"#,
    r#"[]"#,
];

const ANSWERS: &[&str] = &[
    r#"{"jsonrpc":"2.0","id":$,"result":{"action":"accept"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"error":{"code":-1,"message":"no"}}"#,
    r#"{"jsonrpc":"2.0","id":$,"result":7}"#,
];

fn server_step() -> impl Strategy<Value = Step<Server>> {
    let owner = prop_oneof![
        12 => any::<(Index, u8)>().prop_map(|(call, how)| Server::Respond(call, how)),
        4 => any::<(Index, i8)>().prop_map(|(call, n)| Server::Progress(call, n)),
        8 => any::<(Index, u8)>().prop_map(|(call, what)| Server::Tell(call, what)),
        1 => any::<u8>().prop_map(Server::Drain),
        1 => Just(Server::Close),
    ];
    prop_oneof![
        10 => owner.prop_map(Step::Owner),
        16 => prop::sample::select(FROM_CLIENTS).prop_map(|line| Step::Line(line.to_owned())),
        6 => (any::<Index>(), prop::sample::select(ANSWERS)).prop_map(|(which, text)| Step::Reply(which, text)),
        2 => (0u16..400).prop_map(Step::Advance),
        4 => any::<Index>().prop_map(Step::Written),
        1 => prop_oneof![3 => Just(Step::Advance(1)), 1 => Just(Step::End), 1 => Just(Step::Break)],
    ]
}

fn server_machine(gateway: bool) -> server::Connection {
    let clock = Clock::new(Duration::from_secs(1_000_000));
    let mut config = server::Config::new(Implementation::new("s", "1"), clock, [0; 32]);
    let offers = r#"{"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}}"#;
    config.capabilities = serde_json::from_str(offers).unwrap();
    config.raw_subscriptions = gateway;
    config.limits.calls = 3;
    config.limits.rounds = 3;
    (config.limits.outbound_high, config.limits.outbound_low) = (2000, 1000);
    server::Connection::new(Arc::new(config))
}

fn server_walk(steps: &[Step<Server>], gateway: bool, cuts: &[usize]) -> Walk<server::Connection> {
    let mut walk = Walk::new(server_machine(gateway), cuts);
    for step in steps {
        walk.step(step.clone(), |walk, command| {
            let calls = walk.events.iter().filter_map(|event| match event {
                ServerEvent::Request(request) => Some(request.call),
                _ => None,
            });
            let calls: Vec<_> = calls.collect();
            let command = match command {
                Server::Respond(_, _) | Server::Progress(_, _) if calls.is_empty() => return,
                Server::Respond(which, how) => {
                    let question = |key: &str| (key.to_owned(), InputRequest::new("elicitation/create"));
                    let answer = match how % 7 {
                        0 => Answer::Result { body: raw(r#"{"content":[]}"#), meta: None },
                        1 => Answer::Result { body: raw("{}"), meta: Some(raw(r#"{"x" : 1}"#)) },
                        2 => Answer::Verbatim(raw(r#"{"as":"it is"}"#)),
                        5 => Answer::Extended { result_type: "task".to_owned(), body: raw("{}"), meta: None },
                        3 => Answer::Error(ErrorObject::new(7, "seven").with_data(raw("null"))),
                        4 => Answer::Ask(Ask {
                            questions: [question("a"), question("b")].into(),
                            kept: [("k".to_owned(), raw("1"))].into(),
                        }),
                        _ => Answer::Ask(Ask { questions: [question("c")].into(), kept: BTreeMap::new() }),
                    };
                    server::Command::Respond { call: *which.get(&calls), answer }
                }
                Server::Progress(which, progress) => {
                    let (call, progress) = (*which.get(&calls), f64::from(progress) / 3.0);
                    server::Command::Progress { call, progress, total: Some(0.1), message: Some(" m ".to_owned()) }
                }
                Server::Tell(which, what) => {
                    let call = (!calls.is_empty() && what % 2 == 0).then(|| *which.get(&calls));
                    match what / 2 % 4 {
                        0 => server::Command::Announce(Change::ToolsList),
                        1 => server::Command::Announce(Change::Resource("a".to_owned())),
                        2 => server::Command::Log { call, level: Level::Info, logger: None, data: raw("7") },
                        _ => server::Command::Notify { call, method: Name::from("x/y"), params: None },
                    }
                }
                Server::Drain(within) => server::Command::Drain { within: Duration::from_secs(within.into()) },
                Server::Close => server::Command::Close,
            };
            walk.tell(Input::Command(command));
        });
    }
    walk.finish(server::Command::Close);
    walk
}

/// No id gets more answers than there were requests of that id, and in the end nothing is left.
fn answers_are_owed(walk: &Walk<server::Connection>) {
    let mut owed: BTreeMap<String, i32> = BTreeMap::new();
    for line in walk.written.lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        if message.get("method").is_none() {
            *owed.entry(message["id"].to_string()).or_default() += 1;
        }
    }
    for (id, answers) in owed.iter().filter(|(id, _)| *id != "null") {
        let asked = walk.machine.recording().to_string().matches(&format!(r#""id":{id},"method":"#)).count();
        assert!(i32::try_from(asked).unwrap() >= *answers, "id {id} was asked {asked} times, answered {answers} times");
    }
    assert_eq!(walk.machine.machine().session().in_flight(), 0);
}

/// Each call is told once as cancelled at most, and nothing comes of it later.
fn cancelled_is_the_end(walk: &Walk<server::Connection>) {
    let mut gone = Vec::new();
    for event in &walk.events {
        match event {
            ServerEvent::Cancelled { call } => {
                assert!(!gone.contains(call), "{call:?} cancelled twice");
                gone.push(*call);
            }
            ServerEvent::Request(request) => assert!(!gone.contains(&request.call)),
            _ => {}
        }
    }
}

/// Every call that began has ended one way, what was written is counted, and where reads ended changes nothing.
fn all_is_counted<S: Session<Command: Spell, Event: Tell>>(walk: &Walk<Stream<S>>, cut: &Walk<Stream<S>>) {
    let stats = walk.machine.machine().stats();
    let Calls { started, completed, failed, timed_out, cancelled, .. } = stats.calls;
    assert_eq!(started, completed + failed + timed_out + cancelled);
    let lines = walk.written.lines().count() as u64;
    assert_eq!(stats.written.total(), Tally::new(lines, walk.written.len() as u64 - lines));
    assert_eq!(stats, cut.machine.machine().stats());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn clients(steps in prop::collection::vec(client_step(), 0..60), extends: bool, cuts: Vec<u8>) {
        let cuts: Vec<usize> = cuts.into_iter().map(usize::from).collect();
        let walk = client_walk(&steps, extends, &[]);
        each_call_ends_once(&walk);
        walk.replay(client_machine(extends));
        let cut = client_walk(&steps, extends, &cuts);
        prop_assert_eq!((&cut.written, &cut.told), (&walk.written, &walk.told));
        all_is_counted(&walk, &cut);
        cut.replay(client_machine(extends));
    }

    #[test]
    fn servers(steps in prop::collection::vec(server_step(), 0..60), gateway: bool, cuts: Vec<u8>) {
        let cuts: Vec<usize> = cuts.into_iter().map(usize::from).collect();
        let walk = server_walk(&steps, gateway, &[]);
        answers_are_owed(&walk);
        cancelled_is_the_end(&walk);
        walk.replay(server_machine(gateway));
        let cut = server_walk(&steps, gateway, &cuts);
        prop_assert_eq!((&cut.written, &cut.told), (&walk.written, &walk.told));
        all_is_counted(&walk, &cut);
        cut.replay(server_machine(gateway));
    }
}
