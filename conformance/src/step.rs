//! One line of a transcript.

use crate::deed::Deed;
use crate::opening::opening;
use crate::scenario::{Setup, Subject};
use crate::shorthand::{self, word};
use mcp_proto::model::Revision;
use serde_json::{Value, json};
use std::time::Duration;

/// What happens next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The script says a message.
    Say(Value),
    /// The script says these, while it goes on with what is next.
    SayMeanwhile(Vec<Value>),
    /// The script says bytes that need not be a message.
    SayBytes(Vec<Piece>),
    /// The subject says this line, byte for byte.
    ExpectLine(String),
    /// The subject says these, in any order.
    Expect(Vec<Value>),
    /// Something is done with our client.
    Do(Deed),
    /// The call of that name has ended, like this.
    Ended(String, Value),
    /// The call of that name has reported this progress, or brought these updates.
    Progressed(String, Value),
    /// Our client has heard these notifications, which belong to no call.
    Heard(Value),
    /// Our client is connected, and speaks this revision.
    Opened(String),
    /// Our side reports that the connection is over, and why.
    Closed(String),
    /// Virtual time passes.
    Wait(Duration),
    /// The script ends its output.
    Eof,
    /// The script's end of the stream is gone.
    Cut,
    /// The script ends, our server ends, and another process of it takes its place; or the script was the server,
    /// and our client starts it anew.
    Replace,
}

/// Part of what need not be a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The JSON text of what that name stands for.
    Name(String),
}

/// A step, and the line of the file it stands on.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Counted from one.
    pub number: usize,
    /// The step.
    pub step: Step,
}

/// Where a transcript is read.
pub(crate) struct Reader<'a> {
    pub setup: &'a Setup,
    revision: Revision,
    lines: Vec<Line>,
    /// Messages of a group in any order, once it has begun.
    group: Option<(usize, Vec<Value>)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(setup: &'a Setup, revision: Revision) -> Self {
        Self { setup, revision, lines: Vec::new(), group: None }
    }

    /// The messages of a line: one, or one for each id of a range such as `1..40`.
    fn messages(&self, text: &str) -> Result<Vec<Value>, String> {
        let (id, rest) = word(text);
        match range(id) {
            None => Ok(vec![self.message(text)?]),
            Some(ids) => ids.iter().map(|id| self.message(&format!("{id} {rest}"))).collect(),
        }
    }

    fn message(&self, text: &str) -> Result<Value, String> {
        let logs = self.setup.logs.as_deref().filter(|_| self.setup.subject == Subject::Client);
        let meta = shorthand::request_meta(&self.setup.declares, logs);
        shorthand::message(text, self.revision.era(), &meta, self.setup.subject.answers_as())
    }

    fn push(&mut self, number: usize, step: Step) {
        self.lines.push(Line { number, step });
    }

    /// Takes one line that is neither empty nor prose.
    pub(crate) fn line(&mut self, number: usize, text: &str) -> Result<(), String> {
        let text = text.replace("<revision>", self.revision.as_str());
        let (first, rest) = word(&text);
        let ours = if self.setup.subject == Subject::Client { "C" } else { "S" };
        let says = first.strip_prefix(['C', 'S']).map(|how| (first.starts_with(ours), how));
        match (says, first) {
            (Some((true, ">")), _) => {
                let messages = self.messages(rest)?;
                match &mut self.group {
                    Some((_, group)) => group.extend(messages),
                    None => self.push(number, Step::Expect(messages)),
                }
                return Ok(());
            }
            (_, ")") => {
                let (number, group) = self.group.take().ok_or("no group has begun")?;
                self.push(number, Step::Expect(group));
                return Ok(());
            }
            _ if self.group.is_some() => return Err("a group holds what the subject says".to_owned()),
            _ => {}
        }
        match (says, first) {
            (Some((false, ">")), _) => {
                for message in self.messages(rest)? {
                    self.push(number, Step::Say(message));
                }
            }
            (Some((false, ">>")), _) => {
                let messages = self.messages(rest)?;
                self.push(number, Step::SayMeanwhile(messages));
            }
            (Some((true, "!")), _) => self.push(number, Step::ExpectLine(rest.to_owned())),
            (Some((false, "!")), _) => self.push(number, Step::SayBytes(bytes(rest)?)),
            (_, first) => return self.other(number, first, rest),
        }
        Ok(())
    }

    /// What is no message.
    fn other(&mut self, number: usize, first: &str, rest: &str) -> Result<(), String> {
        match first {
            "(" => self.group = Some((number, Vec::new())),
            "open" => {
                for text in opening(self.setup, self.revision) {
                    self.line(number, &text)?;
                }
            }
            "do" => {
                let (what, rest) = word(rest);
                let (name, more) = word(rest);
                for name in each(name) {
                    self.push(number, Step::Do(Deed::read(what, name, more)?));
                }
            }
            "end" => {
                let (name, rest) = word(rest);
                let outcome = self.outcome(rest)?;
                for name in each(name) {
                    self.push(number, Step::Ended(name, outcome.clone()));
                }
            }
            "progress" | "updates" => {
                let (name, rest) = word(rest);
                let values = serde_json::from_str(rest).map_err(|e| format!("{e} in `{rest}`"))?;
                self.push(number, Step::Progressed(name.to_owned(), values));
            }
            "heard" => {
                let values = serde_json::from_str(rest).map_err(|e| format!("{e} in `{rest}`"))?;
                self.push(number, Step::Heard(values));
            }
            "opened" => self.push(number, Step::Opened(rest.to_owned())),
            "closed" => self.push(number, Step::Closed(rest.to_owned())),
            "wait" => self.push(number, Step::Wait(duration(rest)?)),
            "eof" => self.push(number, Step::Eof),
            "cut" => self.push(number, Step::Cut),
            "replace" => self.push(number, Step::Replace),
            other => return Err(format!("`{other}` is nothing a transcript says")),
        }
        Ok(())
    }

    /// How a call ends: `result {…}`, `asks {…}`, `error CODE …`, or words; what is called by name, with what it
    /// `gives`.
    fn outcome(&self, text: &str) -> Result<Value, String> {
        let (what, rest) = word(text);
        let (era, plain) = if matches!(what, "modern" | "legacy") { (what, rest) } else { ("", text) };
        let (what, rest) = word(plain);
        Ok(match what {
            "result" | "asks" | "error" => {
                let mut message = self.message(&format!("{era} 0 {plain}"))?;
                let key = if what == "error" { "error" } else { "result" };
                json!({ key: message[key].take() })
            }
            "gives" => {
                let value: Value = serde_json::from_str(rest).map_err(|e| format!("{e} in `{rest}`"))?;
                json!({ "gives": value })
            }
            _ if rest.is_empty() => json!(what),
            _ => json!(text),
        })
    }

    pub(crate) fn finish(self) -> Result<Vec<Line>, String> {
        match self.group {
            Some((number, _)) => Err(format!("line {number}: the group does not end")),
            None => Ok(self.lines),
        }
    }
}

