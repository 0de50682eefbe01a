//! The rules of the protocol that hold on streams, so that those without a scenario are seen.

use crate::scenario::Scenario;
use std::collections::BTreeSet;

/// A rule, from `rules.txt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// By what scenarios name it.
    pub id: String,
    /// Whom it binds: `client`, `server` or `both`.
    pub side: String,
    /// In which era: `legacy`, `modern` or `both`.
    pub era: String,
    /// What it says.
    pub says: String,
}

/// Reads rules, `ID | side | era | sentence` a line. Lines that begin with `#` are prose.
///
/// # Errors
/// A line is something else, or an id is there twice.
pub fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let mut rules: Vec<Rule> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let &[id, side, era, says] = parts.as_slice() else { return Err(format!("not a rule: {line}")) };
        if !matches!(side, "client" | "server" | "both") || !matches!(era, "legacy" | "modern" | "both") {
            return Err(format!("whom and when does it bind? {line}"));
        }
        if rules.iter().any(|rule| rule.id == id) {
            return Err(format!("{id} is there twice"));
        }
        let [id, side, era, says] = [id, side, era, says].map(str::to_owned);
        rules.push(Rule { id, side, era, says });
    }
    Ok(rules)
}

/// The rules that stand in the project.
///
/// # Errors
/// As [`parse`].
pub fn rules() -> Result<Vec<Rule>, String> {
    parse(include_str!("../rules.txt"))
}

/// Rules no scenario covers.
#[must_use]
pub fn gaps<'r>(rules: &'r [Rule], scenarios: &[Scenario]) -> Vec<&'r Rule> {
    let covered: BTreeSet<&str> = scenarios.iter().flat_map(|s| &s.covers).map(String::as_str).collect();
    rules.iter().filter(|rule| !covered.contains(rule.id.as_str())).collect()
}

/// Rules that scenarios name and the list does not have.
#[must_use]
pub fn unknown<'s>(rules: &[Rule], scenarios: &'s [Scenario]) -> Vec<(&'s str, &'s str)> {
    let known = |id: &str| rules.iter().any(|rule| rule.id == id);
    let named = scenarios.iter().flat_map(|s| s.covers.iter().map(|id| (s.name.as_str(), id.as_str())));
    named.filter(|(_, id)| !known(id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_rules_and_finds_gaps() {
        let rules = parse("# prose\nA-1 | both | legacy | One.\n\nA-2 | client | modern | Two.\n").unwrap();
        let scenario = Scenario::parse("s", "# t\ncovers: A-2 B-1\n--- legacy\neof").unwrap();
        let gaps: Vec<&str> = gaps(&rules, std::slice::from_ref(&scenario)).iter().map(|r| r.id.as_str()).collect();
        assert_eq!(gaps, ["A-1"]);
        assert_eq!(unknown(&rules, &[scenario]), [("s", "B-1")]);
    }

    #[test]
    fn refuses_what_is_no_rule() {
        for text in ["A-1 | both | legacy", "A-1 | all | legacy | One.", "A | both | both | 1\nA | both | both | 2"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
