//! The matrix: every scenario, in every column and revision, over every link.

use crate::column::{Across, Column};
use crate::link::LinkKind;
use crate::peer::{Failure, Log};
use crate::play::Run;
use crate::scenario::{Scenario, Subject, Transcript};
use crate::{fixture, socket, virtual_time};
use mcp_proto::model::Revision;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The name of the column on the virtual clock.
pub const PROTO: &str = "proto";
/// Seeds of one run on the virtual clock: who runs first and how streams cut depends on them.
const SEEDS: [u64; 3] = [1, 2, 3];

/// What is to be run.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// This column only.
    pub column: Option<String>,
    /// Scenarios whose name has this in it only.
    pub scenario: Option<String>,
    /// Links of this name only.
    pub link: Option<String>,
}

/// Where something ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The column.
    pub column: &'static str,
    /// The scenario.
    pub scenario: String,
    /// The revision.
    pub revision: Revision,
    /// The link.
    pub link: LinkKind,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { column, scenario, revision, link } = self;
        write!(f, "{scenario}, {column}, {revision}, {link}")
    }
}

/// Something failed.
#[derive(Clone, Debug)]
pub struct Failed {
    /// Where.
    pub place: Place,
    /// How.
    pub failure: Failure,
    /// What had happened until then.
    pub log: Vec<String>,
}

/// How many runs passed, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Passed.
    pub passed: usize,
    /// Ran.
    pub ran: usize,
}

impl Count {
    /// Counts one more.
    pub fn add(&mut self, passed: bool) {
        self.ran += 1;
        self.passed += usize::from(passed);
    }

    /// Both.
    #[must_use]
    pub const fn plus(self, more: Self) -> Self {
        Self { passed: self.passed + more.passed, ran: self.ran + more.ran }
    }
}

/// What came of it all.
#[derive(Debug, Default)]
pub struct Outcome {
    /// By scenario, column and revision.
    pub counts: BTreeMap<(String, &'static str, &'static str), Count>,
    /// What failed.
    pub failed: Vec<Failed>,
}

impl Outcome {
    /// All runs.
    #[must_use]
    pub fn total(&self) -> Count {
        self.count(|_, _, _| true)
    }

    /// The runs of some scenarios, columns and revisions.
    #[must_use]
    pub fn count(&self, which: impl Fn(&str, &str, &str) -> bool) -> Count {
        let chosen = self.counts.iter().filter(|((scenario, column, revision), _)| which(scenario, column, revision));
        chosen.fold(Count::default(), |sum, (_, count)| sum.plus(*count))
    }

    fn merge(&mut self, other: Self) {
        self.counts.extend(other.counts);
        self.failed.extend(other.failed);
    }
}

/// The scenarios of this crate.
///
/// # Errors
/// One of them is none.
pub fn scenarios() -> Result<Vec<Scenario>, String> {
    crate::scenario::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scenarios")))
}

/// The names of all columns, in order.
#[must_use]
pub fn names(columns: &[Arc<dyn Column>]) -> Vec<&'static str> {
    std::iter::once(PROTO).chain(columns.iter().map(|column| column.name())).collect()
}

/// Keeps panics that are part of a scenario off the terminal.
pub fn hide_panics_on_purpose() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload_as_str() != Some(fixture::ON_PURPOSE) {
            usual(info);
        }
    }));
}

/// Runs what was chosen. `tell` hears of each run as it ends.
pub fn run(
    scenarios: &[Scenario],
    columns: &[Arc<dyn Column>],
    links: &[LinkKind],
    choice: &Choice,
    mut tell: impl FnMut(&Place, &Result<usize, Failure>, &Log),
) -> Outcome {
    let mut outcome = Outcome::default();
    let chosen = |wanted: &Option<String>, name: &str| wanted.as_ref().is_none_or(|w| w == name);
    for scenario in scenarios {
        if choice.scenario.as_ref().is_some_and(|part| !scenario.name.contains(part.as_str())) {
            continue;
        }
        let scenario = Arc::new(scenario.clone());
        let links: Vec<LinkKind> = links
            .iter()
            .copied()
            .filter(|link| chosen(&choice.link, link.name()) && makes_sense(&scenario, *link))
            .collect();
        for (name, column) in
            std::iter::once((PROTO, None)).chain(columns.iter().map(|column| (column.name(), Some(column))))
        {
            if chosen(&choice.column, name) && !(column.is_some() && scenario.setup.virtual_time) {
                outcome.merge(run_column(&scenario, name, column, &links, &mut tell));
            }
        }
    }
    outcome
}