/// The ids or names of a range: `1..3`, `a1..3` or `<a1..3>`.
fn range(word: &str) -> Option<Vec<String>> {
    let (begin, rest) = word.split_once("..")?;
    let (end, last) = rest.strip_suffix('>').map_or((rest, ""), |end| (end, ">"));
    let (name, begin) = begin.split_at(begin.find(|c: char| c.is_ascii_digit())?);
    let (begin, end): (usize, usize) = (begin.parse().ok()?, end.parse().ok()?);
    Some((begin..=end).map(|number| format!("{name}{number}{last}")).collect())
}

/// A name, or each name of a range.
fn each(name: &str) -> Vec<String> {
    range(name).unwrap_or_else(|| vec![name.to_owned()])
}

pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; `10s` or `5ms` is");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "s" => Ok(Duration::from_secs(number)),
        "ms" => Ok(Duration::from_millis(number)),
        _ => Err(wrong()),
    }
}

/// Text as it stands, but for `\xNN`, a byte; `\*N{…}`, so many times what stands there; and `<name>`, the JSON text
/// of what that name stands for. A line end is added, unless the text ends in `\`.
fn bytes(text: &str) -> Result<Vec<Piece>, String> {
    let (mut rest, end) = text.strip_suffix('\\').map_or((text, "\n"), |text| (text, ""));
    let (mut pieces, mut bytes) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find(['\\', '<']) {
        let (before, special) = rest.split_at(at);
        bytes.extend_from_slice(before.as_bytes());
        let wrong = || format!("`{special:.20}` is no byte, no repetition and no name");
        rest = if let Some(digits) = special.strip_prefix("\\x") {
            let digit = |at| digits.get(at..=at).and_then(|digit| u8::from_str_radix(digit, 16).ok());
            bytes.push(digit(0).zip(digit(1)).map(|(high, low)| 16 * high + low).ok_or_else(wrong)?);
            digits.get(2..).unwrap_or_default()
        } else if let Some(repeated) = special.strip_prefix("\\*") {
            let (number, repeated) = repeated.split_once('{').ok_or_else(wrong)?;
            let (what, after) = repeated.split_once('}').ok_or_else(wrong)?;
            bytes.extend_from_slice(what.repeat(number.parse().map_err(|_| wrong())?).as_bytes());
            after
        } else if let Some((name, after)) = special.strip_prefix('<').and_then(|name| name.split_once('>')) {
            pieces.push(Piece::Bytes(std::mem::take(&mut bytes)));
            pieces.push(Piece::Name(name.to_owned()));
            after
        } else {
            bytes.extend_from_slice(special.get(..1).unwrap_or_default().as_bytes());
            special.get(1..).unwrap_or_default()
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes.extend_from_slice(end.as_bytes());
    pieces.push(Piece::Bytes(bytes));
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_said_as_they_stand() {
        let check = |text: &str, expected: &[&[u8]]| {
            let pieces = bytes(text).unwrap().into_iter().map(|piece| match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Name(name) => name.into_bytes(),
            });
            assert_eq!(pieces.collect::<Vec<_>>(), expected, "{text}");
        };
        check("", &[b"\n"]);
        check(r"a\", &[b"a"]);
        check(r#""\n\\""#, &[b"\"\\n\\\\\"\n"]);
        check(r"\xff\x41b\", &[b"\xffAb"]);
        check(r"\*3{ab}c\*0{x}\", &[b"abababc"]);
        check("1<a>2", &[b"1", b"a", b"2\n"]);
        for wrong in [r"\xg0", r"\x4", r"\*3", r"\*a{b}", r"\*3{b"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ranges_name_each() {
        for (word, expected) in [
            ("1..3", Some(&["1", "2", "3"][..])),
            ("a9..10", Some(&["a9", "a10"])),
            ("<a1..2>", Some(&["<a1>", "<a2>"])),
            ("1", None),
            ("a..b", None),
            ("..3", None),
        ] {
            assert_eq!(
                range(word).as_deref(),
                expected.map(|e| e.iter().copied().map(str::to_owned).collect::<Vec<_>>()).as_deref(),
                "{word}"
            );
        }
    }
}
