//! The script as a state machine: it says what is to be done next and is told what came. It performs no I/O,
//! so the same script runs on the virtual clock and over sockets.

use crate::deed::{Calling, Deed};
use crate::json::Names;
use crate::step::{Line, Piece, Step};
use serde_json::Value;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What is to be done next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send these bytes.
    Send(Vec<u8>),
    /// Send these bytes, while whatever is next goes on.
    SendMeanwhile(Vec<u8>),
    /// Read, and pass it on to [`Peer::read`].
    Read,
    /// Do this with our client.
    Do(Deed),
    /// Wait for the end of this call, and pass it on to [`Peer::outcome`].
    Outcome(String),
    /// Look what progress this call has reported, and pass it on to [`Peer::outcome`].
    Progress(String),
    /// Look what our client has heard, and pass it on to [`Peer::outcome`].
    Heard,
    /// Wait until our client is connected, and pass its revision on to [`Peer::outcome`].
    Opened,
    /// Wait until our side is closed, and pass on why to [`Peer::outcome`].
    Closed,
    /// Let time pass.
    Wait(Duration),
    /// End our output.
    Eof,
    /// Drop the stream.
    Cut,
    /// End our output, see the server end, connect to another process of it.
    Replace,
    /// All of the transcript happened. What remains: both sides end, and nothing more is said.
    Finish,
}

/// What was not as the transcript has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The line of the file, if it is about one.
    pub line: Option<usize>,
    /// What was wrong.
    pub why: String,
}

/// The script of one run.
#[derive(Debug)]
pub struct Peer<'s> {
    lines: &'s [Line],
    names: Names,
    unread: Vec<u8>,
    /// So many bytes of it hold no line end.
    searched: usize,
    ended: bool,
    /// What a group in any order still waits for.
    open: Option<Vec<Value>>,
    /// Ids of the subject's requests.
    ids: HashSet<String>,
    log: Log,
}

/// What happened in a run, as text. Shared, so that it can be read when the run hangs.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }

    /// What was said so far is of no interest any more: something begins anew.
    pub fn begin(&self, what: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clear();
        lines.push(what.to_owned());
    }

    /// What happened so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A message, cut short.
fn short(text: &str) -> String {
    let mut chars = text.chars();
    let head: String = chars.by_ref().take(400).collect();
    if chars.next().is_some() { format!("{head}…") } else { head }
}

impl<'s> Peer<'s> {
    /// A script that is at its beginning.
    #[must_use]
    pub fn new(lines: &'s [Line], log: Log) -> Self {
        Self {
            lines,
            names: Names::default(),
            unread: Vec::new(),
            searched: 0,
            ended: false,
            open: None,
            ids: HashSet::new(),
            log,
        }
    }

    fn at(&self) -> Option<usize> {
        self.lines.first().map(|line| line.number)
    }

    /// A failure at the step that is next.
    #[must_use]
    pub fn failure(&self, why: impl Into<String>) -> Failure {
        Failure { line: self.at(), why: why.into() }
    }

    fn pass(&mut self, next: Next) -> Next {
        self.lines = self.lines.get(1..).unwrap_or_default();
        next
    }

    /// What is to be done next.
    ///
    /// # Errors
    /// What came is not what the transcript has.
    pub fn proceed(&mut self) -> Result<Next, Failure> {
        loop {
            let Some(line) = self.lines.first() else { return Ok(Next::Finish) };
            let next = match &line.step {
                Step::Say(template) => {
                    let message = self.names.fill(template).map_err(|why| self.failure(why))?;
                    self.log.push(format!("-> {}", short(&message.to_string())));
                    Next::Send(format!("{message}\n").into_bytes())
                }
                Step::SayMeanwhile(templates) => {
                    let mut bytes = Vec::new();
                    for template in templates {
                        let message = self.names.fill(template).map_err(|why| self.failure(why))?.to_string();
                        self.log.push(format!("->> {}", short(&message)));
                        bytes.extend_from_slice(message.as_bytes());
                        bytes.push(b'\n');
                    }
                    Next::SendMeanwhile(bytes)
                }
                Step::SayBytes(pieces) => {
                    let bytes = self.bytes(pieces)?;
                    let head = bytes.get(..500).unwrap_or(&bytes);
                    self.log.push(format!("-> {}", short(&head.escape_ascii().to_string())));
                    Next::Send(bytes)
                }
                Step::ExpectLine(expected) => {
                    let Some(text) = self.line()? else {
                        if !self.ended {
                            return Ok(Next::Read);
                        }
                        return Err(self.failure(format!("it ended; still expected {}", short(expected))));
                    };
                    if *expected != text {
                        return Err(self.failure(format!("expected {expected}\n      got {}", short(&text))));
                    }
                    self.pass(Next::Read);
                    continue;
                }
                Step::Expect(expected) => {
                    let Some(text) = self.line()? else {
                        if !self.ended {
                            return Ok(Next::Read);
                        }
                        let missing = self.open.as_ref().unwrap_or(expected);
                        return Err(self.failure(format!("it ended; still expected {}", listed(missing, " and "))));
                    };
                    self.expect(expected, &text)?;
                    if self.open.is_none() {
                        self.pass(Next::Read);
                    }
                    continue;
                }
                Step::Do(deed) => {
                    self.log.push(format!("do {deed:?}"));
                    let mut deed = deed.clone();
                    if let Deed::Call(Calling { params, .. }) = &mut deed {
                        *params = self.names.fill(params).map_err(|why| self.failure(why))?;
                    }
                    Next::Do(deed)
                }
                // These stay until they are told.
                Step::Ended(name, _) => return Ok(Next::Outcome(name.clone())),
                Step::Progressed(name, _) => return Ok(Next::Progress(name.clone())),
                Step::Heard(_) => return Ok(Next::Heard),
                Step::Opened(_) => return Ok(Next::Opened),
                Step::Closed(_) => return Ok(Next::Closed),
                Step::Wait(time) => {
                    self.log.push(format!("wait {time:?}"));
                    Next::Wait(*time)
                }
                Step::Eof => Next::Eof,
                Step::Cut => Next::Cut,
                Step::Replace => Next::Replace,
            };
            return Ok(self.pass(next));
        }
    }

