//! The matrix as a test: every scenario in every column, over fewer links than the binary runs.

use conformance::column::columns;
use conformance::link::LinkKind;
use conformance::matrix::{self, Choice};
use conformance::rules;

#[test]
fn every_scenario_passes_in_every_column() {
    matrix::hide_panics_on_purpose();
    let scenarios = matrix::scenarios().expect("scenarios");
    let columns = columns().expect("runtimes");
    let links = [LinkKind::Whole, LinkKind::Slow, LinkKind::Broken(50)];
    let outcome = matrix::run(&scenarios, &columns, &links, &Choice::default(), |_, _, _| {});
    let failed: Vec<String> = outcome.failed.iter().map(|f| format!("{}: {}", f.place, f.failure.why)).collect();
    assert_eq!(failed, Vec::<String>::new());
    assert!(outcome.total().ran >= 2 * scenarios.len(), "{:?}", outcome.total());
}

#[test]
fn scenarios_name_rules_that_are_there() {
    let scenarios = matrix::scenarios().expect("scenarios");
    assert_eq!(rules::unknown(&rules::rules().expect("rules"), &scenarios), []);
}
