//! The promises of ARCHITECTURE.md that can be read off the sources, and the checks of the checkers.

mod public;
mod source;

use source::{Path, Source, Token, paths};
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::fs;
use std::path::{Path as FilePath, PathBuf};

/// A place in a file that breaks a rule: `file:line: what`.
type Hits = Vec<String>;

// ---- What the core may not touch.

/// Parts of std that reach outside, or start something.
const OUTSIDE: [&str; 6] = ["io", "net", "fs", "process", "thread", "env"];
const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];
const MACROS: [&str; 6] = ["thread_local!", "print!", "println!", "eprint!", "eprintln!", "dbg!"];

/// Where the core touches one all the same: file, path, why.
const ALLOWED_OUTSIDE: [(&str, &str, &str); 2] = [
    (
        DRIVER,
        "std::thread::ThreadId",
        "a wait on the thread that drives would never end; it is refused by comparing ids",
    ),
    (DRIVER, "std::thread::current", "as above: the id of this thread, nothing else"),
];
const DRIVER: &str = "handle/client/driver.rs";

fn is_outside(path: &Path) -> bool {
    let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["std" | "core"] => path.imported_as.is_some(),
        ["std" | "core", "*"] | ["std", "time", "*"] => true,
        ["std" | "core", part, ..] if OUTSIDE.contains(part) => true,
        ["std", "time", clock, ..] => CLOCKS.contains(clock),
        ["std", name] | [name] => MACROS.contains(name),
        _ => false,
    }
}

fn outside(code: &str) -> Vec<String> {
    paths(&Source::read(code).tokens).iter().filter(|p| is_outside(p)).map(Path::text).collect()
}

#[test]
fn the_core_reaches_for_nothing_outside() {
    let (mut hits, mut used) = (Hits::new(), BTreeSet::new());
    for file in files_below("mcp-proto/src") {
        let within = file.name.trim_start_matches("mcp-proto/src/");
        for path in paths(&file.source.tokens).iter().filter(|p| is_outside(p)) {
            let text = path.text();
            match ALLOWED_OUTSIDE.iter().find(|(file, allowed, _)| *file == within && *allowed == text) {
                Some((file, allowed, _)) => drop(used.insert((*file, *allowed))),
                None => hits.push(format!("{}:{}: {text}", file.name, path.line)),
            }
        }
    }
    let unused = ALLOWED_OUTSIDE.iter().filter(|(file, path, _)| !used.contains(&(*file, *path)));
    hits.extend(unused.map(|(file, path, _)| format!("{file}: {path} is allowed but not used: take it off the list")));
    none(&hits);
}

#[test]
fn outside_is_seen_however_it_is_written() {
    let check = |code, expect: &[&str]| same(outside(code), expect, code);
    check("use std::sync::Arc; fn f(d: std::time::Duration) {}", &[]);
    check("use std::{fmt, io::{self, Read}};", &["std::io", "std::io::Read"]);
    check(
        "fn f() -> std::io::Result<()> { std::thread::current().id() }",
        &["std::io::Result", "std::thread::current"],
    );
    check(
        "use std::time::{Duration, Instant as Now}; std::time::SystemTime::now();",
        &["std::time::Instant", "std::time::SystemTime::now"],
    );
    check("use std::time::*; use std as s;", &["std::time::*", "std"]);
    check("thread_local! {} if print != 1 { std::println!(\"\") }", &["thread_local!", "std::println!"]);
    check("// std::io\n/* std::fs /* nested */ std::net */ let a = \"std::env\"; let b = r#\"std::io \" \"#;", &[]);
    check("fn f<'a>(c: &'a str) { match c { '\"' => std::env::var, '\\'' => x } }", &["std::env::var"]);
}

// ---- Who may know whom.

