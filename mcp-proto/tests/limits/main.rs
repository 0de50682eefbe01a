//! The smallest bounds on every kind of stream: whatever happens, every call ends once, everything ends, nothing is
//! kept, and memory stays within what the bounds promise.

mod flood;
mod party;
mod script;
mod telling;
mod zeros;

use mcp_proto::client::{self, CallId, CallRequest, Opening};
use mcp_proto::machine::Machine as _;
use mcp_proto::model::{Elicit, ElicitationCapability, Extra, Implementation, InputRequest, ListCapability, Revision};
use mcp_proto::rpc::{ErrorObject, Name, Raw};
use mcp_proto::server::{self, Answer, Ask};
use mcp_proto::sim::{Behaviour, Cut, World};
use mcp_proto::time::{Clock, Time};
use party::{Owner, Party, Plan, both};
use proptest::prelude::*;
use script::{Script, Step, Tool, WIDTH, script};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

fn millis(n: u16) -> Duration {
    Duration::from_millis(n.into())
}

/// The owner of the client: answers questions as the tool that asks says.
struct Caller {
    config: Arc<client::Config>,
    begun: BTreeMap<CallId, (Time, Option<Duration>)>,
    ended: BTreeMap<CallId, Time>,
    /// Questions that are open, since when; and how long all of them were.
    asked: BTreeMap<client::AskId, Time>,
    stood_still: Duration,
    /// How many of these well.
    well: usize,
}

impl Caller {
    fn answered(&mut self, now: Time, ask: client::AskId) {
        let since = self.asked.remove(&ask);
        self.stood_still += since.map_or(Duration::ZERO, |since| now.since(since));
    }
}

impl Owner<client::Connection> for Caller {
    fn commands(&mut self, now: Time, command: &client::Command) {
        match command {
            client::Command::Call { call, request } => drop(self.begun.insert(*call, (now, request.deadline))),
            client::Command::Answer { ask, .. } => self.answered(now, *ask),
            _ => {}
        }
    }

    fn event(&mut self, now: Time, event: client::Event, plan: &mut Plan<client::Command>) -> Vec<client::Command> {
        match event {
            client::Event::Ended { call, outcome, .. } => {
                self.well += usize::from(outcome.is_ok());
                assert!(self.begun.contains_key(&call), "{call:?} was never begun");
                assert_eq!(self.ended.insert(call, now), None, "{call:?} ended twice");
            }
            client::Event::Progress { call, .. } | client::Event::Ask { call: Some(call), .. }
                if self.ended.contains_key(&call) =>
            {
                panic!("something about {call:?} after its end");
            }
            client::Event::Withdrawn { ask } => self.answered(now, ask),
            client::Event::Ask { ask, params, .. } => {
                self.asked.insert(ask, now);
                let question: Elicit = params.parse().unwrap();
                let tool: Tool = serde_json::from_str(question.message()).unwrap();
                if let Some((well, size, after)) = tool.client {
                    let answer = serde_json::json!({ "action": "accept", "content": { "a": "a".repeat(size) } });
                    let error = ErrorObject::new(1, "e".repeat(size));
                    let answer = if well { Ok(Raw::from_serialize(&answer).unwrap()) } else { Err(error) };
                    plan.at(now.after(millis(after)), client::Command::Answer { ask, answer });
                }
            }
            _ => {}
        }
        Vec::new()
    }

    fn look(&mut self, _now: Time, machine: &client::Connection) {
        let (session, limits) = (machine.session(), &self.config.limits);
        assert!(session.in_flight() <= limits.calls.max(1), "{} in flight", session.in_flight());
        assert!(session.waiting() <= limits.waiting, "{} wait", session.waiting());
        let written = machine.backlog() <= limits.outbound_low.min(limits.outbound_high);
        let room = session.server().is_some() && session.in_flight() < limits.calls.max(1) && written;
        assert!(!room || session.waiting() == 0, "there is room, and yet {} wait", session.waiting());
    }
}

/// The owner of the server: does what each call's tool says.
struct Worker {
    config: Arc<server::Config>,
    cancelled: HashSet<server::CallId>,
}

