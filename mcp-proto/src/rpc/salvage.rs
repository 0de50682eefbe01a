//! Reading the id of a message that is not one.

use std::mem;

use memchr::memchr2;

use super::id::{Id, MAX_ID};
use super::text::{inside, unescape};

/// Looks for the id of a message that cannot be read as a whole: over-long, broken, not UTF-8, nested
/// without end. Takes it in pieces, stores at most one name or id of it.
///
/// Only structure is looked at: strings, brackets, and at the top level commas and colons. An id deeper
/// down, or inside a string, is never taken for the message's own.
///
/// ```
/// use mcp_proto::rpc::{Id, Salvage};
///
/// let mut salvage = Salvage::new();
/// salvage.push(br#"{"method":"tools/call","params":{"id":1,"broken":tru"#);
/// salvage.push(br#"e]},"id":"a-7"}"#);
/// let found = salvage.finish();
/// assert_eq!((found.id, found.method), (Some(Id::from("a-7")), true));
/// ```
#[derive(Debug)]
pub struct Salvage {
    place: Place,
    /// Braces and brackets open. Counted apart, so that a stray one of either kind does not lift what
    /// is inside the other to the top.
    braces: u64,
    brackets: u64,
    in_string: bool,
    escape: bool,
    /// The name, or the id, that is being read.
    token: Token,
    /// Whether the value being read is the id.
    at_id: bool,
    has_id: bool,
    /// The id read, if legal.
    id: Option<Id>,
    /// Two ids that differ are none.
    ambiguous: bool,
    method: bool,
    response: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    Name,
    Value,
    Over,
}

/// Text between two marks of structure, without the white space around it.
#[derive(Debug, Default)]
struct Token {
    text: Vec<u8>,
    spaced: bool,
    spoilt: bool,
}

impl Token {
    fn push(&mut self, bytes: &[u8]) {
        // White space inside spoils a name or an id; one space will do.
        if mem::take(&mut self.spaced) {
            self.append(b" ");
        }
        self.append(bytes);
    }

    fn append(&mut self, bytes: &[u8]) {
        if self.text.len() + bytes.len() > MAX_ID {
            self.spoilt = true;
        } else {
            self.text.extend_from_slice(bytes);
        }
    }

    fn space(&mut self) {
        self.spaced = !self.text.is_empty();
    }

    fn clear(&mut self) {
        self.text.clear();
        self.spaced = false;
        self.spoilt = false;
    }

    fn whole(&self) -> Option<&[u8]> {
        (!self.spoilt).then_some(&*self.text)
    }
}

/// What a [`Salvage`] found at the top level.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Salvaged {
    /// The id, if there is exactly one value for it, and that is legal.
    pub id: Option<Id>,
    /// Whether there was an `id` member, whatever its value.
    pub has_id: bool,
    /// Whether there was a `method`.
    pub method: bool,
    /// Whether there was a `result` or an `error`.
    pub response: bool,
}

impl Default for Salvage {
    fn default() -> Self {
        Self::new()
    }
}

impl Salvage {
    /// Before the first byte of a message.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            place: Place::Start,
            braces: 0,
            brackets: 0,
            in_string: false,
            escape: false,
            token: Token { text: Vec::new(), spaced: false, spoilt: false },
            at_id: false,
            has_id: false,
            id: None,
            ambiguous: false,
            method: false,
            response: false,
        }
    }

    /// The whole message in one piece.
    #[must_use]
    pub fn of(message: &[u8]) -> Salvaged {
        let mut salvage = Self::new();
        salvage.push(message);
        salvage.finish()
    }

    /// The next piece of the message.
    pub fn push(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && self.place != Place::Over {
            rest = if self.in_string {
                self.string(rest)
            } else if self.at_top() {
                self.top(rest)
            } else {
                self.nested(rest)
            };
        }
    }

    /// The message has ended.
    #[must_use]
    pub fn finish(mut self) -> Salvaged {
        // Of a number that nothing follows, digits may be missing.
        if !self.token.spaced && self.token.text.last() != Some(&b'"') {
            self.token.spoilt = true;
        }
        self.end_value();
        Salvaged {
            id: self.id.filter(|_| !self.ambiguous),
            has_id: self.has_id,
            method: self.method,
            response: self.response,
        }
    }

    const fn at_top(&self) -> bool {
        self.braces <= 1 && self.brackets == 0
    }

    /// Whether what is read now is kept.
    fn keeps(&self) -> bool {
        self.place == Place::Name || self.at_id
    }

    fn string<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let taken = if mem::take(&mut self.escape) {
            1
        } else {
            match memchr2(b'"', b'\\', text) {
                None => text.len(),
                Some(at) => {
                    self.escape = text.get(at) == Some(&b'\\');
                    self.in_string = self.escape;
                    at + 1
                }
            }
        };
        let (taken, rest) = text.split_at_checked(taken).unwrap_or((text, &[]));
        if self.keeps() {
            self.token.push(taken);
        }
        rest
    }

    /// Inside params, result and the like: only strings and brackets matter.
    fn nested<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let mut rest = text;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'"' => self.in_string = true,
                b'{' => self.braces += 1,
                b'[' => self.brackets += 1,
                b'}' => self.braces -= 1,
                b']' => self.brackets = self.brackets.saturating_sub(1),
                _ => continue,
            }
            if self.in_string || self.braces == 0 || self.at_top() {
                break;
            }
        }
        if self.braces == 0 {
            self.place = Place::Over;
        }
        rest
    }

    fn top<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let Some((byte, rest)) = text.split_first() else {
            return text;
        };
        match (self.place, byte) {
            // Or a byte order mark, where none may stand.
            (Place::Start, b' ' | b'\t' | b'\r' | b'\n' | 0xEF | 0xBB | 0xBF) => {}
            (Place::Start, b'{') => {
                self.braces = 1;
                self.place = Place::Name;
            }
            (Place::Start | Place::Over, _) => self.place = Place::Over,
            (Place::Name, b':') => self.end_name(),
            (Place::Value, b',') => {
                self.end_value();
                self.place = Place::Name;
            }
            (Place::Name, b',') => self.token.clear(),
            (place, b'}') => {
                if place == Place::Value {
                    self.end_value();
                }
                self.place = Place::Over;
            }
            (_, b' ' | b'\t' | b'\r' | b'\n') => self.token.space(),
            (_, byte) => {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' => self.braces += 1,
                    b'[' => self.brackets += 1,
                    _ => {}
                }
                if self.keeps() {
                    self.token.push(&[*byte]);
                }
            }
        }
        rest
    }

    fn end_name(&mut self) {
        let name = self.token.whole().and_then(inside).and_then(unescape);
        match name.as_deref() {
            Some("id") => self.at_id = true,
            Some("method") => self.method = true,
            Some("result" | "error") => self.response = true,
            _ => {}
        }
        self.token.clear();
        self.place = Place::Value;
    }

    fn end_value(&mut self) {
        if mem::take(&mut self.at_id) {
            let id = self.token.whole().and_then(Id::from_untrusted);
            self.ambiguous |= self.has_id && self.id != id;
            self.has_id = true;
            self.id = id;
        }
        self.token.clear();
    }
}

#[cfg(test)]
mod tests;
