//! A strict JSON scanner: checks the grammar of RFC 8259 and says where values end. Builds nothing.

mod kinds;
mod string;

use kinds::Kinds;

/// Where something stands in the scanned text. 32 bits keep tables of members small; longer texts are
/// not scanned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

/// The longest text that is scanned, in bytes.
pub(super) const MAX_TEXT: usize = u32::MAX as usize;

impl Span {
    #[inline]
    pub(super) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The same place, counted from `base`.
    #[inline]
    pub(super) const fn within(self, base: usize) -> Self {
        let base = base as u32;
        Self { start: self.start.wrapping_sub(base), end: self.end.wrapping_sub(base) }
    }

    /// The bytes meant, in the text that was scanned.
    pub(super) fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    End,
    Value,
    Key,
    Colon,
    Separator,
    Number,
    Literal,
    Escape,
    Control,
    Trailing,
    TooDeep,
    TooLong,
}

impl Flaw {
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::End => "the text ends too early",
            Self::Value => "a value should stand here",
            Self::Key => "a member name should stand here",
            Self::Colon => "a colon should stand here",
            Self::Separator => "a comma or a closing bracket should stand here",
            Self::Number => "malformed number",
            Self::Literal => "unknown literal",
            Self::Escape => "malformed escape",
            Self::Control => "control character in a string",
            Self::Trailing => "text after the value",
            Self::TooDeep => "nested too deeply",
            Self::TooLong => "longer than 4 GiB",
        }
    }
}

/// Walks once over a text. Not recursive: depth costs one bit.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    max_depth: usize,
    kinds: Kinds,
    /// Every byte inside a string, or-ed together.
    strings: u64,
    /// Whether a string seen since this was last cleared has escapes.
    pub(super) escaped: bool,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8], max_depth: usize) -> Self {
        Self::starting_at(text, 0, max_depth)
    }

    pub(super) fn starting_at(text: &'a [u8], at: usize, max_depth: usize) -> Self {
        Self { text, at, depth: 0, max_depth, kinds: Kinds::default(), strings: 0, escaped: false }
    }

    /// Offset of the next byte; after a flaw, where it is.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    /// The bytes at a span of the text.
    pub(super) fn at_span(&self, span: Span) -> &'a [u8] {
        span.of(self.text)
    }

    /// Whether all strings seen are ASCII. Elsewhere the grammar allows nothing else.
    pub(super) fn is_ascii(&self) -> bool {
        self.strings & string::HIGH == 0
    }

    /// The next byte after white space.
    #[inline]
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    #[inline]
    fn flaw<T>(&self, flaw: Flaw) -> Result<T, Flaw> {
        Err(if self.at < self.text.len() { flaw } else { Flaw::End })
    }

    /// After the value: nothing but white space may follow.
    pub(super) fn end(&mut self) -> Result<(), Flaw> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(Flaw::Trailing),
        }
    }

    /// Enters the object that starts here. False when it is empty, and then left again.
    pub(super) fn enter_object(&mut self) -> Result<bool, Flaw> {
        self.deeper()?;
        self.at += 1;
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// A member's name, between its quotes, and the colon.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Span, Flaw> {
        if self.peek() != Some(b'"') {
            return self.flaw(Flaw::Key);
        }
        let start = self.at + 1;
        self.string()?;
        let end = self.at - 1;
        if self.peek() != Some(b':') {
            return self.flaw(Flaw::Colon);
        }
        self.at += 1;
        Ok(Span::new(start, end))
    }

    /// After a member of an entered object: whether another follows. If not, the object is left.
    #[inline]
    pub(super) fn another(&mut self) -> Result<bool, Flaw> {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(true)
            }
            Some(b'}') => {
                self.at += 1;
                self.depth -= 1;
                Ok(false)
            }
            _ => self.flaw(Flaw::Separator),
        }
    }

    /// One value of any kind.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Span, Flaw> {
        let first = self.peek();
        let start = self.at;
        match first {
            Some(b'"') => self.string()?,
            _ => self.walk(first)?,
        }
        Ok(Span::new(start, self.at))
    }

    /// The value that starts here with `first`, and all that is inside it.
    fn walk(&mut self, first: Option<u8>) -> Result<(), Flaw> {
        let outside = self.depth;
        let mut next = first;
        'value: loop {
            match next {
                Some(b'"') => self.string()?,
                Some(b'{') => {
                    self.open(true)?;
                    if self.peek() == Some(b'}') {
                        self.close();
                    } else {
                        self.key()?;
                        next = self.peek();
                        continue;
                    }
                }
                Some(b'[') => {
                    self.open(false)?;
                    next = self.peek();
                    if next == Some(b']') {
                        self.close();
                    } else {
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                _ => return self.flaw(Flaw::Value),
            }
            while self.depth > outside {
                let object = self.kinds.object();
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if object {
                            self.key()?;
                        }
                        next = self.peek();
                        continue 'value;
                    }
                    Some(b'}') if object => self.close(),
                    Some(b']') if !object => self.close(),
                    _ => return self.flaw(Flaw::Separator),
                }
            }
            return Ok(());
        }
    }

    #[inline]
    fn deeper(&mut self) -> Result<(), Flaw> {
        if self.depth >= self.max_depth {
            return Err(Flaw::TooDeep);
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    fn open(&mut self, object: bool) -> Result<(), Flaw> {
        self.deeper()?;
        self.kinds.push(object);
        self.at += 1;
        Ok(())
    }

    #[inline]
    fn close(&mut self) {
        self.at += 1;
        self.depth -= 1;
        self.kinds.pop();
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Flaw> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let same = rest.iter().zip(word).take_while(|(a, b)| a == b).count();
        self.at += same;
        if same == word.len() { Ok(()) } else { self.flaw(Flaw::Literal) }
    }

    fn number(&mut self) -> Result<(), Flaw> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        match self.byte() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if let Some(b'0'..=b'9') = self.byte() {
            return Err(Flaw::Number);
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// One digit or more.
    fn digits(&mut self) -> Result<(), Flaw> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { self.flaw(Flaw::Number) } else { Ok(()) }
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

/// Whether `text` is exactly one JSON value, as far as grammar goes (UTF-8 is not looked at).
pub(super) fn whole(text: &[u8], max_depth: usize) -> Result<Span, (Flaw, usize)> {
    if text.len() > MAX_TEXT {
        return Err((Flaw::TooLong, 0));
    }
    let mut scanner = Scanner::new(text, max_depth);
    let span = scanner.value().and_then(|span| scanner.end().map(|()| span));
    span.map_err(|flaw| (flaw, scanner.offset()))
}

#[cfg(test)]
pub(super) mod tests;
