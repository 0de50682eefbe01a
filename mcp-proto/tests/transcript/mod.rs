//! Plays transcripts: text files of what a machine is told and what it does about it.
//!
//! A file holds scenes. A scene begins with `=== title`, then `with` and its settings. A line is one of
//!
//! ```text
//! # a remark
//! start           makes the machine; `restart` makes a new one in its place, `restart key` with another
//!                 key, once; `restart name=value` with another setting from then on
//! < line          the peer sends a line; `<< text` sends a text without a line end
//! ! command       the owner gives a command, spelled as in a recording
//! at 10           the clock goes to that second; timeouts on the way fire when they are due
//! end why         the peer ends; `fail why` breaks the stream
//! hold            from here on nothing is confirmed as written; `written 10`, `written all` confirm
//! ask             shows when the machine wants to be woken, and whether it reads
//! > line          it wrote a line
//! * event         it told its owner
//! = finish        it closed its side; `= closed: why` it is over
//! ? ...           what `ask` showed
//! ```
//!
//! The last four are what a test compares, all of them. `MCP_BLESS=1` writes them anew, to be read before
//! they are kept. Names with a dollar stand for longer texts, see [`ABBREVIATIONS`]; `$state` is the last
//! `requestState` a server wrote, `$forged` one with another authenticator.
//!
//! Every scene is also played with its bytes cut at every place, and its recording is written out, read back
//! and replayed.

use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::sim::{Recorder, Recording, Spell, Tell};
use mcp_proto::time::Time;
use std::collections::BTreeMap;
use std::time::Duration;

/// What stands for what.
const ABBREVIATIONS: [(&str, &str); 7] = [
    (
        "$about+forms",
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{"form":{}}}"#,
    ),
    (
        "$about",
        r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}"#,
    ),
    ("$server", r#""io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}"#),
    ("$version", r#""io.modelcontextprotocol/protocolVersion""#),
    ("$capabilities", r#""io.modelcontextprotocol/clientCapabilities""#),
    ("$client", r#""io.modelcontextprotocol/clientInfo""#),
    ("$rpc", r#""jsonrpc":"2.0""#),
];

/// The settings of a scene, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    fn parse(text: &str) -> Self {
        let pair = |word: &str| {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            (name.to_owned(), value.to_owned())
        };
        Self(text.split_whitespace().map(pair).collect())
    }

    /// The value of a setting, and forgets it: what nobody takes is a mistake in the file.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// As a number.
    pub(crate) fn number(&mut self, name: &str, into: &mut usize) {
        if let Some(value) = self.take(name) {
            *into = value.parse().unwrap();
        }
    }

    /// As a time in seconds, or `none`.
    pub(crate) fn seconds(&mut self, name: &str, into: &mut Option<Duration>) {
        if let Some(value) = self.take(name) {
            *into = (value != "none").then(|| Duration::from_secs_f64(value.parse().unwrap()));
        }
    }

    /// The bounds both sides have.
    pub(crate) fn bounds(
        &mut self,
        limits: &mut mcp_proto::limits::Limits,
        timeouts: &mut mcp_proto::limits::Timeouts,
    ) {
        self.number("calls", &mut limits.calls);
        self.number("waiting", &mut limits.waiting);
        self.number("rounds", &mut limits.rounds);
        self.number("subscriptions", &mut limits.subscriptions);
        self.number("subscribed", &mut limits.subscribed);
        self.number("high", &mut limits.outbound_high);
        self.number("low", &mut limits.outbound_low);
        for (name, limit) in [("message", &mut limits.message), ("inbound", &mut limits.inbound)] {
            if let Some(value) = self.take(name) {
                *limit = value.parse().ok();
            }
        }
        self.seconds("open", &mut timeouts.open);
        self.seconds("probe", &mut timeouts.probe);
        self.seconds("total", &mut timeouts.request_total);
        self.seconds("stall", &mut timeouts.write_stall);
        self.seconds("drain", &mut timeouts.drain);
        self.seconds("input", &mut timeouts.input);
        timeouts.progress_extends = self.take("extends").is_some();
    }

    pub(crate) fn revisions(&mut self, into: &mut Vec<mcp_proto::model::Revision>) {
        if let Some(names) = self.take("revisions") {
            *into = names.split(',').map(|n| mcp_proto::model::Revision::from_name(n).unwrap()).collect();
        }
    }
}

/// How the lines of the peer arrive.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cut {
    Whole,
    EachByte,
    /// In two parts, the first of so many bytes.
    At(usize),
    /// Lines that follow each other, together.
    Glued,
}

/// What a scene came to.
#[derive(Debug, Default, PartialEq)]
struct Played {
    /// Everything, at its place.
    text: String,
    /// All that was written, and all that was told, each in order.
    written: String,
    told: Vec<String>,
    recordings: Vec<Recording>,
}

struct Stage<'a, M> {
    make: &'a dyn Fn(&mut Settings, Time) -> M,
    settings: Settings,
    machine: Option<Recorder<M>>,
    now: Time,
    holding: bool,
    unconfirmed: usize,
    state: String,
    played: Played,
}

