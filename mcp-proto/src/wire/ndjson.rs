//! One message per line: the framing of stdio and of every plain byte stream.
//!
//! Reading: push chunks in, take [`Frame`]s out until there are none. Every byte is searched once, a
//! line that lies whole in one chunk is a slice of it, and how the input was cut changes nothing but
//! the sizes of [`Frame::Piece`]. Only LF ends a line: U+2028, U+2029 and U+0085 are text.
//!
//! Writing: [`encode`] and [`seal`] append the line end and make sure that it is the only one.

use std::collections::VecDeque;
use std::mem;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use memchr::{memchr, memchr2};

const BOM: [u8; 3] = [0xEF, 0xBB, 0xBF];

/// What a [`Decoder`] finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A whole line: UTF-8, not blank, without its line end.
    Line(Bytes),
    /// A whole line that is not UTF-8, without its line end.
    NotUtf8(Bytes),
    /// The next piece of a line that is longer than allowed. Pieces come in order, hold everything up
    /// to the LF, and are not kept.
    Piece(Bytes),
    /// The line of the pieces before this frame has ended.
    Overlong {
        /// Bytes of that line, without its line end.
        length: u64,
    },
}

/// The line that is being read.
#[derive(Debug)]
enum Line {
    /// What came of it in earlier chunks. Copied, so that a part of a line never pins its chunk.
    Kept(BytesMut),
    /// It is over-long and passed on as it comes.
    PassedOn { length: u64, ends_in_cr: bool },
}

/// A queue that is nearly always empty, and then has no room.
#[derive(Debug)]
#[allow(clippy::box_collection, reason = "thousands of idle connections have a pointer instead of a queue")]
struct Waiting<T>(Option<Box<VecDeque<T>>>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Waiting<T> {
    fn push_back(&mut self, value: T) {
        self.0.get_or_insert_default().push_back(value);
    }

    fn pop_front(&mut self) -> Option<T> {
        let value = self.0.as_mut()?.pop_front();
        if self.is_empty() {
            self.0 = None;
        }
        value
    }

    fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|queue| queue.is_empty())
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().flat_map(|queue| queue.iter())
    }
}

/// Splits a stream of bytes into lines.
///
/// LF ends a line, one CR before it is dropped, lines of nothing but CR, spaces and tabs are skipped,
/// and so is a byte order mark at the very start of the stream.
///
/// ```
/// use bytes::Bytes;
/// use mcp_proto::wire::ndjson::{Decoder, Frame};
///
/// let mut decoder = Decoder::new(Some(1024));
/// decoder.push(Bytes::from_static(b"{\"a\":1}\n\n{\"b\""));
/// assert_eq!(decoder.next_frame(), Some(Frame::Line(Bytes::from_static(b"{\"a\":1}"))));
/// assert_eq!(decoder.next_frame(), None);
/// decoder.push(Bytes::from_static(b":2}\n"));
/// assert_eq!(decoder.next_frame(), Some(Frame::Line(Bytes::from_static(b"{\"b\":2}"))));
/// ```
#[derive(Debug)]
pub struct Decoder {
    max_line: Option<usize>,
    /// Not searched yet.
    chunk: Bytes,
    /// Chunks pushed before the one above was used up.
    later: Waiting<Bytes>,
    line: Line,
    /// Frames found together with the last one returned; at most two.
    found: Waiting<Frame>,
    /// How much of a byte order mark was read and held back; `None` once the stream has begun.
    mark: Option<usize>,
}

impl Decoder {
    /// A decoder for a new stream. `max_line` is in bytes, without the line end; `None` means no limit.
    #[must_use]
    pub fn new(max_line: Option<usize>) -> Self {
        Self {
            max_line,
            chunk: Bytes::new(),
            later: Waiting::default(),
            line: Line::Kept(BytesMut::new()),
            found: Waiting::default(),
            mark: Some(0),
        }
    }

    /// Takes the next chunk of the stream. Normally [`Self::next_frame`] is then called until it gives
    /// `None`; a chunk pushed before that waits behind the others.
    pub fn push(&mut self, chunk: Bytes) {
        if self.chunk.is_empty() && self.later.is_empty() {
            self.chunk = chunk;
        } else if !chunk.is_empty() {
            self.later.push_back(chunk);
        }
    }