    fn bytes(&self, pieces: &[Piece]) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Bytes(these) => bytes.extend_from_slice(these),
                Piece::Name(name) => {
                    let value = self.names.fill(&Value::from(format!("<{name}>"))).map_err(|why| self.failure(why))?;
                    bytes.extend_from_slice(value.to_string().as_bytes());
                }
            }
        }
        Ok(bytes)
    }

    /// Takes what was read; nothing is the end.
    pub fn read(&mut self, bytes: &[u8]) {
        self.ended |= bytes.is_empty();
        self.unread.extend_from_slice(bytes);
    }

    /// Another stream takes the place of this one.
    ///
    /// # Errors
    /// Something was left on the old one.
    pub fn replaced(&mut self) -> Result<(), Failure> {
        self.nothing_more()?;
        self.log.push("(another process)".to_owned());
        self.ended = false;
        Ok(())
    }

    /// The stream has ended: nothing may be left.
    ///
    /// # Errors
    /// Something was said that the transcript does not have.
    pub fn nothing_more(&mut self) -> Result<(), Failure> {
        match self.line()? {
            Some(text) => Err(self.failure(format!("nothing more was expected; got {}", short(&text)))),
            None if self.unread.is_empty() => Ok(()),
            None => Err(self.failure("it ended in the middle of a line")),
        }
    }

    /// Takes how a call ended, what progress it made, what was opened, why it was closed.
    ///
    /// # Errors
    /// The transcript has something else.
    pub fn outcome(&mut self, got: &Value) -> Result<(), Failure> {
        self.log.push(format!("== {}", short(&got.to_string())));
        let expected = match self.lines.first().map(|line| &line.step) {
            Some(Step::Ended(_, outcome) | Step::Progressed(_, outcome) | Step::Heard(outcome)) => outcome.clone(),
            Some(Step::Opened(text) | Step::Closed(text)) => Value::from(text.as_str()),
            _ => return Err(self.failure(format!("nobody waits for {got}"))),
        };
        if !self.names.matches(&expected, got) {
            return Err(self.failure(format!("expected {expected}, got {}", short(&got.to_string()))));
        }
        self.pass(Next::Read);
        Ok(())
    }

    /// The next whole line.
    fn line(&mut self) -> Result<Option<String>, Failure> {
        let unsearched = self.unread.get(self.searched..).unwrap_or_default();
        let Some(end) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.unread.len();
            return Ok(None);
        };
        let mut line: Vec<u8> = self.unread.drain(..=self.searched + end).collect();
        self.searched = 0;
        line.pop();
        let text = String::from_utf8(line).map_err(|_| self.failure("it said what is not UTF-8"))?;
        self.log.push(format!("<- {}", short(&text)));
        Ok(Some(text))
    }

    fn expect(&mut self, expected: &[Value], text: &str) -> Result<(), Failure> {
        let got: Value = serde_json::from_str(text)
            .map_err(|e| self.failure(format!("it said what is no JSON ({e}): {}", short(text))))?;
        if got.get("method").is_some()
            && let Some(id) = got.get("id")
            && !self.ids.insert(id.to_string())
        {
            return Err(self.failure(format!("it used the id {id} twice")));
        }
        let mut open = self.open.take().unwrap_or_else(|| expected.to_vec());
        let Some(at) = open.iter().position(|one| self.names.matches(one, &got)) else {
            let expected = listed(&open, " or ");
            return Err(self.failure(format!("expected {expected}\n      got {}", short(text))));
        };
        open.remove(at);
        self.open = (!open.is_empty()).then_some(open);
        Ok(())
    }
}

