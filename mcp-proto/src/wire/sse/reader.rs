//! Bytes to events.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr2;
use thiserror::Error;

use super::event::{Frame, Unfinished};

const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// Bounds of a [`Reader`], in bytes. `None` switches a bound off. What is longer ends the stream with [`TooLong`].
///
/// A reader keeps at most a line, an event and the last event id besides the chunks it was given; buffers that grow
/// may be twice as large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Longest line, without its end; a byte order mark counts. Default 16 MiB and 4 KiB.
    pub line: Option<usize>,
    /// Largest event: its data, name and id together. Default 16 MiB and 4 KiB.
    pub event: Option<usize>,
}

impl Bounds {
    /// Room for what stands around a message: the name of its field, the event's name and id.
    const AROUND: usize = 4 * 1024;

    /// Bounds that let through every message that is no longer than this, and some that are: those are refused one by
    /// one, and the stream goes on.
    #[must_use]
    pub const fn for_messages(longest: Option<usize>) -> Self {
        let bound = match longest {
            Some(longest) => Some(longest.saturating_add(Self::AROUND)),
            None => None,
        };
        Self { line: bound, event: bound }
    }
}

/// Those for messages of 16 MiB, the default of [`Limits::message`](crate::limits::Limits::message).
impl Default for Bounds {
    fn default() -> Self {
        Self::for_messages(Some(16 * 1024 * 1024))
    }
}

/// Theirs: the stream holds something longer than its [`Bounds`] allow, and can't be read further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TooLong {
    /// A line.
    #[error("a line of the peer's event stream is longer than {limit} bytes; allow longer messages if they are meant")]
    Line {
        /// The bound in bytes.
        limit: usize,
    },
    /// An event: its data, name and id together.
    #[error("an event of the peer's stream is larger than {limit} bytes; allow longer messages if they are meant")]
    Event {
        /// The bound in bytes.
        limit: usize,
    },
}

/// Reads an event stream.
///
/// ```
/// use bytes::Bytes;
/// use mcp_proto::wire::sse::{Bounds, Event, Frame, Reader};
///
/// let mut reader = Reader::new(Bounds::default());
/// reader.push(Bytes::from_static(b"id: 7\ndata: {\"a\":1}\n\n: still here\nda"));
/// let event = Event { name: None, id: Some("7".into()), data: Bytes::from_static(b"{\"a\":1}") };
/// assert_eq!(reader.next_frame(), Ok(Some(Frame::Event(event))));
/// assert_eq!(reader.next_frame(), Ok(Some(Frame::Comment("still here".into()))));
/// assert_eq!(reader.next_frame(), Ok(None));
///
/// // The connection broke. What was unfinished is dropped; the server goes on after this id.
/// reader.end();
/// assert_eq!(reader.last_event_id(), Some(&Bytes::from_static(b"7")));
/// ```
pub struct Reader {
    bounds: Bounds,
    /// Not searched yet.
    chunk: Bytes,
    /// Chunks pushed before the one above was used up.
    later: VecDeque<Bytes>,
    /// What came of the line in earlier chunks. Copied, so that a part of a line never pins its chunk.
    line: BytesMut,
    /// No line has ended yet: this one may begin with a byte order mark.
    first: bool,
    /// The line before ended with CR. An LF that follows is of the same line end, however late it comes.
    after_cr: bool,
    event: Unfinished,
    last_id: Option<Bytes>,
    failed: Option<TooLong>,
    /// Bytes looked at and bytes copied.
    #[cfg(test)]
    work: usize,
}

