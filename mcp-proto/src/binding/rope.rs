//! Bytes to be written: small ones side by side, large payloads by themselves, where they are.

use super::queue::Queue;
use crate::rpc::write::Sink;
use crate::wire::ndjson;
use bytes::{Bytes, BytesMut};
use memchr::memchr2;
use std::mem;

/// Messages on their way to the peer, each a line.
#[derive(Debug)]
pub(crate) struct Rope {
    /// What comes before `tail`.
    pieces: Queue<Bytes>,
    /// Bytes of the pieces.
    before: usize,
    /// Small messages, and the ends of large ones. Its room goes along with its bytes and is free when they are
    /// written, so that a connection on which nothing is said has none.
    tail: BytesMut,
    /// Where in `tail` the message that is being written begins, or goes on behind a piece.
    open: usize,
    /// Whether room is kept: then one call after the other uses the same.
    keeps: bool,
    /// How much room is made at first: as much as was needed last, since growing copies.
    usual: usize,
}

/// A place between two messages.
#[derive(Debug)]
pub(super) struct Mark {
    pieces: usize,
    before: usize,
    tail: usize,
}

impl Rope {
    /// From so many bytes on a payload is not copied. It costs two more writes, which have to be worth it.
    pub(super) const LARGE: usize = 64 * 1024;
    /// So much of it is copied nevertheless, behind what comes before it and in front of what comes after.
    const FIRST: usize = 32 * 1024;
    const LAST: usize = 1024;
    /// The room that is made at first.
    const LEAST: usize = 512;
    const MOST: usize = 32 * 1024;
    /// For what comes behind a payload.
    const END: usize = 64;

    /// One that may keep its room while nothing is said. Thousands of connections should not, a few may.
    pub(super) fn that_keeps_room(keeps: bool) -> Self {
        Self { keeps, ..Self::new() }
    }

    pub(super) fn new() -> Self {
        Self { keeps: false, pieces: Queue::new(), before: 0, tail: BytesMut::new(), open: 0, usual: Self::LEAST }
    }

    /// Bytes in it.
    pub(super) fn len(&self) -> usize {
        self.before + self.tail.len()
    }

    /// Begins a message.
    pub(super) fn begin(&mut self) -> Mark {
        if self.keeps && self.tail.capacity() - self.tail.len() < Self::LEAST {
            // What is written by now is used again.
            self.tail.reserve(Self::MOST);
        } else if self.tail.capacity() == 0 {
            self.tail.reserve(self.usual);
        }
        self.open = self.tail.len();
        Mark { pieces: self.pieces.len(), before: self.before, tail: self.open }
    }

    /// Bytes written since the mark.
    pub(super) fn since(&self, mark: &Mark) -> usize {
        self.len() - mark.before - mark.tail
    }

    /// Ends the message, and its line.
    pub(super) fn end(&mut self) {
        ndjson::seal(&mut self.tail, self.open);
    }

    /// The last message, which was begun at the mark and has ended: its parts, without the line end.
    pub(super) fn written(&self, mark: &Mark) -> impl Iterator<Item = &[u8]> {
        // What was in `tail` before the message has become the beginning of its first piece, if it has any.
        let pieces = (mark.pieces..self.pieces.len()).filter_map(|at| self.pieces.get(at));
        let last = self.tail.strip_suffix(b"\n").unwrap_or(&self.tail);
        let parts = pieces.map(|piece| &piece[..]).chain([last]);
        parts.enumerate().map(|(at, part)| if at == 0 { part.get(mark.tail..).unwrap_or_default() } else { part })
    }

    /// Takes back what was written since the mark.
    pub(super) fn back(&mut self, mark: &Mark) {
        if let Some(piece) = self.pieces.get(mark.pieces) {
            // What was in `tail` before the message has become the beginning of a piece.
            self.tail = piece.get(..mark.tail).unwrap_or_default().into();
        }
        self.tail.truncate(mark.tail);
        self.pieces.truncate(mark.pieces);
        self.before = mark.before;
        if self.tail.is_empty() {
            self.tail = BytesMut::new();
        }
    }

    /// Takes the next bytes out.
    pub(super) fn pop(&mut self) -> Option<Bytes> {
        if let Some(piece) = self.pieces.pop() {
            self.before -= piece.len();
            return Some(piece);
        }
        if self.tail.is_empty() {
            return None;
        }
        if self.keeps {
            return Some(self.tail.split().freeze());
        }
        self.usual = (self.tail.len() + Self::END).clamp(Self::LEAST, Self::MOST);
        Some(mem::take(&mut self.tail).freeze())
    }

    /// All of it, in one.
    pub(super) fn into_bytes(mut self) -> Bytes {
        if self.pieces.is_empty() {
            return self.tail.freeze();
        }
        let mut whole = BytesMut::with_capacity(self.len());
        while let Some(piece) = self.pop() {
            whole.extend_from_slice(&piece);
        }
        whole.freeze()
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::that_keeps_room(self.keeps);
    }
}