/// Each part of the core and the parts it may name.
const LAYERS: [(&str, &[&str]); 14] = [
    ("time", &[]),
    ("limits", &[]),
    ("tap", &["time"]),
    ("wire", &[]),
    ("rpc", &["wire"]),
    ("stats", &["time", "rpc"]),
    ("model", &["rpc"]),
    ("error", &["rpc", "model"]),
    ("machine", &["time", "tap", "error"]),
    ("binding", &["time", "limits", "tap", "stats", "wire", "rpc", "model", "error", "machine"]),
    ("client", &["time", "limits", "tap", "stats", "rpc", "model", "error", "machine", "binding"]),
    ("server", &["time", "limits", "tap", "stats", "rpc", "model", "error", "machine", "binding"]),
    ("handle", &["time", "limits", "tap", "stats", "rpc", "model", "error", "machine", "binding", "client", "server"]),
    (
        "sim",
        &[
            "time", "limits", "tap", "stats", "wire", "rpc", "model", "error", "machine", "binding", "client",
            "server", "handle",
        ],
    ),
];

/// The part of the core a path leads to, seen from a file; `None` if it leads elsewhere.
fn part(file: &str, path: &Path) -> Option<String> {
    let mut at: Vec<&str> = file.trim_end_matches(".rs").split('/').filter(|s| *s != "mod").collect();
    let mut segments = path.segments.iter().map(String::as_str);
    match segments.next()? {
        "crate" => at.clear(),
        "self" => {}
        "super" => drop(at.pop()),
        _ => return None,
    }
    for segment in segments {
        match segment {
            "super" => drop(at.pop()),
            segment => at.push(segment),
        }
    }
    at.first().map(|part| (*part).to_owned())
}

/// What a file may not name, but does.
fn breaches(file: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let own = file.split(['/', '.']).next().unwrap_or_default();
    let Some((_, may)) = LAYERS.iter().find(|(name, _)| *name == own) else {
        return vec![(1, format!("`{own}` has no place in LAYERS"))];
    };
    let wrong = |part: &str| part != own && !may.contains(&part) && LAYERS.iter().any(|(name, _)| *name == part);
    let all = paths(tokens);
    let parts = all.iter().filter_map(|path| Some((path.line, part(file, path)?)));
    parts.filter(|(_, part)| wrong(part)).map(|(line, part)| (line, format!("`{own}` knows `{part}`"))).collect()
}

#[test]
fn layers_look_one_way() {
    let mut hits = Hits::new();
    for file in files_below("mcp-proto/src") {
        let within = file.name.trim_start_matches("mcp-proto/src/");
        if within != "lib.rs" {
            hits.extend(file.at(breaches(within, &file.source.tokens)));
        }
    }
    none(&hits);
}

#[test]
fn a_layer_that_looks_up_is_seen() {
    let check = |file: &str, code: &str, expect: &[&str]| {
        let found: Vec<String> = breaches(file, &Source::read(code).tokens).into_iter().map(|(_, what)| what).collect();
        same(found, expect, code);
    };
    check("rpc/id.rs", "use crate::wire::ndjson; use super::Raw; use serde::de;", &[]);
    check("rpc/id.rs", "use crate::{model::Era, wire};", &["`rpc` knows `model`"]);
    check("wire/ndjson/tests.rs", "fn f() -> super::super::super::rpc::Id {}", &["`wire` knows `rpc`"]);
    check(
        "server/mod.rs",
        "mod call; use self::call::Ask; type T = crate::handle::Link;",
        &["`server` knows `handle`"],
    );
    check("client/open.rs", "use super::super::server;", &["`client` knows `server`"]);
    check("server/call.rs", "// crate::handle\nuse crate::client;", &["`server` knows `client`"]);
    check("sim/pair.rs", "use crate::handle::Link;", &[]);
    check("util.rs", "", &["`util` has no place in LAYERS"]);
}

// ---- Tests do not sleep and do not time.