impl<M: Machine<Command: Spell, Event: Tell>> Stage<'_, M> {
    fn start(&mut self) {
        let mut settings = self.settings.clone();
        settings.take("key");
        if let Some(key) = self.settings.take("key") {
            settings.0.insert("key".to_owned(), key);
        }
        let machine = (self.make)(&mut settings, self.now);
        assert!(settings.0.is_empty(), "unknown settings: {settings:?}");
        if let Some(old) = self.machine.replace(Recorder::new(machine)) {
            self.played.recordings.push(old.recording().clone());
        }
    }

    fn expand(&self, line: &str) -> String {
        let mut line = line.to_owned();
        for (short, long) in ABBREVIATIONS {
            line = line.replace(short, long);
        }
        let forged = self.state.replacen(['0', '1', '2', '3', '4', '5', '6', '7'], "8", 1);
        line.replace("$state", &self.state).replace("$forged", &forged)
    }

    fn contract(&mut self, line: &str) -> String {
        let mut line = line.to_owned();
        if let Some((_, state)) = line.split_once(r#""requestState":""#) {
            let mut escaped = false;
            let end = state.find(|c| {
                let end = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                end
            });
            let state = &state[..end.unwrap()];
            if state.starts_with("v1.") {
                self.state = state.to_owned();
            }
        }
        if !self.state.is_empty() {
            line = line.replace(&self.state, "$state");
        }
        for (short, long) in ABBREVIATIONS {
            line = line.replace(long, short);
        }
        line
    }

    fn show(&mut self, mark: char, text: &str) {
        let text = self.contract(text);
        if mark == '>' {
            self.played.written += &format!("{text}\n");
        } else {
            self.played.told.push(text.clone());
        }
        self.played.text += &format!("{mark} {text}\n");
    }

    fn tell(&mut self, input: Input<M::Command>) {
        self.machine.as_mut().unwrap().handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        loop {
            match self.machine.as_mut().unwrap().poll_output() {
                Some(Output::Event(event)) => self.show('*', &event.tell()),
                Some(Output::Write(bytes)) => {
                    self.unconfirmed += bytes.len();
                    let text = String::from_utf8(bytes.to_vec()).unwrap();
                    assert!(text.ends_with('\n'), "half a message: {text}");
                    for line in text.lines() {
                        self.show('>', line);
                    }
                }
                Some(Output::Frame(frame)) => panic!("there is no tap: {frame:?}"),
                Some(Output::Finish) => self.show('=', "finish"),
                Some(Output::Closed(why)) => self.show('=', &format!("closed: {why}")),
                None if self.unconfirmed > 0 && !self.holding => {
                    let count = std::mem::take(&mut self.unconfirmed);
                    self.machine.as_mut().unwrap().handle_input(self.now, Input::Written(count));
                }
                None => return,
            }
        }
    }

    fn due(&self) -> Option<Time> {
        self.machine.as_ref().unwrap().poll_timeout()
    }

    fn go_to(&mut self, seconds: f64) {
        let until = Time::ORIGIN.after(Duration::from_secs_f64(seconds));
        let mut timeouts = 0;
        while let Some(due) = self.due().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.tell(Input::Timeout);
            timeouts += 1;
            assert!(timeouts < 1000, "the machine wants to be woken for ever");
        }
        self.now = until;
    }

    fn read(&mut self, text: &str, cut: Cut) {
        let bytes = bytes::Bytes::from(text.to_owned());
        let parts = match cut {
            Cut::Whole | Cut::Glued => vec![bytes],
            Cut::EachByte => (0..bytes.len()).map(|at| bytes.slice(at..=at)).collect(),
            Cut::At(at) => {
                let at = at.min(bytes.len());
                vec![bytes.slice(..at), bytes.slice(at..)]
            }
        };
        for part in parts.into_iter().filter(|part| !part.is_empty()) {
            self.tell(Input::Read(part));
        }
    }

    fn line(&mut self, line: &str, cut: Cut) {
        let (mark, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = self.expand(rest);
        match mark {
            "start" | "restart" => {
                self.settings.0.extend(Settings::parse(&rest).0);
                self.start();
                self.drain();
            }
            "<" => self.read(&format!("{rest}\n"), cut),
            "<<" => self.read(&rest, cut),
            "!" => self.tell(Input::Command(M::Command::read(&rest).unwrap())),
            "at" => self.go_to(rest.parse().unwrap()),
            "end" => self.tell(Input::ReadEnd((!rest.is_empty()).then(|| rest.clone()))),
            "fail" => self.tell(Input::Failed(mcp_proto::error::Fault::Broken(rest))),
            "hold" => self.holding = true,
            "written" => {
                let count = if rest == "all" { self.unconfirmed } else { rest.parse().unwrap() };
                self.unconfirmed -= count;
                self.tell(Input::Written(count));
            }
            "ask" => {
                let due = self.due().map(|due| due.since(Time::ORIGIN).as_secs_f64());
                let due = due.map_or_else(|| "sleeps".to_owned(), |due| format!("due {due}"));
                let reads = if self.machine.as_ref().unwrap().wants_read() { "reads" } else { "does not read" };
                self.show('?', &format!("{due}, {reads}"));
            }
            _ => panic!("unknown line: {line}"),
        }
    }
}

