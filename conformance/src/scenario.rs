//! Scenarios: transcripts with prose, one a file.
//!
//! A file begins with `# ` and a title, then prose, then what the scenario needs, a `key: value` a line:
//!
//! - `covers:` the rules it shows, by their ids in `rules.txt`;
//! - `subject:` `server`, `client`, `both` (our client on our server) or `gateway`;
//! - `needs:` any of `virtual-time`, `whole-link`, `elicits` (the client can show forms), `legacy-only` and
//!   `modern-only` (what our side speaks), and bounds such as `calls=2`, `message=300`, `rounds=2`;
//! - `tools:` which tools of the fixture the server has; all, if it does not say;
//! - `answers:` what the user of our client answers to a question: its text, `=`, the answer or `never`.
//!
//! Sections follow, headed by `--- modern`, `--- legacy` or both eras, each a transcript of its own. Lines that
//! begin with `#` are prose there, too.

use crate::shorthand::Elicits;
use crate::step::{Deed, Line, Reader, Step};
use mcp_proto::model::Era;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Which of ours is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Our server; the script is its client.
    Server,
    /// Our client; the script is its server.
    Client,
    /// Our client on our server; the script only says what the client does.
    Both,
    /// A gateway between the script and our server.
    Gateway,
}

impl Subject {
    /// The name of the server whose results its connection carries.
    pub(crate) fn answers_as(self) -> &'static str {
        match self {
            Self::Client => "scripted-server",
            Self::Server | Self::Both | Self::Gateway => "fixture-server",
        }
    }
}

/// What the parties of a scenario are.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Which of ours is looked at.
    pub subject: Subject,
    /// Whether the client can show forms.
    pub elicits: Elicits,
    /// The eras our side speaks.
    pub speaks: Vec<Era>,
    /// Whether time passes in it: it then runs on the virtual clock only.
    pub virtual_time: bool,
    /// Whether only a whole link makes sense.
    pub whole_link: bool,
    /// Bounds of our side that are not the defaults, by name.
    pub bounds: Vec<(String, u64)>,
    /// Tools our server has; empty for all.
    pub tools: Vec<String>,
    /// What the user of our client answers; no answer never comes.
    pub answers: Vec<(String, Option<Value>)>,
}

/// A scenario as its file describes it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name of its file, without the ending.
    pub name: String,
    /// What it is about, in a few words.
    pub title: String,
    /// The rules it shows.
    pub covers: Vec<String>,
    /// What the parties are.
    pub setup: Setup,
    /// Its transcripts.
    pub transcripts: Vec<(Era, Vec<Line>)>,
}