/// Where they do all the same: the beginning of the path, what, why.
const ALLOWED_TIMING: [(&str, &str, &str); 6] = [
    ("mcp-os/tests/support/", "now", "waits for an event, with a deadline after which the test fails"),
    ("mcp-os/tests/support/", "elapsed", "as above"),
    ("mcp-os/tests/resources.rs", "now", "waits for the kernel to let go of a thread, with a deadline"),
    ("mcp-os/tests/resources.rs", "elapsed", "as above"),
    ("mcp-smol/tests/support/", "after", "the deadline of a wait for an event, after which the test fails"),
    ("mcp-os/tests/clock_and_seed.rs", "elapsed", "the clock under test has a function of that name"),
];

/// Sleeping and looking at a clock, in a part of a source: the line and the word.
fn timing(source: &Source, part: &[Token]) -> Vec<(usize, String)> {
    let imports: Vec<String> = paths(&source.tokens).into_iter().filter_map(|path| path.imported_as).collect();
    let word = |at: usize| part.get(at).map_or("", |t| t.text.as_str());
    let calls = part.iter().enumerate().filter(|(at, token)| {
        let before = at.checked_sub(1).map_or("", word);
        let owner = at.checked_sub(2).map_or("", word);
        word(at + 1) == "("
            && match token.text.as_str() {
                // A method or closure of that name belongs to a virtual clock; real ones have functions.
                name @ ("sleep" | "sleep_until" | "sleep_ms") => {
                    before == "::" || before != "fn" && before != "." && imports.iter().any(|import| import == name)
                }
                "elapsed" => before != "fn",
                "now" => before == "::" && CLOCKS.contains(&owner),
                "after" | "at" | "interval" => before == "::" && owner == "Timer",
                _ => false,
            }
    });
    calls.map(|(_, token)| (token.line, token.text.clone())).collect()
}

#[test]
fn tests_do_not_sleep_and_do_not_time() {
    let (mut hits, mut used) = (Hits::new(), BTreeSet::new());
    for file in workspace() {
        let is_test = file.name.contains("/tests/") || file.name.ends_with("/tests.rs");
        let part = if is_test { &file.source.tokens } else { file.source.test_part() };
        for (line, what) in timing(&file.source, part) {
            match ALLOWED_TIMING.iter().find(|(path, word, _)| file.name.starts_with(path) && *word == what) {
                Some((path, word, _)) => drop(used.insert((*path, *word))),
                None => hits.push(format!("{}:{line}: `{what}` in a test", file.name)),
            }
        }
    }
    let unused = ALLOWED_TIMING.iter().filter(|(path, word, _)| !used.contains(&(*path, *word)));
    hits.extend(
        unused.map(|(path, word, _)| format!("{path}: `{word}` is allowed but not used: take it off the list")),
    );
    none(&hits);
}

#[test]
fn sleeping_is_seen() {
    let check = |code, expect: &[&str]| {
        let source = Source::read(code);
        same(timing(&source, &source.tokens).into_iter().map(|(_, word)| word).collect(), expect, code);
    };
    check("std::thread::sleep(d); time::sleep (d).await; Timer::after(d).await;", &["sleep", "sleep", "after"]);
    check("use tokio::time::{self, sleep}; sleep(d).await;", &["sleep"]);
    check("let t = Instant::now(); assert!(t.elapsed() < d);", &["now", "elapsed"]);
    check("fn sleep(&mut self) {} world.sleep(d); let sleep = |d| d; sleep(d);", &[]);
    check("Time::after(now, d); clock::now(); link.now(); self.poll_sleep(cx)", &[]);
    check("// thread::sleep(d)\nlet s = \"thread::sleep(\";", &[]);
    let both = Source::read("fn f() { t.elapsed(); }\n#[cfg(test)]\nmod tests { fn g() { x.elapsed(); } }");
    same(timing(&both, both.test_part()), &[(3, "elapsed".to_owned())], "only the part for tests");
}

// ---- Files say what they hold.

const NAMES: [&str; 6] = ["util", "utils", "common", "helper", "helpers", "misc"];
const LONGEST: usize = 500;