impl Reader {
    /// A reader for a new stream.
    #[must_use]
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            chunk: Bytes::new(),
            later: VecDeque::new(),
            line: BytesMut::new(),
            first: true,
            after_cr: false,
            event: Unfinished::default(),
            last_id: None,
            failed: None,
            #[cfg(test)]
            work: 0,
        }
    }

    /// Takes the next chunk of the stream. Normally [`Self::next_frame`] is then called until there are no more; a
    /// chunk pushed before that waits behind the others. Once the stream has failed, chunks are dropped.
    pub fn push(&mut self, chunk: Bytes) {
        if self.failed.is_some() || chunk.is_empty() {
            return;
        }
        if self.chunk.is_empty() {
            self.chunk = chunk;
        } else {
            self.later.push_back(chunk);
        }
    }

    /// The next frame, or `None` when the chunks pushed so far hold no more.
    ///
    /// # Errors
    ///
    /// [`TooLong`] if the stream passes a bound, and from then on until [`Self::end`]. Nothing but the last event id
    /// is kept then.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, TooLong> {
        if let Some(why) = self.failed {
            return Err(why);
        }
        let found = self.search();
        if let Err(why) = found {
            self.end();
            self.failed = Some(why);
        }
        found
    }

    /// The stream has ended or broken: drops what was not read, and an unfinished event with its id, as the standard
    /// says. Take the frames out before. What is pushed next begins a new stream; the last event id stays.
    pub fn end(&mut self) {
        let last_id = self.last_id.take();
        *self = Self { last_id, ..Self::new(self.bounds) };
    }

    /// The id to resume after, for the `Last-Event-ID` of the next request: the last one that a finished block
    /// brought, with data or without, up to the frame last taken out. `None` if there was none, or an empty one. It
    /// outlives streams.
    ///
    /// It has no NUL, CR or LF, but may have other bytes that a header can't carry.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&Bytes> {
        self.last_id.as_ref()
    }

    /// Sets the last event id, for a stream that goes on where another reader stopped. An empty one is none.
    pub fn set_last_event_id(&mut self, id: Option<Bytes>) {
        self.last_id = id.filter(|id| !id.is_empty());
    }

    /// Bytes retained: the line begun, the event begun, and chunks not searched yet. The last event id is not counted.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.line.len() + self.event.len() + self.chunk.len() + self.later.iter().map(Bytes::len).sum::<usize>()
    }

    fn search(&mut self) -> Result<Option<Frame>, TooLong> {
        loop {
            let Some(next) = self.chunk.first() else {
                let copied = self.event.let_go();
                self.count(copied);
                let Some(chunk) = self.later.pop_front() else { return Ok(None) };
                self.chunk = chunk;
                continue;
            };
            if mem::take(&mut self.after_cr) && *next == b'\n' {
                self.pass(1);
                continue;
            }
            let end = memchr2(b'\n', b'\r', &self.chunk);
            let part = end.unwrap_or(self.chunk.len());
            self.count(part);
            if let Some(limit) = self.bounds.line.filter(|limit| self.line.len() + part > *limit) {
                return Err(TooLong::Line { limit });
            }
            let Some(end) = end else {
                self.count(part);
                self.line.extend_from_slice(&mem::take(&mut self.chunk));
                continue;
            };
            self.after_cr = self.chunk.get(end) == Some(&b'\r');
            let own = (!self.line.is_empty()).then(|| {
                self.line.extend_from_slice(self.chunk.get(..end).unwrap_or_default());
                mem::take(&mut self.line).freeze()
            });
            self.count(if own.is_some() { end } else { 0 });
            let frame = self.end_line(own.as_ref(), end)?;
            self.pass(end + 1);
            if frame.is_some() {
                return Ok(frame);
            }
        }
    }

    /// These bytes of the chunk are dealt with.
    fn pass(&mut self, bytes: usize) {
        self.chunk.advance(bytes);
        if self.chunk.is_empty() {
            self.chunk = Bytes::new();
        }
    }

    /// A line is whole: it is `own`, or the chunk up to `end`.
    fn end_line(&mut self, own: Option<&Bytes>, end: usize) -> Result<Option<Frame>, TooLong> {
        let source = own.unwrap_or(&self.chunk);
        let mut line = if own.is_some() { source } else { source.get(..end).unwrap_or_default() };
        // A mark that comes byte by byte needs no more than this: the line it begins is complete now.
        if mem::take(&mut self.first) {
            line = line.strip_prefix(&BOM).unwrap_or(line);
        }
        match field(line) {
            Field::Blank => return Ok(self.dispatch()),
            Field::Comment(text) => return Ok(Some(Frame::Comment(source.slice_ref(text)))),
            Field::Retry(digits) => return Ok(milliseconds(digits).map(Frame::Retry)),
            Field::Unknown => return Ok(None),
            Field::Data(value) => {
                let copied = self.event.add_line(source.slice_ref(value), own.is_none());
                self.count(copied);
            }
            Field::Event(name) => self.event.set_name(name),
            Field::Id(id) => self.event.set_id(id),
        }
        match self.bounds.event.filter(|limit| self.event.len() > *limit) {
            Some(limit) => Err(TooLong::Event { limit }),
            None => Ok(None),
        }
    }

    fn dispatch(&mut self) -> Option<Frame> {
        let (id, event) = self.event.finish();
        if id.is_some() {
            self.set_last_event_id(id);
        }
        event.map(Frame::Event)
    }

    /// For the test that says how much work a stream is.
    #[cfg(test)]
    fn count(&mut self, bytes: usize) {
        self.work += bytes;
    }

    #[cfg(not(test))]
    fn count(&mut self, _: usize) {}
}

/// Bodies are not shown.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("bounds", &self.bounds)
            .field("buffered", &self.buffered())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}

/// A line and its value.
enum Field<'a> {
    Blank,
    Comment(&'a [u8]),
    Data(&'a [u8]),
    Event(&'a [u8]),
    Id(&'a [u8]),
    Retry(&'a [u8]),
    Unknown,
}

fn field(line: &[u8]) -> Field<'_> {
    // Names are compared instead of looking for the colon, so that a long line is not searched again.
    let value = |name: &[u8]| match line.strip_prefix(name)? {
        [] => Some([].as_slice()),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    };
    let named = match line.first() {
        None => Some(Field::Blank),
        Some(b':') => value(b"").map(Field::Comment),
        Some(b'd') => value(b"data").map(Field::Data),
        Some(b'e') => value(b"event").map(Field::Event),
        Some(b'i') => value(b"id").map(Field::Id),
        Some(b'r') => value(b"retry").map(Field::Retry),
        Some(_) => None,
    };
    named.unwrap_or(Field::Unknown)
}

/// What is not made of digits, and nothing else, is no time.
fn milliseconds(digits: &[u8]) -> Option<Duration> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(Duration::from_millis(digits.iter().fold(0, add)))
}

#[cfg(test)]
mod tests;