/// Reads every scenario of a directory, by name.
///
/// # Errors
/// A file can't be read, or is no scenario.
pub fn load(directory: &Path) -> Result<Vec<Scenario>, String> {
    let wrong = |e: std::io::Error| format!("{}: {e}", directory.display());
    let mut scenarios = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if path.extension().is_some_and(|e| e == "txt") {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).map_err(wrong)?;
            scenarios.push(Scenario::parse(&name, &text).map_err(|e| format!("{name}.txt: {e}"))?);
        }
    }
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scenarios)
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// What is wrong with the text, and on which line.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
        let title = lines.next().and_then(|(_, line)| line.strip_prefix("# ")).ok_or("line 1: no title")?;
        let mut scenario = Self {
            name: name.to_owned(),
            title: title.to_owned(),
            covers: Vec::new(),
            setup: Setup {
                subject: Subject::Server,
                elicits: Elicits(false),
                speaks: vec![Era::Modern, Era::Legacy],
                virtual_time: false,
                whole_link: false,
                bounds: Vec::new(),
                tools: Vec::new(),
                answers: Vec::new(),
            },
            transcripts: Vec::new(),
        };
        let mut section: Vec<Era> = Vec::new();
        let mut body: Vec<(usize, &str)> = Vec::new();
        for (number, line) in lines {
            if let Some(eras) = line.strip_prefix("---") {
                scenario.section(&section, &body)?;
                body.clear();
                section = eras.split_whitespace().map(era).collect::<Result<_, _>>()?;
                if section.is_empty() {
                    return Err(format!("line {number}: a section names its eras"));
                }
            } else if section.is_empty() {
                scenario.header(line).map_err(|e| format!("line {number}: {e}"))?;
            } else if !line.is_empty() && !line.starts_with('#') {
                body.push((number, line));
            }
        }
        scenario.section(&section, &body)?;
        if scenario.transcripts.is_empty() {
            return Err("no transcript".to_owned());
        }
        Ok(scenario)
    }

    /// The eras it has a transcript for.
    pub fn eras(&self) -> impl Iterator<Item = Era> + '_ {
        self.transcripts.iter().map(|(era, _)| *era)
    }

    fn header(&mut self, line: &str) -> Result<(), String> {
        let Some((key, value)) = line.split_once(": ") else { return Ok(()) };
        let (setup, value) = (&mut self.setup, value.trim());
        match key {
            "covers" => self.covers.extend(value.split_whitespace().map(str::to_owned)),
            "subject" => {
                setup.subject = match value {
                    "server" => Subject::Server,
                    "client" => Subject::Client,
                    "both" => Subject::Both,
                    "gateway" => Subject::Gateway,
                    other => return Err(format!("`{other}` is no subject")),
                }
            }
            "needs" => {
                for need in value.split_whitespace() {
                    match (need, need.split_once('=')) {
                        ("virtual-time", _) => setup.virtual_time = true,
                        ("whole-link", _) => setup.whole_link = true,
                        ("elicits", _) => setup.elicits = Elicits(true),
                        ("legacy-only", _) => setup.speaks = vec![Era::Legacy],
                        ("modern-only", _) => setup.speaks = vec![Era::Modern],
                        (_, Some((bound, number))) => {
                            let number = number.parse().map_err(|e| format!("`{need}`: {e}"))?;
                            setup.bounds.push((bound.to_owned(), number));
                        }
                        (other, None) => return Err(format!("`{other}` is nothing a scenario needs")),
                    }
                }
            }
            "tools" => setup.tools.extend(value.split_whitespace().map(str::to_owned)),
            "answers" => {
                let (question, answer) = value.split_once('=').ok_or("`question = answer`")?;
                let answer = match answer.trim() {
                    "never" => None,
                    json => Some(serde_json::from_str(json).map_err(|e| format!("{e} in `{json}`"))?),
                };
                setup.answers.push((question.trim().to_owned(), answer));
                setup.elicits = Elicits(true);
            }
            // Prose may have colons, too.
            _ => {}
        }
        Ok(())
    }

    fn section(&mut self, eras: &[Era], body: &[(usize, &str)]) -> Result<(), String> {
        for era in eras {
            if self.eras().any(|there| there == *era) {
                return Err(format!("two transcripts for the {era} era"));
            }
            let mut reader = Reader::new(&self.setup, *era);
            for (number, line) in body {
                reader.line(*number, line).map_err(|e| format!("line {number}: {e}"))?;
            }
            let lines = reader.finish()?;
            check(&lines)?;
            self.transcripts.push((*era, lines));
        }
        Ok(())
    }
}

fn era(name: &str) -> Result<Era, String> {
    match name {
        "modern" => Ok(Era::Modern),
        "legacy" => Ok(Era::Legacy),
        other => Err(format!("`{other}` is no era")),
    }
}

/// Every call that is begun ends, or is dropped; nothing ends that was not begun.
fn check(lines: &[Line]) -> Result<(), String> {
    let (mut open, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for Line { number, step } in lines {
        let right = match step {
            Step::Do(Deed::Call { name, .. }) => open.insert(name) && begun.insert(name),
            Step::Do(Deed::Drop(name)) | Step::Ended(name, _) => open.remove(name),
            Step::Do(Deed::Cancel(name, _)) => open.contains(name),
            Step::Progressed(name, _) => begun.contains(name),
            _ => true,
        };
        if !right {
            return Err(format!("line {number}: that call is not there, or is there twice"));
        }
    }
    match open.first() {
        None => Ok(()),
        Some(name) => Err(format!("the call `{name}` does not end")),
    }
}