/// Longer files: the path, why.
const ALLOWED_LENGTH: [(&str, &str); 0] = [];

fn name_hit(name: &str) -> Option<String> {
    let parts = name.trim_end_matches(".rs").split('/');
    parts.into_iter().find(|part| NAMES.contains(part)).map(|part| format!("{name}: `{part}` says nothing"))
}

#[test]
fn files_are_short_and_named_for_what_they_hold() {
    let mut hits = Hits::new();
    for file in workspace() {
        hits.extend(name_hit(&file.name));
        let allowed = ALLOWED_LENGTH.iter().any(|(path, _)| *path == file.name);
        match (file.lines > LONGEST, allowed) {
            (true, false) => hits.push(format!("{}: {} lines, more than {LONGEST}", file.name, file.lines)),
            (false, true) => hits.push(format!("{}: short enough now: take it off the list", file.name)),
            _ => {}
        }
    }
    none(&hits);
}

#[test]
fn names_that_say_nothing_are_seen() {
    let check = |name, expect: bool| assert_eq!(name_hit(name).is_some(), expect, "{name}");
    check("mcp-os/src/utils.rs", true);
    check("mcp-os/tests/common/mod.rs", true);
    check("mcp-os/src/commonplace.rs", false);
}

// ---- Adapters carry bytes; what they mean is the core's business.

const ADAPTERS: [&str; 3] = ["mcp-tokio/src", "mcp-smol/src", "mcp-blocking/src"];
const FAMILIES: [&str; 11] = [
    "completion/",
    "elicitation/",
    "logging/",
    "notifications/",
    "prompts/",
    "resources/",
    "roots/",
    "sampling/",
    "server/",
    "subscriptions/",
    "tools/",
];

fn protocol_talk(source: &Source) -> Vec<(usize, String)> {
    let named = |text: &str| text == "initialize" || text == "ping" || FAMILIES.iter().any(|f| text.starts_with(f));
    let literals = source.literals.iter().filter(|(_, text)| named(text)).cloned();
    let json = source.tokens.iter().filter(|t| t.text.starts_with("serde")).map(|t| (t.line, t.text.clone()));
    literals.chain(json).collect()
}

#[test]
fn adapters_do_not_speak_the_protocol() {
    let files = ADAPTERS.into_iter().flat_map(files_below).filter(|file| !file.name.ends_with("tests.rs"));
    none(&files.flat_map(|file| file.at(protocol_talk(&file.source))).collect());
}

#[test]
fn protocol_talk_is_seen() {
    let check = |code, expect: &[&str]| {
        same(protocol_talk(&Source::read(code)).into_iter().map(|(_, what)| what).collect(), expect, code);
    };
    check("client.call(\"tools/call\"); b\"ping\"", &["tools/call", "ping"]);
    check("use serde_json::Value; r\"initialize\"", &["initialize", "serde_json"]);
    check("//! tools/call\n\"we initialize tools\"", &[]);
}

// ---- No `unsafe`, in any crate.

#[test]
fn unsafe_is_forbidden_in_every_crate() {
    let manifest = |of: &str| fs::read_to_string(root().join(of).join("Cargo.toml")).unwrap();
    let has = |text: &str, table: &str, entry: &str| {
        let lines = text.lines().map(str::trim).skip_while(|line| *line != table).skip(1);
        lines.take_while(|line| !line.starts_with('[')).any(|line| line == entry)
    };
    let mut hits = Hits::new();
    if !has(&manifest(""), "[workspace.lints.rust]", "unsafe_code = \"forbid\"") {
        hits.push("Cargo.toml: unsafe code is not forbidden".to_owned());
    }
    for member in members() {
        if !has(&manifest(&member), "[lints]", "workspace = true") {
            hits.push(format!("{member}/Cargo.toml: does not take the lints of the workspace"));
        }
    }
    none(&hits);
}

