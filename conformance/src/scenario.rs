//! Scenarios: transcripts with prose, one a file.
//!
//! A file begins with `# ` and a title, then prose, then what the scenario needs, a `key: value` a line:
//!
//! - `covers:` the rules it shows, by their ids in `rules.txt`;
//! - `subject:` `server`, `client`, `both` (our client on our server) or `gateway`;
//! - `speaks:` what our side speaks, if not everything: revisions, or an era;
//! - `needs:` any of `virtual-time`, `whole-link`, `elicits` (the client can show forms), `asking-lists` (our server
//!   asks back when prompts are listed), `guarded` (our server has middleware), and bounds such as
//!   `calls=2`, `message=300`, `rounds=2`;
//! - `declares:` what the client can do, as JSON; forms, if it `needs: elicits` or answers;
//! - `offers:` what the server offers, as JSON; tools, if it does not say. Our server then has what it offers;
//! - `tools:` which tools of the fixture the server has; all, if it does not say;
//! - `answers:` what the user of our client answers to a question: its text, `=`, the answer or `never`. Where it may
//!   work, servers ask without a text: `roots`;
//! - `logs:` from which level on our client wants to hear log messages.
//!
//! Sections follow, headed by the revisions they hold for, as in `--- 2025-03-26`; `legacy` and `modern` stand for
//! those of an era that no other section names. Each revision has a transcript of its own, in which `<revision>`
//! is its name. Lines that begin with `#` are prose there, too.

use crate::deed::Deed;
use crate::step::{Line, Reader, Step};
use mcp_proto::model::{Era, Revision};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt;
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
    /// What the client declares that it can do.
    pub declares: Value,
    /// What the server offers, as far as the revision has it.
    pub offers: Value,
    /// The revisions our side speaks.
    pub speaks: Vec<Revision>,
    /// Whether time passes in it: it then runs on the virtual clock only.
    pub virtual_time: bool,
    /// Whether only a whole link makes sense.
    pub whole_link: bool,
    /// Bounds of our side that are not the defaults, by name.
    pub bounds: Vec<(String, u64)>,
    /// Whether our server has lists of prompts, which ask back.
    pub asking_lists: bool,
    /// Whether our server has middleware.
    pub guarded: bool,
    /// The level of log messages our client asks for.
    pub logs: Option<String>,
    /// Tools our server has; empty for all.
    pub tools: Vec<String>,
    /// What the user of our client answers; no answer never comes.
    pub answers: Vec<(String, Option<Value>)>,
}

impl Setup {
    /// A bound that is not the default.
    #[must_use]
    pub fn bound(&self, name: &str) -> Option<u64> {
        self.bounds.iter().find(|(bound, _)| bound == name).map(|(_, number)| *number)
    }

    /// Whether our client starts its server anew when that has ended.
    #[must_use]
    pub fn restarts(&self) -> bool {
        self.bound("restarts").is_some()
    }
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
    /// Its transcripts, of revisions this library speaks.
    pub transcripts: Vec<Transcript>,
}

/// What happens in one revision.
#[derive(Clone, Debug)]
pub struct Transcript {
    /// The revision.
    pub revision: Revision,
    /// What happens.
    pub lines: Vec<Line>,
    /// Whether it is to run over every link. What a link does to bytes does not depend on the revision, so of
    /// revisions that share an era and a section the newest will do.
    pub every_link: bool,
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
                declares: json!({}),
                offers: json!({"tools": {}}),
                speaks: Revision::SPOKEN.to_vec(),
                virtual_time: false,
                whole_link: false,
                asking_lists: false,
                guarded: false,
                logs: None,
                bounds: Vec::new(),
                tools: Vec::new(),
                answers: Vec::new(),
            },
            transcripts: Vec::new(),
        };
        let mut sections: Vec<Section<'_>> = Vec::new();
        for (number, line) in lines {
            if let Some(heads) = line.strip_prefix("---") {
                let heads: Vec<Head> = heads.split_whitespace().map(head).collect::<Result<_, _>>()?;
                if heads.is_empty() {
                    return Err(format!("line {number}: a section names its revisions"));
                }
                sections.push(Section { heads, body: Vec::new() });
                continue;
            }
            match sections.last_mut() {
                None => scenario.header(line).map_err(|e| format!("line {number}: {e}"))?,
                Some(_) if line.is_empty() || line.starts_with('#') => {}
                Some(section) => section.body.push((number, line)),
            }
        }
        if sections.is_empty() {
            return Err("no transcript".to_owned());
        }
        scenario.transcripts(&sections)?;
        Ok(scenario)
    }

    /// What happens in `revision`.
    #[must_use]
    pub fn transcript(&self, revision: Revision) -> Option<&Transcript> {
        self.transcripts.iter().find(|transcript| transcript.revision == revision)
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
                        ("asking-lists", _) => setup.asking_lists = true,
                        ("guarded", _) => setup.guarded = true,
                        ("elicits", _) => setup.declares = shows_forms(),
                        (_, Some((bound, number))) => {
                            let number = number.parse().map_err(|e| format!("`{need}`: {e}"))?;
                            setup.bounds.push((bound.to_owned(), number));
                        }
                        (other, None) => return Err(format!("`{other}` is nothing a scenario needs")),
                    }
                }
            }
            "speaks" => {
                let heads: Vec<Head> = value.split_whitespace().map(head).collect::<Result<_, _>>()?;
                setup.speaks.retain(|revision| heads.iter().any(|head| head.means(*revision)));
            }
            "declares" => setup.declares = read(value)?,
            "offers" => setup.offers = read(value)?,
            "logs" => setup.logs = Some(value.to_owned()),
            "tools" => setup.tools.extend(value.split_whitespace().map(str::to_owned)),
            "answers" => {
                let (question, answer) = value.split_once('=').ok_or("`question = answer`")?;
                let answer = match answer.trim() {
                    "never" => None,
                    json => Some(read(json)?),
                };
                setup.answers.push((question.trim().to_owned(), answer));
                if setup.declares == json!({}) {
                    setup.declares = shows_forms();
                }
            }
            // Prose may have colons, too.
            _ => {}
        }
        Ok(())
    }

    fn transcripts(&mut self, sections: &[Section<'_>]) -> Result<(), String> {
        let heads: Vec<Head> = sections.iter().flat_map(|section| section.heads.iter().copied()).collect();
        for (at, head) in heads.iter().enumerate() {
            if heads.iter().skip(at + 1).any(|other| other == head) {
                return Err(format!("two transcripts for {head}"));
            }
        }
        for section in sections {
            let mut eras: Vec<Era> = Vec::new();
            for revision in ALL.iter().copied() {
                // A revision that is named is not also one of its era's.
                let named = heads.contains(&Head::Revision(revision));
                let head = if named { Head::Revision(revision) } else { Head::Era(revision.era()) };
                if !section.heads.contains(&head) {
                    continue;
                }
                let transcript = Transcript {
                    revision,
                    lines: section.lines(&self.setup, revision)?,
                    every_link: !eras.contains(&revision.era()),
                };
                if Revision::SPOKEN.contains(&revision) {
                    eras.push(revision.era());
                    self.transcripts.push(transcript);
                }
            }
        }
        Ok(())
    }
}

