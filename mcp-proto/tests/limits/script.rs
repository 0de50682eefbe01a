//! What happens in one run, as a value that can be drawn, shown and made smaller.

use mcp_proto::client::Opening;
use mcp_proto::limits::{Limits, Timeouts};
use mcp_proto::model::Revision;
use mcp_proto::sim::{Behaviour, Cut, Point, Stall};
use mcp_proto::time::Time;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::fmt;
use std::time::Duration;

/// Questions asked at once, at most.
pub(crate) const WIDTH: usize = 2;

/// One run.
#[derive(Clone)]
pub(crate) struct Script {
    pub seed: u64,
    pub opening: Opening,
    pub revisions: Vec<Revision>,
    pub client: (Limits, Timeouts),
    pub server: (Limits, Timeouts),
    pub there: Behaviour,
    pub back: Behaviour,
    /// Each with the milliseconds since the one before.
    pub steps: Vec<(u16, Step)>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Call { tool: Tool, deadline: Option<u16>, progress: bool },
    Cancel { call: Index, reason: String },
    Notify(usize),
    ClientCloses,
    ServerDrains(u16),
    ServerCloses,
}

/// What the server does about a call.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Tool {
    /// It reports so often.
    pub reports: u8,
    /// It asks in so many rounds.
    pub rounds: u8,
    /// So many questions in each.
    pub width: usize,
    /// It waits so many milliseconds before each answer. `None`: for ever.
    pub wait: Option<u16>,
    /// How much it answers, and how much is in each question.
    pub size: usize,
    /// How the client answers its questions, how much, and after how many milliseconds; `None`: never.
    pub client: Option<(bool, usize, u16)>,
    /// To make the request larger.
    pub padding: String,
}

impl Script {
    /// When everything has been begun.
    pub(crate) fn over(&self) -> Time {
        Time::from_elapsed(self.steps.iter().map(|(gap, _)| Duration::from_millis((*gap).into())).sum())
    }
}