// ---- ARCHITECTURE.md names what exists.

/// The files, and the tests in them, that stand in backquotes: `path` or `path::name`.
fn named_in(text: &str) -> Vec<(String, Option<String>)> {
    let quoted = text.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
    let rooted = quoted.filter(|name| ["mcp-", "conformance/", ".ci/"].iter().any(|start| name.starts_with(start)));
    let files = rooted.filter(|name| name.contains('/'));
    files
        .map(|name| match name.split_once("::") {
            Some((file, test)) => (file.to_owned(), Some(test.to_owned())),
            None => (name.to_owned(), None),
        })
        .collect()
}

#[test]
fn architecture_names_tests_that_exist() {
    let named = named_in(&fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap());
    assert!(named.len() > 10, "the table was not understood: {named:?}");
    let missing = named.into_iter().filter_map(|(file, test)| {
        let path = root().join(&file);
        let Some(test) = test else { return (!path.exists()).then(|| format!("no file {file}")) };
        let there = fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("fn {test}()")));
        (!there).then(|| format!("no test {test} in {file}"))
    });
    none(&missing.collect());
}

#[test]
fn names_in_tables_are_seen() {
    let check = |text, expect: &[(&str, Option<&str>)]| {
        let found = named_in(text);
        same(found.iter().map(|(file, test)| (file.as_str(), test.as_deref())).collect(), expect, text);
    };
    check("| never | `mcp-os/tests/a.rs::b`, `.ci/wasm` |", &[("mcp-os/tests/a.rs", Some("b")), (".ci/wasm", None)]);
    check("| `mcp-os` | `bytes` |\nsee `mcp-os/x.rs`", &[]);
}

// ---- Reading the workspace.

struct File {
    /// Its path below the workspace, with `/`.
    name: String,
    lines: usize,
    source: Source,
}

impl File {
    fn at(&self, hits: Vec<(usize, String)>) -> Hits {
        hits.into_iter().map(|(line, what)| format!("{}:{line}: {what}", self.name)).collect()
    }
}

fn root() -> PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn members() -> Vec<String> {
    let manifest = Source::read(&fs::read_to_string(root().join("Cargo.toml")).unwrap());
    let after = manifest.tokens.iter().find(|t| t.text == "members").unwrap().line;
    let members: Vec<String> =
        manifest.literals.into_iter().filter(|(line, _)| *line == after).map(|(_, name)| name).collect();
    assert!(members.contains(&"mcp-proto".to_owned()), "the members stand on one line: {members:?}");
    members
}

fn workspace() -> Vec<File> {
    let places = |member: String| ["src", "tests", "examples", "benches"].map(|place| format!("{member}/{place}"));
    members()
        .into_iter()
        .flat_map(places)
        .filter(|place| root().join(place).is_dir())
        .flat_map(|place| files_below(&place))
        .collect()
}

/// All Rust files below a directory of the workspace, in order of their names.
fn files_below(place: &str) -> Vec<File> {
    let mut files = Vec::new();
    let mut entries: Vec<String> = fs::read_dir(root().join(place))
        .unwrap()
        .map(|entry| format!("{place}/{}", entry.unwrap().file_name().to_str().unwrap()))
        .collect();
    entries.sort();
    for name in entries {
        let path = root().join(&name);
        if path.is_dir() {
            files.extend(files_below(&name));
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(path).unwrap();
            files.push(File { lines: text.lines().count(), source: Source::read(&text), name });
        }
    }
    assert!(!files.is_empty() || !place.ends_with("/src"), "no sources in {place}");
    files
}

#[track_caller]
fn none(hits: &Hits) {
    assert!(hits.is_empty(), "\n{}\n", hits.join("\n"));
}

#[track_caller]
fn same<A: Debug + PartialEq<B>, B: Debug>(found: Vec<A>, expect: &[B], of: &str) {
    assert!(found == *expect, "{of}\n  found  {found:?}\n  expect {expect:?}");
}
