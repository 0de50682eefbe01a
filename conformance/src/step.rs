//! One line of a transcript.

use crate::scenario::{Setup, Subject};
use crate::shorthand::{self, word};
use mcp_proto::model::Era;
use serde_json::{Value, json};
use std::time::Duration;

/// What happens next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The script says a message.
    Say(Value),
    /// The script says bytes that need not be a message.
    SayBytes(Vec<u8>),
    /// The subject says these, in any order.
    Expect(Vec<Value>),
    /// Something is done with our client.
    Do(Deed),
    /// The call of that name has ended, like this.
    Ended(String, Value),
    /// The call of that name has reported this progress.
    Progressed(String, Value),
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
    /// The script ends, our server ends, and another process of it takes its place.
    Replace,
}

/// What can be done with our client.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Begins a call.
    Call {
        /// What the transcript calls it.
        name: String,
        /// The method.
        method: String,
        /// The parameters.
        params: Value,
        /// Whether progress is asked for.
        progress: bool,
        /// Whether questions end the call instead of being answered.
        pass: bool,
        /// How long it may take.
        deadline: Option<Duration>,
    },
    /// Cancels a call.
    Cancel(String, Option<String>),
    /// Drops a call.
    Drop(String),
    /// Closes the client.
    Close,
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
    pub era: Era,
    lines: Vec<Line>,
    /// Messages of a group in any order, once it has begun.
    group: Option<(usize, Vec<Value>)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(setup: &'a Setup, era: Era) -> Self {
        Self { setup, era, lines: Vec::new(), group: None }
    }

    fn message(&self, text: &str) -> Result<Value, String> {
        shorthand::message(text, self.era, self.setup.elicits, self.setup.subject.answers_as())
    }

    fn push(&mut self, number: usize, step: Step) {
        self.lines.push(Line { number, step });
    }

    /// Takes one line that is neither empty nor prose.
    pub(crate) fn line(&mut self, number: usize, text: &str) -> Result<(), String> {
        let (first, rest) = word(text);
        let ours = if self.setup.subject == Subject::Client { "C>" } else { "S>" };
        match first {
            "C>" | "S>" if first == ours => {
                let message = self.message(rest)?;
                match &mut self.group {
                    Some((_, group)) => group.push(message),
                    None => self.push(number, Step::Expect(vec![message])),
                }
            }
            _ if self.group.is_some() && first != ")" => return Err("a group holds what the subject says".to_owned()),
            "C>" | "S>" => {
                let message = self.message(rest)?;
                self.push(number, Step::Say(message));
            }
            "C!" | "S!" if !first.starts_with(ours.chars().next().unwrap_or_default()) => {
                self.push(number, Step::SayBytes(bytes(rest)?));
            }
            "(" => self.group = Some((number, Vec::new())),
            ")" => {
                let (number, group) = self.group.take().ok_or("no group has begun")?;
                self.push(number, Step::Expect(group));
            }
            "open" => {
                for text in opening(self.setup, self.era) {
                    self.line(number, text)?;
                }
            }
            "do" => {
                let deed = self.deed(rest)?;
                self.push(number, Step::Do(deed));
            }
            "end" => {
                let (name, rest) = word(rest);
                let outcome = self.outcome(rest)?;
                self.push(number, Step::Ended(name.to_owned(), outcome));
            }
            "progress" => {
                let (name, rest) = word(rest);
                let values = serde_json::from_str(rest).map_err(|e| format!("{e} in `{rest}`"))?;
                self.push(number, Step::Progressed(name.to_owned(), values));
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

    fn deed(&self, text: &str) -> Result<Deed, String> {
        let (what, rest) = word(text);
        let (name, rest) = word(rest);
        let name = name.to_owned();
        Ok(match what {
            "call" => {
                let (method, rest) = word(rest);
                let (options, params) = rest.find('{').map_or((rest, "{}"), |at| rest.split_at(at));
                let params = serde_json::from_str(params).map_err(|e| format!("{e} in `{params}`"))?;
                let (mut progress, mut pass, mut deadline) = (false, false, None);
                for option in options.split_whitespace() {
                    match option.split_once('=') {
                        None if option == "progress" => progress = true,
                        None if option == "pass" => pass = true,
                        Some(("deadline", time)) => deadline = Some(duration(time)?),
                        _ => return Err(format!("`{option}` is no option of a call")),
                    }
                }
                Deed::Call { name, method: method.to_owned(), params, progress, pass, deadline }
            }
            "cancel" => Deed::Cancel(name, (!rest.is_empty()).then(|| rest.to_owned())),
            "drop" => Deed::Drop(name),
            "close" => Deed::Close,
            other => return Err(format!("`{other}` can't be done")),
        })
    }

    /// How a call ends: `result {…}`, `asks {…}`, `error CODE …`, or words.
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

fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; `10s` or `5ms` is");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match unit {
        "s" => Ok(Duration::from_secs(number)),
        "ms" => Ok(Duration::from_millis(number)),
        _ => Err(wrong()),
    }
}

/// Text as it stands, but for `\xNN`. A line end is added, unless the text ends in `\`.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let (text, unfinished) = text.strip_suffix('\\').map_or((text, false), |text| (text, true));
    let mut parts = text.split("\\x");
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).ok_or_else(|| format!("`\\x{part}` lacks digits"))?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|e| format!("`\\x{digits}`: {e}"))?);
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    if !unfinished {
        bytes.push(b'\n');
    }
    Ok(bytes)
}

const SERVER_OPENS: &[&str] = &[
    r#"C> 0 initialize {"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> 0 result {"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"fixture-server","version":"1"}}"#,
    "C> notifications/initialized",
];
const ELICITING_CLIENT_OPENS: &[&str] = &[
    r#"C> 0 initialize {"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"form":{}}},"clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> 0 result {"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"fixture-server","version":"1"}}"#,
    "C> notifications/initialized",
];
const GATEWAY_OPENS: &[&str] = &[
    r#"C> 0 initialize {"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"form":{}}},"clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> 0 result {"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"gateway","version":"1"}}"#,
    "C> notifications/initialized",
];
const MODERN_CLIENT_OPENS: &[&str] = &[
    "C> <probe> server/discover",
    r#"S> <probe> result {"supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}"#,
];
const LEGACY_CLIENT_OPENS: &[&str] = &[
    "C> modern <probe> server/discover",
    "S> <probe> error -32601",
    r#"C> <initialize> initialize {"protocolVersion":"2025-11-25","capabilities":"*","clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> <initialize> result {"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"scripted-server","version":"1"}}"#,
    "C> notifications/initialized",
];

/// How a connection usually opens: what `open` stands for.
fn opening(setup: &Setup, era: Era) -> &'static [&'static str] {
    match (setup.subject, era) {
        (Subject::Both, _) | (Subject::Server | Subject::Gateway, Era::Modern) => &[],
        (Subject::Server, Era::Legacy) if setup.elicits.0 => ELICITING_CLIENT_OPENS,
        (Subject::Server, Era::Legacy) => SERVER_OPENS,
        (Subject::Gateway, Era::Legacy) => GATEWAY_OPENS,
        (Subject::Client, Era::Modern) => MODERN_CLIENT_OPENS,
        (Subject::Client, Era::Legacy) => LEGACY_CLIENT_OPENS,
    }
}
