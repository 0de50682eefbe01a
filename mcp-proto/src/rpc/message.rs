//! What a line says.

use bytes::Bytes;

use super::error::ErrorObject;
use super::id::Id;
use super::name::Name;
use super::object::{self, Members, Object};
use super::raw::Raw;
use super::refusal::{Refused, Violation};
use super::salvage::Salvage;
use super::scan::{Flaw, MAX_TEXT, Scanner, Span};
use super::text::{inside, unescape};

/// How deeply a message may be nested, unless configured otherwise. The message itself is level 1.
pub const MAX_DEPTH: usize = 128;

/// One JSON-RPC message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// Wants an answer: has a method and an id, whatever the method's name.
    Request {
        /// To be repeated in the answer.
        id: Id,
        /// What is asked for.
        method: Name,
        /// With what.
        params: Option<Object>,
    },
    /// Is never answered.
    Notification {
        /// What happened.
        method: Name,
        /// With what.
        params: Option<Object>,
    },
    /// A request succeeded.
    Response {
        /// Of that request.
        id: Id,
        /// What came of it.
        result: Object,
    },
    /// A request failed.
    Error {
        /// Of that request; None if the peer could not read it (absent, or null).
        id: Option<Id>,
        /// Why.
        error: ErrorObject,
    },
    /// Several messages in an array, at least one. Whether that is legal depends on the revision.
    Batch(Batch),
}

/// The elements of a batch, not classified yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch(Raw);

impl Batch {
    /// The whole array.
    #[must_use]
    pub const fn raw(&self) -> &Raw {
        &self.0
    }

    /// The elements, each to be classified by itself. Any of them may be no message.
    #[must_use]
    pub fn elements(&self) -> Elements {
        // Each round starts behind the opening bracket or a comma.
        Elements { text: self.0.bytes().clone(), at: 1 }
    }
}

/// The elements of a [`Batch`], one after the other.
#[derive(Debug, Clone)]
pub struct Elements {
    text: Bytes,
    at: usize,
}

impl Iterator for Elements {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let mut scanner = Scanner::starting_at(&self.text, self.at, usize::MAX);
        let span = scanner.value().ok()?;
        scanner.peek();
        self.at = scanner.offset() + 1;
        Some(self.text.slice_ref(span.of(&self.text)))
    }
}

/// Reads one message: the whole text, nothing else, at most `max_depth` levels deep.
///
/// Strict: RFC 8259 grammar, UTF-8, `"jsonrpc":"2.0"`, exactly one of method, result and error, params
/// and result are objects, no member twice at the top or in the payload. Unknown members at the top are
/// ignored.
///
/// # Errors
/// What is wrong, and what id it has as far as that can be read.
pub fn classify(line: &Bytes, max_depth: usize) -> Result<Message, Refused> {
    read(line, max_depth).map_err(|why| Refused::new(why, Salvage::of(line)))
}

/// The members of a message that JSON-RPC knows.
struct Envelope {
    jsonrpc: Option<Span>,
    id: Option<Span>,
    method: Option<Span>,
    params: Option<Span>,
    result: Option<Span>,
    error: Option<Span>,
    /// The members of the last of the three above that is an object, and which one that is. More than
    /// one is hardly ever there, and never legal together.
    inner: Members,
    inner_of: Span,
    /// A known member that came a second time.
    twice: Option<Span>,
    /// The names of the members that are not known.
    unknown: Vec<Span>,
}

enum Shape {
    Envelope,
    Batch(Span),
    Other,
}

fn read(line: &Bytes, max_depth: usize) -> Result<Message, Violation> {
    if line.len() > MAX_TEXT {
        return Err(Violation::TooLong { length: line.len() as u64, limit: MAX_TEXT as u64 });
    }
    let mut scanner = Scanner::new(line, max_depth);
    let mut envelope = Envelope::new();
    let shape = scan(&mut scanner, &mut envelope);
    // Bytes beyond ASCII can only stand inside strings, or be the flaw.
    if (shape.is_err() || !scanner.is_ascii()) && std::str::from_utf8(line).is_err() {
        return Err(Violation::NotUtf8);
    }
    match shape {
        Ok(Shape::Envelope) => envelope.decide(line),
        Ok(Shape::Batch(span)) => {
            let raw = Raw::part(line, span);
            let mut elements = Scanner::starting_at(raw.as_bytes(), 1, 0);
            match elements.peek() {
                Some(b']') => Err(Violation::EmptyBatch),
                _ => Ok(Message::Batch(Batch(raw))),
            }
        }
        Ok(Shape::Other) => Err(Violation::NotAnObject),
        Err(Flaw::TooDeep) => Err(Violation::TooDeep { limit: max_depth }),
        Err(flaw) => Err(Violation::NotJson { offset: scanner.offset(), reason: flaw.reason() }),
    }
}

