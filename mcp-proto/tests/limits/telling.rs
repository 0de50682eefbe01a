//! Whatever is announced to clients that read too slowly: nothing is lost, nothing is said twice, nothing piles up.

use bytes::Bytes;
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::{Change, Implementation};
use mcp_proto::server::{Command, Config, Connection};
use mcp_proto::time::{Clock, Time};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What may be announced; the last two have to be subscribed to in a session.
const CHANGES: usize = 5;
const SESSION: u64 = 0;

fn change(at: usize) -> Change {
    match at {
        0 => Change::ToolsList,
        1 => Change::PromptsList,
        2 => Change::ResourcesList,
        at => Change::Resource(format!("a:{at}")),
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A subscription for some of the changes.
    Listen([bool; CHANGES]),
    /// The end of one, by which it is.
    Cancel(prop::sample::Index),
    Subscribe(usize),
    Unsubscribe(usize),
    Announce(usize),
    /// The client takes so many bytes.
    Take(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let resource = 3..CHANGES;
    prop_oneof![
        2 => any::<[bool; CHANGES]>().prop_map(Step::Listen),
        1 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        1 => resource.clone().prop_map(Step::Subscribe),
        1 => resource.prop_map(Step::Unsubscribe),
        8 => (0..CHANGES).prop_map(Step::Announce),
        4 => (0..400_usize).prop_map(Step::Take),
    ]
}

/// Somebody told of a change.
#[derive(Debug)]
struct Told {
    /// Announced, and not told since.
    due: bool,
    /// The client wants no more of it. The server may not have read that.
    ended: bool,
}

struct World {
    server: Connection,
    untaken: usize,
    /// The ids of requests that subscribe in the session, to what, and whether that is still wanted.
    subscribing: BTreeMap<u64, (usize, bool)>,
    told: BTreeMap<(u64, usize), Told>,
    last_id: u64,
}

impl World {
    fn new(high: usize, low: usize) -> Self {
        let mut config = Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
        let list = json!({ "listChanged": true });
        let resources = json!({ "listChanged": true, "subscribe": true });
        let offers = json!({ "tools": list, "prompts": list, "resources": resources });
        config.capabilities = serde_json::from_value(offers).unwrap();
        (config.limits.outbound_high, config.limits.outbound_low) = (high, low);
        let server = Connection::new(Arc::new(config));
        let mut world =
            Self { server, untaken: 0, subscribing: BTreeMap::new(), told: BTreeMap::new(), last_id: SESSION };
        let about = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } });
        world.request("initialize", about);
        world.told.extend((0..3).map(|list| ((SESSION, list), Told { due: false, ended: false })));
        world
    }

    fn read(&mut self, message: &Value) {
        self.input(Input::Read(Bytes::from(format!("{message}\n"))));
    }

    fn request(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        self.read(&json!({ "jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params }));
        self.last_id
    }

    fn input(&mut self, input: Input<Command>) {
        self.server.handle_input(Time::ORIGIN, input);
        while let Some(output) = self.server.poll_output() {
            let Output::Write(bytes) = output else { panic!("{output:?}") };
            self.untaken += bytes.len();
            for line in std::str::from_utf8(&bytes).unwrap().lines() {
                self.heard(&serde_json::from_str(line).unwrap());
            }
        }
    }

    /// What the server says.
    fn heard(&mut self, message: &Value) {
        let fresh = |told: &mut BTreeMap<_, Told>, key, wanted: bool| {
            let known = told.entry(key).or_insert(Told { due: false, ended: true });
            // To what was subscribed to all the time nothing happens.
            if known.ended {
                *known = Told { due: false, ended: !wanted };
            }
        };
        let Some(method) = message["method"].as_str() else {
            if let Some((at, wanted)) = message["id"].as_u64().and_then(|id| self.subscribing.remove(&id)) {
                fresh(&mut self.told, (SESSION, at), wanted);
            }
            return;
        };
        let params = &message["params"];
        let listener = params["_meta"]["io.modelcontextprotocol/subscriptionId"].as_u64().unwrap_or(SESSION);
        if method == "notifications/subscriptions/acknowledged" {
            let lists = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
            let all = &params["notifications"];
            let wanted = |at: usize| match lists.get(at) {
                Some(list) => all[list] == true,
                None => {
                    all["resourceSubscriptions"].as_array().is_some_and(|uris| uris.contains(&json!(format!("a:{at}"))))
                }
            };
            (0..CHANGES).filter(|at| wanted(*at)).for_each(|at| fresh(&mut self.told, (listener, at), true));
            return;
        }
        let is = |at: &usize| match change(*at) {
            Change::Resource(uri) => params["uri"] == uri,
            list => list.notification() == method,
        };
        let at = (0..CHANGES).find(is).unwrap();
        let told = self.told.get_mut(&(listener, at)).unwrap_or_else(|| panic!("nobody asked: {message}"));
        assert!(std::mem::replace(&mut told.due, false), "said twice: {message}");
    }

    fn step(&mut self, step: &Step) {
        match step {
            Step::Listen(wanted) => {
                let uris: Vec<String> = (3..CHANGES).filter(|at| wanted[*at]).map(|at| format!("a:{at}")).collect();
                let changes = json!({
                    "toolsListChanged": wanted[0], "promptsListChanged": wanted[1], "resourcesListChanged": wanted[2],
                    "resourceSubscriptions": uris,
                });
                let meta = json!({
                    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities": {},
                });
                self.request("subscriptions/listen", json!({ "notifications": changes, "_meta": meta }));
            }
            Step::Cancel(which) => {
                let open: Vec<u64> =
                    self.told.keys().map(|(listener, _)| *listener).filter(|id| *id != SESSION).collect();
                if open.is_empty() {
                    return;
                }
                let id = *which.get(&open);
                self.told.iter_mut().filter(|((of, _), _)| *of == id).for_each(|(_, told)| told.ended = true);
                self.read(
                    &json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }),
                );
            }
            Step::Subscribe(at) => {
                self.subscribing.insert(self.last_id + 1, (*at, true));
                self.request("resources/subscribe", json!({ "uri": format!("a:{at}") }));
            }
            Step::Unsubscribe(at) => {
                if let Some(told) = self.told.get_mut(&(SESSION, *at)) {
                    told.ended = true;
                }
                self.subscribing.values_mut().filter(|(asked, _)| asked == at).for_each(|(_, wanted)| *wanted = false);
                self.request("resources/unsubscribe", json!({ "uri": format!("a:{at}") }));
            }
            Step::Announce(at) => {
                self.told.iter_mut().filter(|((_, of), _)| of == at).for_each(|(_, told)| told.due = true);
                self.input(Input::Command(Command::Announce(change(*at))));
            }
            Step::Take(most) => {
                let taken = self.untaken.min(*most);
                self.untaken -= taken;
                self.input(Input::Written(taken));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_or_said_twice(high in 0..600_usize, low in 0..600_usize, steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::new(high, low.min(high));
        for step in &steps {
            world.step(step);
            // The answer that goes over the mark is the last.
            prop_assert!(world.server.backlog() <= high + 400, "{} bytes", world.server.backlog());
        }
        while world.untaken > 0 {
            world.step(&Step::Take(usize::MAX));
        }
        let lost: Vec<_> = world.told.iter().filter(|(_, told)| told.due && !told.ended).collect();
        prop_assert!(lost.is_empty(), "{lost:?}");
    }
}
