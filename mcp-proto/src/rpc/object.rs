//! JSON objects whose members are known by place.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::raw::Raw;
use super::scan::{Flaw, MAX_TEXT, Scanner, Span};
use super::text::{excerpt, inside, unescape};

/// Where one member stands, counted from the start of the object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Member {
    /// The name as written, between its quotes.
    key: Span,
    value: Span,
}

/// The members of one object, in order, as they are found. Eight fit without an allocation.
#[derive(Debug)]
pub(super) struct Members {
    table: Table,
    /// Some name is written with escapes, so that names must be compared by what they mean.
    escaped: bool,
}

const FEW: usize = 8;
const EMPTY: Member = Member { key: Span::new(0, 0), value: Span::new(0, 0) };

#[derive(Debug)]
enum Table {
    Few { count: u8, members: [Member; FEW] },
    Many(Vec<Member>),
}

impl Members {
    pub(super) const fn new() -> Self {
        Self { table: Table::Few { count: 0, members: [EMPTY; FEW] }, escaped: false }
    }

    /// The members of an object.
    pub(super) fn of(object: &Raw) -> Self {
        let mut members = Self::new();
        // Cannot fail: it was scanned before.
        _ = Scanner::new(object.as_bytes(), usize::MAX).object(&mut members);
        members
    }

    /// Forgets them.
    pub(super) fn clear(&mut self) {
        self.escaped = false;
        match &mut self.table {
            Table::Few { count, .. } => *count = 0,
            Table::Many(many) => many.clear(),
        }
    }

    /// Adds a member; `base` is where the object starts.
    #[inline]
    pub(super) fn push(&mut self, base: usize, key: Span, escaped: bool, value: Span) {
        let member = Member { key: key.within(base), value: value.within(base) };
        self.escaped |= escaped;
        match &mut self.table {
            Table::Few { count, members } => match members.get_mut(usize::from(*count)) {
                Some(free) => {
                    *free = member;
                    *count += 1;
                }
                None => {
                    let mut many = Vec::with_capacity(4 * FEW);
                    many.extend_from_slice(members);
                    many.push(member);
                    self.table = Table::Many(many);
                }
            },
            Table::Many(many) => many.push(member),
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Member] {
        match &self.table {
            Table::Few { count, members } => members.get(..usize::from(*count)).unwrap_or_default(),
            Table::Many(many) => many,
        }
    }

    /// A name that two members have, for a person to read.
    pub(super) fn duplicate(&self, object: &[u8]) -> Option<String> {
        let members = self.as_slice();
        if self.escaped || members.len() > FEW {
            return duplicate(members.iter().map(|member| member.key.of(object)));
        }
        let mut rest = members;
        while let Some((member, others)) = rest.split_first() {
            let key = member.key.of(object);
            if others.iter().any(|other| other.key.of(object) == key) {
                return Some(excerpt(key));
            }
            rest = others;
        }
        None
    }
}

/// A name that occurs twice, for a person to read. Sorts, so that many names take no quadratic time.
pub(super) fn duplicate<'a>(keys: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    let mut keys: Vec<_> = keys.map(meaning).collect();
    keys.sort_unstable();
    let twice = keys.array_windows().find(|[a, b]| a == b);
    twice.map(|[key, _]| excerpt(key))
}

/// What a name means; as written if it is not Unicode text.
fn meaning(key: &[u8]) -> Cow<'_, [u8]> {
    match unescape(key) {
        Some(Cow::Owned(text)) => Cow::Owned(text.into_bytes()),
        _ => Cow::Borrowed(key),
    }
}

impl Scanner<'_> {
    /// The object that starts here; the places of its members go into `members`.
    pub(super) fn object(&mut self, members: &mut Members) -> Result<Span, Flaw> {
        let start = self.offset();
        let mut more = self.enter_object()?;
        while more {
            let (key, escaped) = self.key_and_escapes()?;
            let value = self.value()?;
            members.push(start, key, escaped, value);
            more = self.another()?;
        }
        Ok(Span::new(start, self.offset()))
    }

    /// A member's name, and whether it is written with escapes.
    #[inline]
    pub(super) fn key_and_escapes(&mut self) -> Result<(Span, bool), Flaw> {
        self.escaped = false;
        let key = self.key()?;
        Ok((key, self.escaped))
    }
}

/// A JSON object, not parsed, whose members are found without another scan. No name occurs twice.
#[derive(Clone)]
pub struct Object {
    raw: Raw,
    /// None if there are none. Not held in place: messages are passed on by value from hand to hand.
    members: Option<Arc<[Member]>>,
    /// Some name is written with escapes.
    escaped: bool,
}

impl Object {
    /// `members` are those of `raw`.
    pub(super) fn new(raw: Raw, members: &Members) -> Self {
        let found = members.as_slice();
        let kept = if found.is_empty() { None } else { Some(found.into()) };
        Self { raw, members: kept, escaped: members.escaped }
    }

    /// `{}`
    #[must_use]
    pub const fn empty() -> Self {
        Self { raw: Raw::empty_object(), members: None, escaped: false }
    }

    /// None if this is not an object, or has two members of one name, or is longer than 4 GiB.
    #[must_use]
    pub fn from_raw(raw: Raw) -> Option<Self> {
        if !raw.is_object() || raw.as_bytes().len() > MAX_TEXT {
            return None;
        }
        let members = Members::of(&raw);
        match members.duplicate(raw.as_bytes()) {
            Some(_) => None,
            None => Some(Self::new(raw, &members)),
        }
    }

    /// The text.
    #[must_use]
    pub const fn raw(&self) -> &Raw {
        &self.raw
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places().len()
    }

    fn places(&self) -> &[Member] {
        self.members.as_deref().unwrap_or_default()
    }

    /// Where the value of a member stands. A name written with escapes is compared by what it means.
    fn find(&self, name: &str) -> Option<Span> {
        let object = self.raw.as_bytes();
        let is = |member: &&Member| {
            let key = member.key.of(object);
            if self.escaped { *meaning(key) == *name.as_bytes() } else { key == name.as_bytes() }
        };
        self.places().iter().find(is).map(|member| member.value)
    }

    /// Whether this is `{}`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a member. Names are compared by what they mean, however they are written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Raw> {
        self.find(name).map(|span| Raw::part(self.raw.bytes(), span))
    }

    /// The text of a member's value: [`get`](Self::get) for those who only look.
    pub(crate) fn text_of(&self, name: &str) -> Option<&[u8]> {
        self.find(name).map(|span| span.of(self.raw.as_bytes()))
    }

    /// The string that a member's value is, if it is one.
    pub(crate) fn string(&self, name: &str) -> Option<Cow<'_, str>> {
        self.text_of(name).and_then(inside).and_then(unescape)
    }

    /// The members in order. A name that is not Unicode text (a lone surrogate) comes as written.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'_, str>, Raw)> {
        self.places().iter().map(|member| {
            let key = member.key.of(self.raw.as_bytes());
            let name = unescape(key).unwrap_or_else(|| String::from_utf8_lossy(key));
            (name, Raw::part(self.raw.bytes(), member.value))
        })
    }
}

/// By text.
impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl Eq for Object {}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.raw.fmt(f)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