/// The one pass.
fn scan(scanner: &mut Scanner<'_>, envelope: &mut Envelope) -> Result<Shape, Flaw> {
    let shape = match scanner.peek() {
        Some(b'{') => {
            envelope.scan(scanner)?;
            Shape::Envelope
        }
        Some(b'[') => Shape::Batch(scanner.value()?),
        _ => {
            scanner.value()?;
            Shape::Other
        }
    };
    scanner.end()?;
    Ok(shape)
}

impl Envelope {
    const fn new() -> Self {
        Self {
            jsonrpc: None,
            id: None,
            method: None,
            params: None,
            result: None,
            error: None,
            inner: Members::new(),
            inner_of: Span::new(0, 0),
            twice: None,
            unknown: Vec::new(),
        }
    }

    fn scan(&mut self, scanner: &mut Scanner<'_>) -> Result<(), Flaw> {
        let mut more = scanner.enter_object()?;
        while more {
            let (key, escaped) = scanner.key_and_escapes()?;
            self.member(scanner, key, escaped)?;
            more = scanner.another()?;
        }
        Ok(())
    }

    fn member(&mut self, scanner: &mut Scanner<'_>, key: Span, escaped: bool) -> Result<(), Flaw> {
        let name = scanner.at_span(key);
        let meaning = if escaped { unescape(name) } else { None };
        let (slot, payload) = match meaning.as_ref().map_or(name, |name| name.as_bytes()) {
            b"jsonrpc" => (&mut self.jsonrpc, false),
            b"id" => (&mut self.id, false),
            b"method" => (&mut self.method, false),
            b"params" => (&mut self.params, true),
            b"result" => (&mut self.result, true),
            b"error" => (&mut self.error, true),
            _ => {
                self.unknown.push(key);
                scanner.value()?;
                return Ok(());
            }
        };
        let value = if payload && scanner.peek() == Some(b'{') {
            self.inner.clear();
            self.inner_of = scanner.object(&mut self.inner)?;
            self.inner_of
        } else {
            scanner.value()?
        };
        if slot.replace(value).is_some() {
            self.twice = Some(key);
        }
        Ok(())
    }

    /// The payload at `span`, if it is an object that has no member twice.
    fn object(&self, line: &Bytes, span: Span, otherwise: Violation) -> Result<Object, Violation> {
        let raw = Raw::part(line, span);
        if !raw.is_object() {
            return Err(otherwise);
        }
        let scanned;
        let members = if self.inner_of == span {
            &self.inner
        } else {
            scanned = Members::of(&raw);
            &scanned
        };
        match members.duplicate(raw.as_bytes()) {
            Some(name) => Err(Violation::DuplicateMember(name)),
            None => Ok(Object::new(raw, members)),
        }
    }

    /// A name that occurs twice, for a person to read.
    fn duplicate(&self, line: &[u8]) -> Option<String> {
        match self.twice {
            Some(key) => object::duplicate([key, key].into_iter().map(|key| key.of(line))),
            None if self.unknown.is_empty() => None,
            None => object::duplicate(self.unknown.iter().map(|key| key.of(line))),
        }
    }

    /// What kind of message this is, or why it is none.
    fn decide(&self, line: &Bytes) -> Result<Message, Violation> {
        if let Some(name) = self.duplicate(line) {
            return Err(Violation::DuplicateMember(name));
        }
        if !self.jsonrpc.is_some_and(|span| is_version(span.of(line))) {
            return Err(Violation::Version);
        }
        let id = self.id.map(|span| span.of(line));
        let legal = |id: &[u8]| Id::from_text(id).ok_or(Violation::BadId);
        match (self.method, self.result, self.error) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => Err(Violation::BothMethodAndAnswer),
            (None, Some(_), Some(_)) => Err(Violation::BothResultAndError),
            (None, None, None) => Err(Violation::Neither),
            (Some(method), None, None) => {
                let id = id.map(legal).transpose()?;
                let method = Name::part(line, method).ok_or(Violation::BadMethod)?;
                let params = match self.params {
                    Some(span) => Some(self.object(line, span, Violation::BadParams)?),
                    None => None,
                };
                Ok(match id {
                    Some(id) => Message::Request { id, method, params },
                    None => Message::Notification { method, params },
                })
            }
            (None, Some(result), None) => {
                let id = id.ok_or(Violation::BadId).and_then(legal)?;
                let result = self.object(line, result, Violation::BadResult)?;
                Ok(Message::Response { id, result })
            }
            (None, None, Some(error)) => {
                let id = id.filter(|id| *id != b"null").map(legal).transpose()?;
                let error = self.object(line, error, Violation::BadError)?;
                let error = ErrorObject::from_object(&error).ok_or(Violation::BadError)?;
                Ok(Message::Error { id, error })
            }
        }
    }
}

fn is_version(text: &[u8]) -> bool {
    text == b"\"2.0\"" || inside(text).and_then(unescape).is_some_and(|version| version == "2.0")
}

#[cfg(test)]
mod tests;