/// Runs every scenario of our client on our server with clients of one adapter on servers of each other one.
/// What came of each pair, by clients and servers.
#[must_use]
pub fn across(scenarios: &[Scenario], columns: &[Arc<dyn Column>]) -> Vec<(&'static str, &'static str, Outcome)> {
    let both: Vec<Scenario> = scenarios.iter().filter(|s| s.setup.subject == Subject::Both).cloned().collect();
    let choice = Choice { column: Some("across".to_owned()), ..Choice::default() };
    let pairs = columns.iter().flat_map(|clients| columns.iter().map(move |servers| (clients, servers)));
    pairs
        .filter(|(clients, servers)| clients.name() != servers.name())
        .map(|(clients, servers)| {
            let pair: Arc<dyn Column> = Arc::new(Across { clients: clients.clone(), servers: servers.clone() });
            let outcome = run(&both, &[pair], &[LinkKind::Whole, LinkKind::Slow], &choice, |_, _, _| {});
            (clients.name(), servers.name(), outcome)
        })
        .collect()
}

/// A link that cannot be whole is of no use to some.
fn makes_sense(scenario: &Scenario, link: LinkKind) -> bool {
    match link {
        LinkKind::Whole => true,
        LinkKind::Broken(_) => !scenario.setup.whole_link && scenario.setup.subject != Subject::Both,
        LinkKind::Bytes | LinkKind::Glued | LinkKind::Slow => !scenario.setup.whole_link,
    }
}

fn run_column(
    scenario: &Arc<Scenario>,
    name: &'static str,
    column: Option<&Arc<dyn Column>>,
    links: &[LinkKind],
    tell: &mut impl FnMut(&Place, &Result<usize, Failure>, &Log),
) -> Outcome {
    let mut outcome = Outcome::default();
    for transcript in &scenario.transcripts {
        let revision = transcript.revision;
        // How long the script is shows only when it has run.
        let mut total = None;
        for &link in links.iter().filter(|link| transcript.every_link || link.carries_every_revision()) {
            if link.budget(0).is_some() && total.is_none() {
                total = run_one(scenario, column, transcript, LinkKind::Whole, 0, &Log::default()).ok();
            }
            let log = Log::default();
            let ran = run_one(scenario, column, transcript, link, total.unwrap_or_default(), &log);
            if link == LinkKind::Whole {
                total = ran.as_ref().ok().copied();
            }
            let place = Place { column: name, scenario: scenario.name.clone(), revision, link };
            tell(&place, &ran, &log);
            outcome.counts.entry((scenario.name.clone(), name, revision.as_str())).or_default().add(ran.is_ok());
            if let Err(failure) = ran {
                outcome.failed.push(Failed { place, failure, log: log.lines() });
            }
        }
    }
    outcome
}

fn run_one(
    scenario: &Arc<Scenario>,
    column: Option<&Arc<dyn Column>>,
    transcript: &Transcript,
    link: LinkKind,
    total: usize,
    log: &Log,
) -> Result<usize, Failure> {
    match column {
        Some(column) => socket::run(column, scenario, transcript.revision, link, total, log),
        None => SEEDS.iter().try_fold(0, |_, seed| {
            let run = Run { scenario, transcript, link, total };
            log.begin(&format!("seed {seed}"));
            virtual_time::run(run, *seed, log.clone())
        }),
    }
}