fn read(json: &str) -> Result<Value, String> {
    serde_json::from_str(json).map_err(|e| format!("{e} in `{json}`"))
}

/// What a client declares that can show forms.
fn shows_forms() -> Value {
    json!({"elicitation": {"form": {}}})
}

/// Every revision there is, newest first.
const ALL: [Revision; 5] =
    [Revision::V2026_07_28, Revision::V2025_11_25, Revision::V2025_06_18, Revision::V2025_03_26, Revision::V2024_11_05];

/// Lines that hold for some revisions.
struct Section<'t> {
    heads: Vec<Head>,
    body: Vec<(usize, &'t str)>,
}

impl Section<'_> {
    fn lines(&self, setup: &Setup, revision: Revision) -> Result<Vec<Line>, String> {
        let mut reader = Reader::new(setup, revision);
        for (number, line) in &self.body {
            reader.line(*number, line).map_err(|e| format!("line {number}: {e}"))?;
        }
        let lines = reader.finish()?;
        check(&lines)?;
        Ok(lines)
    }
}

/// What the head of a section names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Head {
    Era(Era),
    Revision(Revision),
}

impl Head {
    fn means(self, revision: Revision) -> bool {
        match self {
            Self::Era(era) => revision.era() == era,
            Self::Revision(one) => revision == one,
        }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Era(era) => write!(f, "the {era} era"),
            Self::Revision(revision) => write!(f, "{revision}"),
        }
    }
}

fn head(name: &str) -> Result<Head, String> {
    match name {
        "modern" => Ok(Head::Era(Era::Modern)),
        "legacy" => Ok(Head::Era(Era::Legacy)),
        name => Revision::from_name(name).map(Head::Revision).ok_or_else(|| format!("`{name}` is no revision")),
    }
}

/// Every call that is begun ends, or is dropped; nothing ends that was not begun.
fn check(lines: &[Line]) -> Result<(), String> {
    let (mut open, mut begun) = (BTreeSet::new(), BTreeSet::new());
    for Line { number, step } in lines {
        let right = match step {
            Step::Do(deed) if deed.begins().is_some() => {
                deed.begins().is_none_or(|name| open.insert(name) && begun.insert(name))
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Which revisions have which line of a file, as `revision: line number`.
    fn check(text: &str, expected: Result<&[&str], &str>) {
        let read = Scenario::parse("s", &format!("# t\n{text}")).map(|scenario| {
            let transcripts = scenario.transcripts.iter().map(|t| {
                let every = if t.every_link { "" } else { " few links" };
                let numbers: Vec<usize> = t.lines.iter().map(|line| line.number).collect();
                format!("{}: {numbers:?}{every}", t.revision)
            });
            transcripts.collect::<Vec<_>>()
        });
        let expected = expected.map(|lines| lines.iter().copied().map(str::to_owned).collect());
        assert_eq!(read, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn heads_name_revisions_or_what_is_left_of_an_era() {
        check("--- modern\neof", Ok(&["2026-07-28: [3]"]));
        check("--- 2025-11-25 modern\neof", Ok(&["2026-07-28: [3]", "2025-11-25: [3]"]));
        check("--- modern\neof\n--- 2026-07-28\neof\ncut", Ok(&["2026-07-28: [5, 6]"]));
        check("eof", Err("no transcript"));
        check("---\neof", Err("line 2: a section names its revisions"));
        check("--- 2025-01-01\neof", Err("`2025-01-01` is no revision"));
        check("--- modern\neof\n--- modern\neof", Err("two transcripts for the modern era"));
        check("--- 2025-11-25 2025-11-25\neof", Err("two transcripts for 2025-11-25"));
    }
}