fn play<M: Machine<Command: Spell, Event: Tell>>(
    make: &dyn Fn(&mut Settings, Time) -> M,
    settings: &Settings,
    body: &str,
    cut: Cut,
) -> Played {
    let mut stage = Stage {
        make,
        settings: settings.clone(),
        machine: None,
        now: Time::ORIGIN,
        holding: false,
        unconfirmed: 0,
        state: String::new(),
        played: Played::default(),
    };
    let mut lines = body.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with(['>', '*', '=', '?']) {
            continue;
        }
        stage.played.text += &format!("{line}\n");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut line = line.to_owned();
        while cut == Cut::Glued && line.starts_with("< ") && lines.peek().is_some_and(|next| next.starts_with("< ")) {
            line = format!("{line}\n{}", &lines.next().unwrap()[2..]);
        }
        stage.line(&line, cut);
    }
    let last = stage.machine.map(|machine| machine.recording().clone());
    stage.played.recordings.extend(last);
    stage.played
}

/// Plays every scene of the file.
pub(crate) fn check<M: Machine<Command: Spell, Event: Tell>>(file: &str, make: impl Fn(&mut Settings, Time) -> M) {
    let path = format!("{}/tests/transcripts/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    let (intro, scenes) = text.split_once("=== ").unwrap();
    let mut blessed = intro.to_owned();
    let bless = std::env::var_os("MCP_BLESS").is_some();
    for scene in scenes.split("\n=== ") {
        let (title, body) = scene.split_once('\n').unwrap();
        let body = format!("{}\n", body.trim_end());
        let (head, lines) = body.split_once("start\n").unwrap_or_else(|| panic!("{title}: nothing starts"));
        let settings: String = head.lines().filter_map(|line| line.strip_prefix("with ")).collect();
        let (settings, lines) = (Settings::parse(&settings), format!("start\n{lines}"));
        let whole = play(&make, &settings, &lines, Cut::Whole);
        blessed += &format!("=== {title}\n{head}{}\n", whole.text);
        if bless {
            continue;
        }
        assert_eq!(whole.text, lines, "{title}: the left is what happened:\n{}", whole.text);
        cut_anywhere(title, &whole, &|cut| play(&make, &settings, &lines, cut));
        for recording in &whole.recordings {
            let read: Recording = recording.to_string().parse().unwrap();
            assert_eq!(read, *recording, "{title}: written out and read back");
        }
        replays(title, &whole, &make, &settings);
    }
    if bless {
        std::fs::write(&path, format!("{}\n", blessed.trim_end())).unwrap();
    }
}

/// How the bytes were cut makes no difference.
fn cut_anywhere(title: &str, whole: &Played, play: &dyn Fn(Cut) -> Played) {
    let recordings: String = whole.recordings.iter().map(Recording::to_string).collect();
    let longest = recordings.lines().filter_map(|line| line.split_once(" read ")).map(|(_, bytes)| bytes.len()).max();
    for cut in (1..longest.unwrap_or(0)).map(Cut::At).chain([Cut::EachByte]) {
        assert_eq!(play(cut).text, whole.text, "{title}: {cut:?}");
    }
    let glued = play(Cut::Glued);
    assert_eq!((&glued.written, &glued.told), (&whole.written, &whole.told), "{title}: glued");
}

/// The recording of the first machine, written out and read back, gives the same outputs once more.
fn replays<M: Machine<Command: Spell, Event: Tell>>(
    title: &str,
    whole: &Played,
    make: &dyn Fn(&mut Settings, Time) -> M,
    settings: &Settings,
) {
    let Some(first) = whole.recordings.first() else { return };
    let read: Recording = first.to_string().parse().unwrap();
    let again = read.replay(make(&mut settings.clone(), Time::ORIGIN)).unwrap();
    assert_eq!(again.to_string(), first.to_string(), "{title}: replayed");
}