impl Owner<server::Connection> for Worker {
    fn event(&mut self, now: Time, event: server::Event, plan: &mut Plan<server::Command>) -> Vec<server::Command> {
        let request = match event {
            server::Event::Request(request) => request,
            server::Event::Cancelled { call } => {
                assert!(self.cancelled.insert(call), "{call:?} was cancelled twice");
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        let call = request.call;
        assert!(!self.cancelled.contains(&call), "{call:?} comes again after it was cancelled");
        let tool: Tool = request.params.get("arguments").unwrap().parse().unwrap();
        let mut at_once = Vec::new();
        for report in 0..tool.reports {
            let progress = f64::from(u32::from(report) + 10 * u32::try_from(request.round).unwrap());
            let message = Some("m".repeat(tool.size));
            at_once.push(server::Command::Progress { call, progress, total: None, message });
        }
        let answer = if request.round < tool.rounds.into() {
            let question = || {
                let mut question = InputRequest::new("elicitation/create");
                let params = Elicit::form(serde_json::to_string(&tool).unwrap(), Raw::empty_object());
                question.params = Some(Raw::from_serialize(&params).unwrap());
                question
            };
            let questions = (0..tool.width).map(|n| (format!("{}-{n}", request.round), question())).collect();
            let kept = BTreeMap::from([("k".to_owned(), Raw::from_serialize(&tool.size).unwrap())]);
            Answer::Ask(Ask { questions, kept })
        } else if tool.size % 7 == 6 {
            Answer::Error(ErrorObject::new(3, "e".repeat(tool.size)))
        } else {
            let body = serde_json::json!({ "content": [{ "type": "text", "text": "t".repeat(tool.size) }] });
            Answer::Result { body: Raw::from_serialize(&body).unwrap(), meta: None }
        };
        let respond = server::Command::Respond { call, answer };
        match tool.wait {
            Some(0) => at_once.push(respond),
            Some(wait) => plan.at(now.after(millis(wait)), respond),
            None => {}
        }
        at_once
    }

    fn look(&mut self, _now: Time, machine: &server::Connection) {
        let (in_flight, limits) = (machine.session().in_flight(), &self.config.limits);
        assert!(in_flight <= limits.calls.max(1), "{in_flight} in flight");
        if let Some(message) = limits.message {
            // What is read beyond the mark is one message. Calls in flight say what they have to say: an answer,
            // or questions and that they are withdrawn. An error may always be this long.
            let said = 1 + limits.calls.max(1) * (1 + 2 * WIDTH);
            let most = limits.outbound_high + said * (message.max(200) + 1);
            assert!(machine.backlog() <= most, "{} bytes, over {most}", machine.backlog());
        }
    }
}

/// Plays a script and looks at what is left; how many calls went well.
fn play(script: &Script) -> usize {
    let world = World::new(script.seed);
    let (near, far) = world.link_with(script.there.clone(), script.back.clone());

    let mut config = client::Config::new(Implementation::new("c", "1"));
    config.capabilities.elicitation = Some(ElicitationCapability::new().form(Extra::new()));
    (config.limits, config.timeouts) = script.client.clone();
    config.opening = script.opening;
    let config = Arc::new(config);
    let caller = Caller {
        config: config.clone(),
        begun: BTreeMap::new(),
        ended: BTreeMap::new(),
        asked: BTreeMap::new(),
        stood_still: Duration::ZERO,
        well: 0,
    };
    let mut caller = Party::new(client::Connection::new(config, world.now()), caller, near);

    let mut config = server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32]);
    config.capabilities.tools = Some(ListCapability::new());
    (config.limits, config.timeouts) = script.server.clone();
    config.revisions = script.revisions.clone();
    let config = Arc::new(config);
    let worker = Worker { config: config.clone(), cancelled: HashSet::new() };
    let mut worker = Party::new(server::Connection::new(config), worker, far);