impl Sink for Rope {
    type Text = BytesMut;

    fn text(&mut self) -> &mut BytesMut {
        &mut self.tail
    }

    fn payload(&mut self, whole: &Bytes, part: &[u8]) {
        // A line end within has to be written over, and the payload may be somebody else's, too.
        if part.len() < Self::LARGE || memchr2(b'\n', b'\r', part).is_some() {
            self.tail.reserve(part.len() + Self::END);
            self.tail.extend_from_slice(part);
            return;
        }
        // What stands around it goes out with its ends, and not by itself.
        let (first, rest) = part.split_at_checked(Self::FIRST).unwrap_or((part, &[]));
        let (middle, last) = rest.split_last_chunk::<{ Self::LAST }>().map_or((rest, &[][..]), |(m, l)| (m, &l[..]));
        self.tail.reserve(first.len());
        self.tail.extend_from_slice(first);
        ndjson::flatten(self.tail.get_mut(self.open..).unwrap_or_default());
        for piece in [mem::take(&mut self.tail).freeze(), whole.slice_ref(middle)] {
            self.before += piece.len();
            self.pieces.push(piece);
        }
        self.tail.reserve(last.len() + Self::END);
        self.tail.extend_from_slice(last);
        self.open = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::{Id, Raw, splice, write};

    /// Writes messages with bodies of these sizes into a rope and into one buffer: they are the same.
    fn check(sizes: &[usize], within: &str, expect_pieces: usize) {
        let (mut rope, mut plain) = (Rope::new(), BytesMut::new());
        for (number, size) in sizes.iter().enumerate() {
            let id = Id::from(i64::try_from(number).unwrap());
            let text = format!("{{{within}\"a\":\"{}\"}}", "x".repeat(*size));
            let body = Raw::new(text, 9).unwrap();
            let first = |w: &mut BytesMut| w.extend_from_slice(b"\"first\":1");
            let mark = rope.begin();
            let begin = plain.len();
            if number % 2 == 0 {
                write::result(&mut rope, &id, &body);
                write::result(&mut plain, &id, &body);
            } else {
                splice::result_with(&mut rope, &id, &body, first);
                splice::result_with(&mut plain, &id, &body, first);
            }
            assert_eq!(rope.since(&mark), plain.len() - begin);
            rope.end();
            ndjson::seal(&mut plain, begin);
            // One that is taken back leaves nothing.
            let mark = rope.begin();
            splice::result_with(&mut rope, &id, &body, first);
            rope.back(&mark);
            assert_eq!(rope.len(), plain.len());
            let mut alone = Rope::new();
            write::result(&mut alone, &id, &body);
            let mut expect = Vec::new();
            write::result(&mut expect, &id, &body);
            assert!(alone.into_bytes() == expect);
        }
        let pieces: Vec<Bytes> = std::iter::from_fn(|| rope.pop()).collect();
        assert_eq!(pieces.len(), expect_pieces, "{sizes:?}");
        assert!(pieces.concat() == plain, "{sizes:?} {within:?}");
        assert_eq!((rope.len(), rope.tail.capacity(), rope.pieces.len()), (0, 0, 0));
    }

    #[test]
    fn a_rope_says_what_one_buffer_says() {
        const LARGE: usize = Rope::LARGE;
        check(&[], "", 0);
        check(&[0, 1, 10_000], "", 1);
        check(&[LARGE], "", 3);
        check(&[LARGE, LARGE], "", 5);
        check(&[1, LARGE, 1, 2, LARGE, 3], "", 5);
        // Around the bound: what the braces leave counts.
        for size in LARGE - 20..LARGE {
            let mut rope = Rope::new();
            let body = Raw::new(format!("\"{}\"", "x".repeat(size - 2)), 9).unwrap();
            rope.payload(body.bytes(), body.as_bytes());
            assert_eq!((rope.pieces.len(), rope.len()), (0, size));
        }
        // Line ends within a body are made spaces, also where it is large.
        check(&[1, 100], "\n\r", 1);
        check(&[LARGE, 1, LARGE], " \r\n", 1);
    }

    #[test]
    fn a_large_payload_is_not_copied() {
        let mut rope = Rope::new();
        let body = Raw::new(format!("{{\"a\":\"{}\"}}", "x".repeat(Rope::LARGE)), 9).unwrap();
        rope.begin();
        write::result(&mut rope, &Id::from(1), &body);
        rope.end();
        let pieces: Vec<Bytes> = std::iter::from_fn(|| rope.pop()).collect();
        let within = body.as_bytes().as_ptr_range();
        let shared: Vec<bool> = pieces.iter().map(|piece| within.contains(&piece.as_ptr())).collect();
        assert_eq!(shared, [false, true, false]);
        assert_eq!(pieces[1].len(), body.as_bytes().len() - Rope::FIRST - Rope::LAST);
    }
}