    /// The next frame, or `None` when the chunks pushed so far hold no more.
    pub fn next_frame(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.found.pop_front() {
                return Some(frame);
            }
            if self.chunk.is_empty() {
                self.chunk = self.later.pop_front()?;
            }
            if self.mark.is_some() {
                self.skip_mark();
                continue;
            }
            let frame = match memchr(b'\n', &self.chunk) {
                Some(at) => {
                    // Mostly a chunk is a line: then it is passed on as it is.
                    let after = at + 1;
                    let mut part =
                        if after == self.chunk.len() { mem::take(&mut self.chunk) } else { self.chunk.split_to(after) };
                    part.truncate(at);
                    self.end_line(part)
                }
                None => {
                    let part = mem::take(&mut self.chunk);
                    self.grow_line(part)
                }
            };
            if frame.is_some() {
                return frame;
            }
        }
    }

    /// The input has ended: what stands after the last LF is a frame too. Call until `None`.
    ///
    /// Whether such a line is whole only its reader can tell.
    pub fn finish(&mut self) -> Option<Frame> {
        if let Some(frame) = self.next_frame() {
            return Some(frame);
        }
        if let Some(held) = self.mark.take()
            && let Line::Kept(kept) = &mut self.line
        {
            kept.extend_from_slice(BOM.get(..held).unwrap_or_default());
        }
        self.end_line(Bytes::new())
    }

    /// Bytes retained: the line begun, and chunks not searched yet.
    #[must_use]
    pub fn buffered(&self) -> usize {
        let kept = match &self.line {
            Line::Kept(kept) => kept.len(),
            Line::PassedOn { .. } => 0,
        };
        let found = self.found.iter().map(|frame| match frame {
            Frame::Line(bytes) | Frame::NotUtf8(bytes) | Frame::Piece(bytes) => bytes.len(),
            Frame::Overlong { .. } => 0,
        });
        let later = self.later.iter().map(Bytes::len);
        kept + self.chunk.len() + self.mark.unwrap_or(0) + found.sum::<usize>() + later.sum::<usize>()
    }

    /// Skips the byte order mark, which may come byte by byte.
    fn skip_mark(&mut self) {
        let held = self.mark.unwrap_or(0);
        let rest = BOM.get(held..).unwrap_or_default();
        let same = rest.iter().zip(&self.chunk).take_while(|(a, b)| a == b).count();
        if same == rest.len() {
            self.chunk.advance(same);
            self.mark = None;
        } else if same == self.chunk.len() {
            self.chunk.clear();
            self.mark = Some(held + same);
        } else {
            self.mark = None;
            if let Line::Kept(kept) = &mut self.line {
                kept.extend_from_slice(BOM.get(..held).unwrap_or_default());
            }
        }
    }

    /// `part` belongs to the line, and the line goes on.
    fn grow_line(&mut self, part: Bytes) -> Option<Frame> {
        if let Line::Kept(kept) = &mut self.line {
            let length = kept.len() + part.len();
            // The CR may belong to the line end; the next byte will tell.
            let surely = length - usize::from(part.last() == Some(&b'\r'));
            if self.max_line.is_none_or(|max| surely <= max) {
                kept.extend_from_slice(&part);
                return None;
            }
        }
        self.pass_on(part);
        self.found.pop_front()
    }

    /// `part` belongs to the line and ends it.
    fn end_line(&mut self, part: Bytes) -> Option<Frame> {
        if let Line::Kept(kept) = &mut self.line {
            let mut whole = if kept.is_empty() {
                part
            } else {
                kept.extend_from_slice(&part);
                mem::take(kept).freeze()
            };
            let length = whole.len() - usize::from(whole.last() == Some(&b'\r'));
            if self.max_line.is_none_or(|max| length <= max) {
                whole.truncate(length);
                return frame(whole);
            }
            self.pass_on(whole);
        } else {
            self.pass_on(part);
        }
        if let Line::PassedOn { length, ends_in_cr } = self.line {
            let length = length - u64::from(ends_in_cr);
            self.found.push_back(Frame::Overlong { length });
            self.line = Line::Kept(BytesMut::new());
        }
        self.found.pop_front()
    }

    /// The line is over-long: hands out what was kept of it, if this was not known before, and `part`.
    fn pass_on(&mut self, part: Bytes) {
        let (mut passed, mut cr) = (0, false);
        let kept = match &mut self.line {
            Line::Kept(kept) => mem::take(kept).freeze(),
            Line::PassedOn { length, ends_in_cr } => {
                (passed, cr) = (*length, *ends_in_cr);
                Bytes::new()
            }
        };
        for piece in [kept, part] {
            if let Some(last) = piece.last() {
                passed += piece.len() as u64;
                cr = *last == b'\r';
                self.found.push_back(Frame::Piece(piece));
            }
        }
        self.line = Line::PassedOn { length: passed, ends_in_cr: cr };
    }
}

/// The frame of a whole line; none for a blank one.
fn frame(line: Bytes) -> Option<Frame> {
    if line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
        return None;
    }
    // Nearly every line is ASCII, and that is seen sooner.
    let utf8 = line.is_ascii() || std::str::from_utf8(&line).is_ok();
    Some(if utf8 { Frame::Line(line) } else { Frame::NotUtf8(line) })
}

/// Appends one message and its line end.
///
/// A raw LF or CR inside the message becomes a space. In JSON these can only stand between tokens
/// (strings carry them escaped), so the message means the same, and one message is always one line.
pub fn encode<B: BufMut>(out: &mut B, message: &[u8]) {
    let mut rest = message;
    while let Some((line, after)) = memchr2(b'\n', b'\r', rest).and_then(|at| rest.split_at_checked(at)) {
        out.put_slice(line);
        out.put_u8(b' ');
        rest = after.get(1..).unwrap_or_default();
    }
    out.put_slice(rest);
    out.put_u8(b'\n');
}

/// Ends the message that was written into `out` from offset `from` on, as [`encode`] would have.
pub fn seal<B: BufMut + AsMut<[u8]>>(out: &mut B, from: usize) {
    flatten(out.as_mut().get_mut(from..).unwrap_or_default());
    out.put_u8(b'\n');
}

/// Makes a part of a message fit into a line, as [`encode`] would.
pub fn flatten(part: &mut [u8]) {
    let mut rest = part;
    while let Some(at) = memchr2(b'\n', b'\r', rest) {
        let Some((end, after)) = mem::take(&mut rest).get_mut(at..).and_then(<[u8]>::split_first_mut) else {
            break;
        };
        *end = b' ';
        rest = after;
    }
}

#[cfg(test)]
mod tests;