    let (mut now, mut calls) = (Time::ORIGIN, 0);
    for (gap, step) in &script.steps {
        now = now.after(millis(*gap));
        match step.clone() {
            Step::Call { tool, deadline, progress } => {
                calls += 1;
                let params = serde_json::json!({ "name": "t", "arguments": tool });
                let params = Raw::from_serialize(&params).unwrap();
                let mut request = CallRequest::new(Name::from("tools/call"), params, deadline.map(millis));
                request.progress = progress;
                caller.plan.at(now, client::Command::Call { call: CallId(calls), request });
            }
            Step::Cancel { call, reason } => {
                let call = CallId(call.index(10) as u64);
                caller.plan.at(now, client::Command::Cancel { call, reason: Some(reason) });
            }
            Step::Notify(size) => {
                let params = Some(Raw::from_serialize(&serde_json::json!({ "a": "n".repeat(size) })).unwrap());
                caller.plan.at(now, client::Command::Notify { method: Name::from("a/b"), params });
            }
            Step::ClientCloses => caller.plan.at(now, client::Command::Close),
            Step::ServerDrains(within) => worker.plan.at(now, server::Command::Drain { within: millis(within) }),
            Step::ServerCloses => worker.plan.at(now, server::Command::Close),
        }
    }
    // A call without a deadline may wait for ever, and a half-open stream too; some streams pass two bytes a second.
    let patience = Duration::from_secs(1_000_000);
    caller.plan.at(script.over().after(patience), client::Command::Close);
    worker.plan.at(script.over().after(2 * patience), server::Command::Close);

    world.run(both(&mut caller, &mut worker)).unwrap();

    // Without losses nobody waits for the end, but for what never answers.
    let lossless = |b: &Behaviour| {
        let passes = b.stall.is_none_or(|stall| stall.lasts.is_some());
        passes && b.reset.is_none() && b.silence.is_none()
    };
    let lossless = lossless(&script.there) && lossless(&script.back);
    let answers = script.steps.iter().all(|(_, step)| match step {
        Step::Call { tool, .. } => tool.wait.is_some() && (tool.rounds == 0 || tool.client.is_some()),
        _ => true,
    });
    for (call, (begun, deadline)) in &caller.owner.begun {
        let Some(ended) = caller.owner.ended.get(call) else { panic!("{call:?} never ended") };
        if let Some(deadline) = deadline.filter(|_| !script.client.1.progress_extends) {
            let latest = begun.after(deadline).after(caller.owner.stood_still);
            assert!(*ended <= latest, "{call:?} ended late, {ended:?}");
        }
        assert!(!lossless || !answers || *ended < script.over().after(patience), "{call:?} waited for the end");
    }
    assert_eq!((caller.machine.backlog(), worker.machine.backlog()), (0, 0));
    assert_eq!((caller.machine.session().in_flight(), worker.machine.session().in_flight()), (0, 0));
    assert_eq!(caller.machine.session().waiting(), 0);
    let timeouts = [caller.machine.poll_timeout(), worker.machine.poll_timeout()];
    assert_eq!(timeouts, [None, None]);
    caller.owner.well
}

/// Where there is room, it is used: or the test below would say nothing.
#[test]
fn everything_goes_well_where_there_is_room() {
    for revisions in Revision::SPOKEN.chunks(1) {
        let tool = |rounds, wait| Tool {
            reports: 3,
            rounds,
            width: WIDTH,
            wait: Some(wait),
            size: 11,
            client: Some((true, 20, 5)),
            padding: String::new(),
        };
        let call = |tool| Step::Call { tool, deadline: Some(10_000), progress: true };
        let tools = [tool(0, 0), tool(0, 100), tool(2, 0), tool(3, 100)];
        let script = Script {
            seed: 1,
            opening: Opening::Probe,
            revisions: revisions.to_vec(),
            client: Default::default(),
            server: Default::default(),
            there: Behaviour::default(),
            back: Behaviour { cut: Cut::Random, ..Behaviour::default() },
            steps: tools.into_iter().map(|tool| (7, call(tool))).collect(),
        };
        // Only since 2025-06-18 a server may ask by a form.
        let expect = if revisions[0].as_str() >= Revision::V2025_06_18.as_str() { 4 } else { 2 };
        assert_eq!(play(&script), expect, "{script:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn everything_ends_within_its_bounds(script in script()) {
        let _ = play(&script);
    }
}
