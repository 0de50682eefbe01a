//! A client and a server of ours, and the changes that the one hears of from the other, in every revision.

use mcp_proto::client::{self, CallId, CallRequest, Opening};
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::{Change, Era, Implementation, Revision};
use mcp_proto::rpc::{Name, Raw};
use mcp_proto::server;
use mcp_proto::time::{Clock, Time};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

struct World {
    client: client::Connection,
    server: server::Connection,
    /// What the client's owner was told.
    told: Vec<String>,
}

/// What a machine says; all of it counts as written at once.
fn said<M: Machine>(machine: &mut M, mut told: impl FnMut(M::Event)) -> Vec<Input<M::Command>> {
    let mut inputs = Vec::new();
    while let Some(output) = machine.poll_output() {
        match output {
            Output::Write(bytes) => {
                machine.handle_input(Time::ORIGIN, Input::Written(bytes.len()));
                inputs.push(Input::Read(bytes));
            }
            Output::Event(event) => told(event),
            Output::Finish => inputs.push(Input::ReadEnd(None)),
            Output::Closed(_) | Output::Frame(_) => {}
        }
    }
    inputs
}

/// The same bytes for the other side.
fn heard<A, B>(input: Input<A>) -> Input<B> {
    match input {
        Input::Read(bytes) => Input::Read(bytes),
        _ => Input::ReadEnd(None),
    }
}

impl World {
    fn new(revision: Revision) -> Self {
        let mut config = server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
        let offers = json!({ "tools": { "listChanged": true }, "prompts": {}, "resources": { "subscribe": true } });
        config.capabilities = serde_json::from_value(offers).unwrap();
        config.revisions = vec![revision];
        let server = server::Connection::new(Arc::new(config));
        let mut config = client::Config::new(Implementation::new("c", "1"));
        config.opening = Opening::Probe;
        let client = client::Connection::new(Arc::new(config), Time::ORIGIN);
        let mut world = Self { client, server, told: Vec::new() };
        world.run();
        world.told.clear();
        world
    }

    /// Carries bytes until nobody says anything.
    fn run(&mut self) {
        loop {
            let told = &mut self.told;
            let there = said(&mut self.client, |event| told.extend(tell(&event)));
            let back = said(&mut self.server, |event| panic!("the server's owner is told: {event:?}"));
            if there.is_empty() && back.is_empty() {
                return;
            }
            there.into_iter().for_each(|input| self.server.handle_input(Time::ORIGIN, heard(input)));
            back.into_iter().for_each(|input| self.client.handle_input(Time::ORIGIN, heard(input)));
        }
    }

    fn client(&mut self, command: client::Command) {
        self.client.handle_input(Time::ORIGIN, Input::Command(command));
        self.run();
    }

    fn server(&mut self, command: server::Command) {
        self.server.handle_input(Time::ORIGIN, Input::Command(command));
        self.run();
    }

    fn listen(&mut self, call: u64, changes: Value) {
        let params = Raw::from_serialize(&json!({ "notifications": changes })).unwrap();
        let request = CallRequest::new(Name::from("subscriptions/listen"), params, None);
        self.client(client::Command::Call { call: CallId(call), request });
    }

    fn announce(&mut self, changes: &[Change]) {
        changes.iter().for_each(|change| self.server(server::Command::Announce(change.clone())));
    }

    /// What was told since this was last asked.
    fn told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }
}

fn tell(event: &client::Event) -> Option<String> {
    match event {
        client::Event::Update { call: CallId(call), method, params } => {
            let mut params: Value = params.raw().parse().unwrap();
            // The tag is the core's business.
            params.as_object_mut().unwrap().remove("_meta");
            let name = method.rsplit_once("notifications/").unwrap().1;
            Some(format!("{call} {name} {params}"))
        }
        client::Event::Ended { call: CallId(call), outcome, .. } => {
            Some(format!("{call} ended {}", if outcome.is_ok() { "well" } else { "badly" }))
        }
        client::Event::Ready(_) => None,
        client::Event::Notification { method, .. } => Some(format!("- {method}")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn changes_reach_who_asked_for_them() {
    for revision in Revision::SPOKEN {
        let modern = revision.era() == Era::Modern;
        let mut world = World::new(*revision);
        let [a, b, c] = ["x:a", "x:b", "x:c"].map(|uri| Change::Resource(uri.to_owned()));
        let mut check = |do_it: &dyn Fn(&mut World), expect: &[&str]| {
            do_it(&mut world);
            assert_eq!(world.told(), expect, "{revision}");
        };
        let all =
            json!({ "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["x:a", "x:b"] });
        let accepted =
            json!({ "notifications": { "toolsListChanged": true, "resourceSubscriptions": ["x:a", "x:b"] } });
        check(&|w| w.listen(1, all.clone()), &[&format!("1 subscriptions/acknowledged {accepted}")]);
        check(
            &|w| w.announce(&[Change::ToolsList, Change::PromptsList, a.clone(), c.clone()]),
            &["1 tools/list_changed {}", r#"1 resources/updated {"uri":"x:a"}"#],
        );
        check(
            &|w| w.listen(2, json!({ "resourceSubscriptions": ["x:b"] })),
            &[r#"2 subscriptions/acknowledged {"notifications":{"resourceSubscriptions":["x:b"]}}"#],
        );
        let both = [r#"1 resources/updated {"uri":"x:b"}"#, r#"2 resources/updated {"uri":"x:b"}"#];
        check(&|w| w.announce(std::slice::from_ref(&b)), &both);
        check(&|w| w.client(client::Command::Cancel { call: CallId(1), reason: None }), &["1 ended badly"]);
        check(&|w| w.announce(&[a.clone(), b.clone()]), &[r#"2 resources/updated {"uri":"x:b"}"#]);
        // Lists are told to a session whoever listens.
        let unasked: &[&str] = if modern { &[] } else { &["- notifications/tools/list_changed"] };
        check(&|w| w.announce(&[Change::ToolsList]), unasked);
        let end = if modern { "2 ended well" } else { "2 ended badly" };
        check(&|w| w.server(server::Command::Drain { within: Duration::ZERO }), &[end]);
    }
}