/// What is expected, for a person: not a thousand messages.
fn listed(expected: &[Value], between: &str) -> String {
    const MOST: usize = 3;
    let shown: Vec<String> = expected.iter().take(MOST).map(|one| short(&one.to_string())).collect();
    match expected.len().saturating_sub(MOST) {
        0 => shown.join(between),
        more => format!("{}{between}{more} more", shown.join(between)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Scenario;

    /// Runs a transcript against lines that a server says whenever it is read from.
    fn run(transcript: &str, says: &[&str]) -> Result<(), String> {
        let text = format!("# t\n--- legacy\n{transcript}");
        let scenario = Scenario::parse("t", &text).map_err(|e| format!("parse: {e}"))?;
        let mut peer = Peer::new(&scenario.transcripts[0].lines, Log::default());
        let mut says = says.iter();
        let mut step = || -> Result<bool, Failure> {
            match peer.proceed()? {
                Next::Read => match says.next() {
                    Some(line) => peer.read(format!("{line}\n").as_bytes()),
                    None => peer.read(b""),
                },
                Next::Finish => {
                    says.by_ref().for_each(|line| peer.read(format!("{line}\n").as_bytes()));
                    peer.read(b"");
                    peer.nothing_more()?;
                    return Ok(false);
                }
                _ => {}
            }
            Ok(true)
        };
        loop {
            match step() {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(failure) => return Err(failure.why),
            }
        }
    }

    const ONE: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;
    const TWO: &str = r#"{"jsonrpc":"2.0","id":2,"result":{}}"#;

    #[test]
    fn passes_when_all_is_said() {
        assert_eq!(run("C> 1 ping\nS> 1 result {}", &[ONE]), Ok(()));
        assert_eq!(run("S> 1 result {}\nS> 2 result {}", &[ONE, TWO]), Ok(()));
        assert_eq!(run("(\nS> 1 result {}\nS> 2 result {}\n)", &[TWO, ONE]), Ok(()));
    }

    #[test]
    fn fails_when_it_should() {
        for (transcript, says, why) in [
            // Something else is said.
            ("S> 1 result {}", &[TWO][..], "expected {\"id\":1,\"jsonrpc\":\"2.0\",\"result\":{}}"),
            // Too much, too little.
            ("S> 1 result {}", &[ONE, TWO], "nothing more was expected"),
            ("S> 1 result {}", &[], "it ended; still expected"),
            ("(\nS> 1 result {}\nS> 2 result {}\n)", &[TWO], "it ended; still expected {\"id\":1"),
            // The wrong order, the same twice.
            ("S> 1 result {}\nS> 2 result {}", &[TWO, ONE], "expected {\"id\":1"),
            ("(\nS> 1 result {}\nS> 2 result {}\n)", &[TWO, TWO], "expected {\"id\":1"),
            // Other bytes.
            ("S! {\"id\":1.0}", &["{\"id\":1}"], "expected {\"id\":1.0}"),
            ("S! {}", &[], "it ended; still expected {}"),
            // A member more, another type.
            ("S> 1 result {}", &[r#"{"jsonrpc":"2.0","id":1,"result":{"a":1}}"#], "expected"),
            ("S> 1 result {}", &[r#"{"jsonrpc":"2.0","id":"1","result":{}}"#], "expected"),
            // No JSON, an id used twice, a name that stands for nothing.
            ("S> 1 result {}", &["{"], "it said what is no JSON"),
            (
                "S> \"*\" ping\nS> \"*\" ping",
                &[r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#; 2],
                "it used the id 1 twice",
            ),
            ("C> <x> ping", &[], "`<x>` stands for nothing yet"),
        ] {
            let failed = run(transcript, says);
            assert!(failed.as_ref().is_err_and(|e| e.starts_with(why)), "{transcript}: {failed:?}, not {why}");
        }
    }

    #[test]
    fn refuses_transcripts_that_say_nothing() {
        for (transcript, why) in [
            ("do call a tools/call", "the call `a` does not end"),
            ("end a result {}", "line 3: that call is not there, or is there twice"),
            ("C> 1 ping\n(\nS> 1 result {}", "line 4: the group does not end"),
            ("jump", "line 3: `jump` is nothing a transcript says"),
            ("wait 10", "line 3: `10` is no time; `10s` or `5ms` is"),
        ] {
            assert_eq!(run(transcript, &[]), Err(format!("parse: {why}")));
        }
    }
}
