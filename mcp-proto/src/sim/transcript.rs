//! A conversation as text that people read.

use super::difference::{Difference, compare};
use super::escape::{duration, escape, seconds, unescape, word};
use super::recording::Unreadable;
use crate::time::Time;
use bytes::Bytes;
use std::fmt;
use std::str::FromStr;

/// Which of the two speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The client, `C`.
    Client,
    /// The server, `S`.
    Server,
}

impl Side {
    /// The one it speaks with.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Client => 'C',
            Self::Server => 'S',
        }
    }
}

/// Who said what and when, on one stream. Its text has a line for each message:
///
/// ```text
/// # a remark; empty lines and indentation do not count either
/// 0.000 C> {"jsonrpc":"2.0","id":1,"method":"ping"}
/// 0.250 S> {"jsonrpc":"2.0","id":1,"result":{}}
/// 1.500 C.
/// ```
///
/// First the time in seconds at which its end was written, or `*` for any. Then who spoke, client or server, and
/// how:
///
/// | | |
/// |---|---|
/// | `>` | a line, as it stands |
/// | `~` | bytes, escaped as `\xNN`, `\n`, `\r`, `\t`, `\\`: a line that can't be shown as it stands, or that does not end |
/// | `.` | ended its output |
/// | `!` | broke the stream |
///
/// A [`Scribe`](super::Scribe) writes one; [`check`](Self::check) compares it with a text;
/// [`RawPeer::play`](super::RawPeer::play) plays one side of it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript(Vec<Entry>);

/// One line of a transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// `None`: at any time.
    pub at: Option<Time>,
    pub side: Side,
    pub said: Said,
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A line, without its end.
    Line(String),
    /// Anything else, with all its bytes.
    Bytes(Bytes),
    End,
    Broke,
}

impl Said {
    /// A line with its end, or bytes that have none.
    pub(super) fn read(bytes: Bytes) -> Self {
        let line = bytes.strip_suffix(b"\n").and_then(|line| std::str::from_utf8(line).ok());
        // Shown as it is only what an editor leaves as it is.
        match line.filter(|line| !line.is_empty() && escape(line.as_bytes()) == line.replace('\\', "\\\\")) {
            Some(line) => Self::Line(line.to_owned()),
            None => Self::Bytes(bytes),
        }
    }
}

impl Transcript {
    pub(super) fn push(&mut self, entry: Entry) {
        self.0.push(entry);
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }

    /// Compares it with the text of another one, which may be less definite: the time `*` is any time, and a value
    /// `"*"` within a message is any value; an object with a member `"*": "*"` may have members that it does not
    /// name. Messages are compared as JSON: the order of their members does not matter.
    ///
    /// ```
    /// use mcp_proto::sim::Transcript;
    ///
    /// let found: Transcript = r#"0.250 S> {"jsonrpc":"2.0","id":7,"result":{"content":[]}}"#.parse()?;
    /// found.check(r#"* S> {"jsonrpc":"2.0","result":{"*":"*"},"id":"*"}"#)?;
    ///
    /// let differs = found.check(r#"0.250 S> {"jsonrpc":"2.0","id":8,"result":{"content":[]}}"#);
    /// assert!(differs.unwrap_err().to_string().starts_with("line 1 differs at /id\n"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first line that differs, both texts of it and where in them; or that `expected` is no transcript.
    pub fn check(&self, expected: &str) -> Result<(), Difference> {
        let expected: Self = expected.parse()?;
        for (number, entry) in (1..).zip(&expected.0) {
            compare(number, entry, self.0.get(number - 1))?;
        }
        match self.0.get(expected.0.len()) {
            Some(more) => Err(Difference::more(expected.0.len() + 1, more)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|entry| writeln!(f, "{entry}"))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            None => f.write_str("*")?,
            Some(at) => {
                // Milliseconds always, more digits where they are needed.
                let at = seconds(at.since(Time::ORIGIN));
                let (whole, part) = at.split_once('.').unwrap_or((&at, ""));
                write!(f, "{whole}.{part:0<3}")?;
            }
        }
        let side = self.side.letter();
        match &self.said {
            Said::Line(line) => write!(f, " {side}> {line}"),
            Said::Bytes(bytes) => write!(f, " {side}~ {}", escape(bytes)),
            Said::End => write!(f, " {side}."),
            Said::Broke => write!(f, " {side}!"),
        }
    }
}

impl FromStr for Transcript {
    type Err = Unreadable;

    fn from_str(text: &str) -> Result<Self, Unreadable> {
        let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Entry {
    type Err = Unreadable;

    fn from_str(line: &str) -> Result<Self, Unreadable> {
        let (at, rest) = word(line);
        let at = match at {
            "*" => None,
            at => Some(Time::from_elapsed(duration(at)?)),
        };
        let (who, text) = word(rest);
        let (side, said) = match who {
            "C>" => (Side::Client, Said::Line(text.to_owned())),
            "S>" => (Side::Server, Said::Line(text.to_owned())),
            "C~" => (Side::Client, Said::Bytes(unescape(text)?)),
            "S~" => (Side::Server, Said::Bytes(unescape(text)?)),
            "C." => (Side::Client, Said::End),
            "S." => (Side::Server, Said::End),
            "C!" => (Side::Client, Said::Broke),
            "S!" => (Side::Server, Said::Broke),
            _ => return Err(Unreadable::new("a line of a transcript", line)),
        };
        Ok(Self { at, side, said })
    }
}
