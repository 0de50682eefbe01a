//! Runs the matrix and prints it.

use conformance::column::columns;
use conformance::link::LinkKind;
use conformance::matrix::{self, Choice, Count, Failed, Outcome};
use conformance::rules;
use conformance::scenario::Scenario;
use conformance::timing;
use mcp_proto::model::Revision;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: conformance [--column NAME] [--scenario PART-OF-NAME] [--link NAME] [--verbose]";

struct Options {
    choice: Choice,
    verbose: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options { choice: Choice::default(), verbose: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().map(Some).ok_or_else(|| format!("{word} needs a value\n{USAGE}"));
        match word.as_str() {
            "--column" => options.choice.column = value()?,
            "--scenario" => options.choice.scenario = value()?,
            "--link" => options.choice.link = value()?,
            "--verbose" => options.verbose = true,
            _ => return Err(USAGE.to_owned()),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let options = options()?;
    let began = Instant::now();
    matrix::hide_panics_on_purpose();
    let scenarios = matrix::scenarios()?;
    let rules = rules::rules()?;
    if let Some((scenario, rule)) = rules::unknown(&rules, &scenarios).first() {
        return Err(format!("{scenario}.txt covers {rule}, which rules.txt does not have"));
    }
    let columns = columns().map_err(|e| format!("a runtime could not start: {e}"))?;
    let mut progress = Progress::new();
    let outcome = matrix::run(&scenarios, &columns, LinkKind::ALL, &options.choice, |place, ran, log| {
        progress.tell(&place.to_string(), ran.is_ok());
        if options.verbose {
            progress.clear();
            println!("{place}: {}", if ran.is_ok() { "passed" } else { "FAILED" });
            log.lines().iter().for_each(|line| println!("    {line}"));
        }
    });
    progress.clear();
    table(&scenarios, &matrix::names(&columns), &outcome);
    outcome.failed.iter().for_each(failure);
    println!("\nMUST rules for streams without a scenario:");
    for rule in rules::gaps(&rules, &scenarios) {
        println!("  {:<9} {:<7} {:<7} {}", rule.id, rule.side, rule.era, rule.says);
    }
    let mut total = outcome.total();
    let unlimited = options.choice.scenario.is_none() && options.choice.link.is_none();
    if unlimited && options.choice.column.is_none() {
        println!("\nour clients on our servers of another adapter:");
        for (clients, servers, outcome) in matrix::across(&scenarios, &columns) {
            let count = outcome.total();
            println!("  {clients:>9} on {servers:9} {}/{}", count.passed, count.ran);
            outcome.failed.iter().for_each(failure);
            total = total.plus(count);
        }
    }
    if unlimited {
        println!();
        for column in columns.iter().filter(|c| options.choice.column.as_ref().is_none_or(|wanted| c.name() == wanted))
        {
            for (what, result) in timing::checks(column) {
                total.add(result.is_ok());
                let (said, text) = result.map_or_else(|why| ("FAILED ", why), |how| ("", how));
                println!("{said}{what}, {}: {text}", column.name());
            }
        }
    }
    println!("\n{:.1} s\n{} passed, {} failed", began.elapsed().as_secs_f64(), total.passed, total.ran - total.passed);
    Ok(total.ran > 0 && total.passed == total.ran)
}

fn failure(failed: &Failed) {
    let line = failed.failure.line.map(|n| format!(" line {n}:")).unwrap_or_default();
    println!("FAILED {}:\n   {line} {}", failed.place, failed.failure.why);
    failed.log.iter().rev().take(6).rev().for_each(|line| println!("      {line}"));
}

/// What runs now, on the terminal; without one, a line each few hundred runs.
struct Progress {
    terminal: bool,
    ran: usize,
    failed: usize,
}

impl Progress {
    fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), ran: 0, failed: 0 }
    }

    fn tell(&mut self, place: &str, passed: bool) {
        self.ran += 1;
        self.failed += usize::from(!passed);
        let text = format!("{} ran, {} failed; {place}", self.ran, self.failed);
        if self.terminal {
            eprint!("\r\x1b[K{text:.100}");
            // Progress that is not shown is no loss.
            let _ = std::io::stderr().flush();
        } else if self.ran.is_multiple_of(250) {
            eprintln!("{text}");
        }
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }
}

fn table(scenarios: &[Scenario], columns: &[&'static str], outcome: &Outcome) {
    let width = scenarios.iter().map(|s| s.name.len()).max().unwrap_or_default().max(8);
    let heads: String = columns.iter().map(|column| format!("{column:>11}")).collect();
    let row = |name: &str, absent: &str, count: &dyn Fn(&str) -> Count| {
        let cell = |column: &&str| match count(column) {
            Count { ran: 0, .. } => format!("{absent:>11}"),
            Count { passed, ran } => format!("{:>11}", format!("{passed}/{ran}")),
        };
        println!("{name:width$}{}", columns.iter().map(cell).collect::<String>());
    };
    println!("{:width$}{heads}", "scenario");
    for scenario in scenarios.iter().filter(|s| outcome.count(|name, _, _| name == s.name).ran > 0) {
        let absent = if scenario.setup.virtual_time { "virtual" } else { "-" };
        row(&scenario.name, absent, &|column| outcome.count(|name, its, _| name == scenario.name && its == column));
    }
    println!("\n{:width$}{heads}", "revision");
    for revision in Revision::SPOKEN {
        let revision = revision.as_str();
        row(revision, "-", &|column| outcome.count(|_, its, spoken| its == column && spoken == revision));
    }
}
