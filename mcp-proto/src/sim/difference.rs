//! Where a conversation is not as it should be.

use super::recording::Unreadable;
use super::transcript::{Entry, Said};
use serde_json::Value;
use std::fmt;

/// Where a conversation is not as a [`Transcript`](super::Transcript) has it. Its debug form is the same readable
/// text, so that `unwrap` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Difference(String);

impl Difference {
    /// There is a line that nobody expects.
    pub(super) fn more(number: usize, found: &Entry) -> Self {
        Self(format!("line {number}: nothing more was expected\n  found    {found}"))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Difference {}

impl From<Unreadable> for Difference {
    fn from(unreadable: Unreadable) -> Self {
        Self(unreadable.to_string())
    }
}

/// Compares a line with the one that is expected there.
pub(super) fn compare(number: usize, expected: &Entry, found: Option<&Entry>) -> Result<(), Difference> {
    let Some(found) = found else {
        return Err(Difference(format!("line {number} is missing\n  expected {expected}")));
    };
    let place = if expected.side != found.side {
        "who speaks".to_owned()
    } else if expected.at.is_some() && expected.at != found.at {
        "the time".to_owned()
    } else {
        match place(&expected.said, &found.said) {
            Some(place) => place,
            None => return Ok(()),
        }
    };
    Err(Difference(format!("line {number} differs at {place}\n  expected {expected}\n  found    {found}")))
}

/// Where two sayings differ.
fn place(expected: &Said, found: &Said) -> Option<String> {
    match (expected, found) {
        _ if expected == found => None,
        (Said::Line(expected), Said::Line(found)) => {
            let values = serde_json::from_str(expected).ok().zip(serde_json::from_str(found).ok());
            values.map_or_else(|| Some("its text".to_owned()), |(expected, found)| differ(&expected, &found, ""))
        }
        _ => Some("what it is".to_owned()),
    }
}

const ANYTHING: &str = "*";

/// The path to the first value that is not as expected.
fn differ(expected: &Value, found: &Value, path: &str) -> Option<String> {
    match (expected, found) {
        (Value::String(any), _) if any == ANYTHING => None,
        (Value::Object(expected), Value::Object(found)) => {
            let open = expected.contains_key(ANYTHING);
            let named = expected.iter().filter(|(name, _)| *name != ANYTHING);
            let differs = |(name, value)| {
                let path = format!("{path}/{name}");
                match found.get(name) {
                    Some(found) => differ(value, found, &path),
                    None => Some(path),
                }
            };
            let more = || found.keys().find(|name| !open && !expected.contains_key(*name));
            named.into_iter().find_map(differs).or_else(|| more().map(|name| format!("{path}/{name}")))
        }
        (Value::Array(expected), Value::Array(found)) => {
            let pairs = expected.iter().zip(found).enumerate();
            let within = pairs.into_iter().find_map(|(at, (e, f))| differ(e, f, &format!("{path}/{at}")));
            let shorter = expected.len().min(found.len());
            within.or_else(|| (expected.len() != found.len()).then(|| format!("{path}/{shorter}")))
        }
        _ if expected == found => None,
        _ => Some(if path.is_empty() { "/".to_owned() } else { path.to_owned() }),
    }
}
