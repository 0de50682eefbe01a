//! Fixtures: JSON of our own, as the schemas of some revisions have it.
//!
//! A line that does not begin with a space names a definition, the first revision the JSON below it is legal in, and
//! the last, unless that is the newest. `$meta` stands for what every request of 2026-07-28 must say.

use mcp_proto::model::Revision;

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},
    "io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/logLevel":"info","progressToken":7}"#;

const FILES: [&str; 8] = [
    include_str!("fixtures/content.txt"),
    include_str!("fixtures/forms.txt"),
    include_str!("fixtures/prompts.txt"),
    include_str!("fixtures/questions.txt"),
    include_str!("fixtures/resources.txt"),
    include_str!("fixtures/sessions.txt"),
    include_str!("fixtures/tasks.txt"),
    include_str!("fixtures/tools.txt"),
];

/// A definition's name with the revisions that have it, and some JSON of it.
#[derive(Debug)]
pub(crate) struct Fixture {
    pub(crate) definition: &'static str,
    pub(crate) first: Revision,
    pub(crate) last: Revision,
    pub(crate) json: String,
}

impl Fixture {
    /// Reads `Name first [last]`.
    pub(crate) fn head(line: &'static str) -> Self {
        let words: Vec<&str> = line.split_whitespace().collect();
        let revision = |at: usize| words.get(at).map(|name| Revision::from_name(name).unwrap());
        let (first, last) = (revision(1).unwrap(), revision(2).unwrap_or(Revision::V2026_07_28));
        Self { definition: words[0], first, last, json: String::new() }
    }

    pub(crate) fn revisions(&self) -> impl Iterator<Item = Revision> + use<> {
        let (first, last) = (self.first, self.last);
        Revision::SPOKEN.iter().copied().filter(move |revision| revision.is_since(first) && revision.is_until(last))
    }
}

/// Lines that are no comments.
fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

pub(crate) fn fixtures() -> Vec<Fixture> {
    let mut all: Vec<Fixture> = Vec::new();
    for line in FILES.into_iter().flat_map(lines) {
        if line.starts_with(' ') {
            all.last_mut().unwrap().json.push_str(&line.replace("$meta", META));
        } else {
            all.push(Fixture::head(line));
        }
    }
    all
}

/// Every definition of the schemas, without JSON.
pub(crate) fn definitions() -> Vec<Fixture> {
    lines(include_str!("definitions.txt")).map(Fixture::head).collect()
}
