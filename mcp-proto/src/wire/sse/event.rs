//! Events, whole and unfinished.

use std::fmt;
use std::mem;
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};

/// What a [`Reader`](super::Reader) finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A whole event. Blocks without a `data` line are none.
    Event(Event),
    /// How long to wait before the next attempt to connect. It counts from now on, whether an event follows or not.
    /// Longer than `u64::MAX` milliseconds counts as that.
    Retry(Duration),
    /// One line of a comment, without the colon and one space behind it. Only a sign of life.
    Comment(Bytes),
}

/// An event that was read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its type; `None`, also where an empty one was written, means `message`.
    pub name: Option<Bytes>,
    /// The id that this event brought along; an empty one resets the last event id. An event without one leaves the
    /// last as it was: see [`Reader::last_event_id`](super::Reader::last_event_id).
    pub id: Option<Bytes>,
    /// The values of its `data` lines with LF between them. It may be empty.
    pub data: Bytes,
}

impl Event {
    /// Whether it is of the type `message`, said or not: all messages of MCP are.
    #[must_use]
    pub fn is_message(&self) -> bool {
        self.name.as_deref().is_none_or(|name| name == MESSAGE)
    }
}

/// Bodies are not shown.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("name", &self.name.as_deref().map(excerpt))
            .field("id", &self.id.as_deref().map(excerpt))
            .field("data", &format_args!("{} bytes", self.data.len()))
            .finish()
    }
}

fn excerpt(text: &[u8]) -> String {
    const LONGEST: usize = 64;
    text.get(..LONGEST).unwrap_or(text).escape_ascii().to_string()
}

const MESSAGE: &[u8] = b"message";

/// The event that is being read. What it holds is its own, but for one line of data.
#[derive(Default)]
pub(super) struct Unfinished {
    name: Option<Bytes>,
    id: Option<Bytes>,
    data: Data,
}

#[derive(Default)]
enum Data {
    /// No line of it: not the same as an empty line.
    #[default]
    None,
    /// A line that is a slice of the chunk.
    Lent(Bytes),
    /// A line that is not.
    Own(Bytes),
    /// Several, with LF between them.
    Lines(BytesMut),
}

impl Unfinished {
    pub(super) fn set_name(&mut self, name: &[u8]) {
        self.name = match name {
            b"" => None,
            MESSAGE => Some(Bytes::from_static(MESSAGE)),
            name => Some(Bytes::copy_from_slice(name)),
        };
    }

    /// An id with a NUL is none.
    pub(super) fn set_id(&mut self, id: &[u8]) {
        if memchr::memchr(0, id).is_none() {
            self.id = Some(Bytes::copy_from_slice(id));
        }
    }

    /// Takes the next line of data. Says how many bytes it copied.
    pub(super) fn add_line(&mut self, line: Bytes, lent: bool) -> usize {
        let before = match &mut self.data {
            Data::None => {
                self.data = if lent { Data::Lent(line) } else { Data::Own(line) };
                return 0;
            }
            Data::Lines(lines) => {
                put_line(lines, &line);
                return line.len();
            }
            Data::Lent(first) | Data::Own(first) => mem::take(first),
        };
        let mut lines = BytesMut::with_capacity(before.len() + 1 + line.len());
        lines.put_slice(&before);
        put_line(&mut lines, &line);
        self.data = Data::Lines(lines);
        before.len() + line.len()
    }

    /// The chunk ends here: an event that goes on does not pin it. Says how many bytes it copied.
    pub(super) fn let_go(&mut self) -> usize {
        let Data::Lent(line) = &self.data else { return 0 };
        let own = Bytes::copy_from_slice(line);
        let copied = own.len();
        self.data = Data::Own(own);
        copied
    }

    /// The bytes it keeps.
    pub(super) fn len(&self) -> usize {
        let data = match &self.data {
            Data::None => 0,
            Data::Lent(line) | Data::Own(line) => line.len(),
            Data::Lines(lines) => lines.len(),
        };
        data + self.name.as_ref().map_or(0, Bytes::len) + self.id.as_ref().map_or(0, Bytes::len)
    }

    /// It has ended: its id, and the event if it is one.
    pub(super) fn finish(&mut self) -> (Option<Bytes>, Option<Event>) {
        let Self { name, id, data } = mem::take(self);
        let data = match data {
            Data::None => return (id, None),
            Data::Lent(line) | Data::Own(line) => line,
            Data::Lines(lines) => lines.freeze(),
        };
        (id.clone(), Some(Event { name, id, data }))
    }
}

fn put_line(lines: &mut BytesMut, line: &[u8]) {
    lines.put_u8(b'\n');
    lines.put_slice(line);
}