fn tool() -> impl Strategy<Value = Tool> {
    let wait = prop_oneof![4 => Just(Some(0)), 4 => (0u16..3000).prop_map(Some), 1 => Just(None)];
    let size = prop_oneof![2 => 0usize..40, 1 => 0usize..2000];
    let client = prop_oneof![8 => (prop::bool::weighted(0.8), size.clone(), 0u16..500).prop_map(Some), 1 => Just(None)];
    let rounds = prop_oneof![1 => Just(0u8), 1 => 1u8..4];
    let reports = prop_oneof![3 => 0u8..4, 1 => 10u8..40];
    (reports, rounds, 0..=WIDTH, wait, size.clone(), client, size).prop_map(
        |(reports, rounds, width, wait, size, client, padding)| Tool {
            reports,
            rounds,
            width,
            wait,
            size,
            client,
            padding: "p".repeat(padding),
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let deadline = prop_oneof![1 => Just(None), 4 => (0u16..20_000).prop_map(Some)];
    prop_oneof![
        20 => (tool(), deadline, any::<bool>())
            .prop_map(|(tool, deadline, progress)| Step::Call { tool, deadline, progress }),
        5 => (any::<Index>(), 0usize..200).prop_map(|(call, n)| Step::Cancel { call, reason: "r".repeat(n) }),
        1 => (0usize..2000).prop_map(Step::Notify),
        1 => Just(Step::ClientCloses),
        1 => (0u16..5000).prop_map(Step::ServerDrains),
        1 => Just(Step::ServerCloses),
    ]
}

fn limits() -> impl Strategy<Value = Limits> {
    let message = prop_oneof![
        2 => Just(None),
        1 => select(vec![0usize, 1, 100, 300]).prop_map(Some),
        8 => (400usize..4000).prop_map(Some),
    ];
    let inbound = select(vec![None, Some(0), Some(1), Some(700), Some(5000)]);
    let few = || select(vec![0usize, 1, 1, 2, 3]);
    let mark = || select(vec![0usize, 1, 100, 1000]);
    let nesting = select(vec![0usize, 1, 8, 128]);
    (message, nesting, mark(), mark(), inbound, few(), 0usize..8, few()).prop_map(
        |(message, nesting, outbound_high, outbound_low, inbound, calls, waiting, rounds)| {
            let mut limits = Limits::default();
            (limits.message, limits.nesting, limits.inbound) = (message, nesting, inbound);
            (limits.outbound_high, limits.outbound_low) = (outbound_high, outbound_low);
            (limits.calls, limits.waiting, limits.rounds) = (calls, waiting, rounds);
            limits
        },
    )
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    let some = |most: u64| (0..most).prop_map(|n| Some(Duration::from_millis(n)));
    let time = move || prop_oneof![4 => Just(None), 1 => Just(Some(Duration::ZERO)), 8 => some(5000)];
    (time(), prop_oneof![3 => Just(None), 1 => time()], time(), some(20_000), time(), time(), any::<bool>()).prop_map(
        |(request_total, open, probe, write_stall, drain, input, extends)| {
            let mut timeouts = Timeouts::default();
            (timeouts.request_total, timeouts.open, timeouts.probe) = (request_total, open, probe);
            (timeouts.write_stall, timeouts.drain, timeouts.input) = (write_stall, drain, input);
            timeouts.progress_extends = extends;
            timeouts
        },
    )
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    let point = || {
        prop_oneof![
            (0u64..4000).prop_map(Point::Byte),
            (0u64..8000).prop_map(|n| Point::after(Duration::from_millis(n)))
        ]
    };
    let lasts = prop_oneof![1 => Just(None), 3 => (0u64..9000).prop_map(|n| Some(Duration::from_millis(n)))];
    let stall = (point(), lasts).prop_map(|(from, lasts)| Stall { from, lasts });
    let rarely = |point| prop::option::weighted(0.15, point);
    let kind = select(vec![Cut::Whole, Cut::EachByte, Cut::Random]);
    let capacity = select(vec![0usize, 1, 64, 1000, 64 * 1024]);
    let pace = prop::option::weighted(0.2, 500u64..50_000);
    let times = (prop::option::weighted(0.3, 0u64..2000), prop::option::weighted(0.2, 0u64..500));
    (kind, any::<bool>(), times, pace, capacity, prop::option::weighted(0.2, stall), rarely(point()), rarely(point()))
        .prop_map(|(cut, glue, (delay, jitter), bytes_per_second, capacity, stall, reset, silence)| Behaviour {
            cut,
            glue,
            delay: Duration::from_millis(delay.unwrap_or(0)),
            jitter: Duration::from_millis(jitter.unwrap_or(0)),
            bytes_per_second,
            capacity,
            stall,
            reset,
            silence,
        })
}

/// Some smallest bounds, and something that happens within them.
pub(crate) fn script() -> impl Strategy<Value = Script> {
    let opening =
        prop_oneof![8 => Just(Opening::Probe), 2 => Just(Opening::LegacyOnly), 1 => Just(Opening::ModernOnly)];
    let all = Revision::SPOKEN.to_vec();
    let revisions = select(vec![all.clone(), all[..1].to_vec(), all[1..].to_vec(), all[2..].to_vec()]);
    // Half of the runs have room enough on one side, or hardly any would get far.
    let roomy = || prop_oneof![Just(None), limits().prop_map(Some)].prop_map(Option::unwrap_or_default);
    let patient = || {
        prop_oneof![Just(None), timeouts().prop_map(Some)].prop_map(|t| {
            t.unwrap_or_else(|| {
                let mut timeouts = Timeouts::default();
                timeouts.probe = Some(Duration::from_secs(1));
                timeouts
            })
        })
    };
    let stream = || prop_oneof![2 => Just(Behaviour::default()), 1 => behaviour()];
    let steps = prop::collection::vec((prop_oneof![2 => Just(0u16), 1 => 0u16..3000], step()), 0..10);
    (any::<u64>(), opening, revisions, (roomy(), patient()), (roomy(), patient()), stream(), stream(), steps).prop_map(
        |(seed, opening, revisions, client, server, there, back, steps)| Script {
            seed,
            opening,
            revisions,
            client,
            server,
            there,
            back,
            steps,
        },
    )
}

/// Only what is not as usual.
impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, opening, revisions, client, server, there, back, steps } = self;
        writeln!(f, "seed {seed}, {opening:?}, served {revisions:?}")?;
        for (name, (limits, timeouts)) in [("client", client), ("server", server)] {
            writeln!(f, "{name}: {}", unusual(limits, &Limits::default()))?;
            writeln!(f, "{name}: {}", unusual(timeouts, &Timeouts::default()))?;
        }
        for (name, behaviour) in [("there", there), ("back", back)] {
            writeln!(f, "{name}: {}", unusual(behaviour, &Behaviour::default()))?;
        }
        steps.iter().try_for_each(|(gap, step)| writeln!(f, "after {gap} ms {step:?}"))
    }
}

/// The fields of a struct that are not as in another.
fn unusual<T: fmt::Debug>(value: &T, usual: &T) -> String {
    let (value, usual) = (format!("{value:?}"), format!("{usual:?}"));
    let usual: Vec<&str> = usual.split(", ").collect();
    value.split(", ").filter(|field| !usual.contains(field)).collect::<Vec<_>>().join(", ")
}
