//! JSON objects whose members are known by place.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::raw::Raw;
use super::scan::{Flaw, MAX_TEXT, Scanner, Span};
use super::text::{excerpt, unescape};

/// Where one member stands, counted from the start of the object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Member {
    /// The name as written, between its quotes.
    key: Span,
    value: Span,
}

/// The members of one object, in order. Eight fit without an allocation.
#[derive(Debug, Clone)]
pub(super) struct Members {
    table: Table,
    /// Some name is written with escapes, so that names must be compared by what they mean.
    escaped: bool,
}

const FEW: usize = 8;
const EMPTY: Member = Member { key: Span::new(0, 0), value: Span::new(0, 0) };

#[derive(Debug, Clone)]
enum Table {
    Few { count: u8, members: [Member; FEW] },
    Many(Arc<Vec<Member>>),
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
                    self.table = Table::Many(Arc::new(many));
                }
            },
            Table::Many(many) => Arc::make_mut(many).push(member),
        }
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Member] {
        match &self.table {
            Table::Few { count, members } => members.get(..usize::from(*count)).unwrap_or_default(),
            Table::Many(many) => many,
        }
    }

    /// The value of a member. A name written with escapes is compared by what it means.
    pub(super) fn get(&self, object: &[u8], name: &str) -> Option<Span> {
        let is = |member: &&Member| {
            let key = member.key.of(object);
            if self.escaped { *meaning(key) == *name.as_bytes() } else { key == name.as_bytes() }
        };
        self.as_slice().iter().find(is).map(|member| member.value)
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
    members: Members,
}

impl Object {
    pub(super) const fn new(raw: Raw, members: Members) -> Self {
        Self { raw, members }
    }

    /// `{}`
    #[must_use]
    pub const fn empty() -> Self {
        Self { raw: Raw::empty_object(), members: Members::new() }
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
            None => Some(Self { raw, members }),
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
        self.members.as_slice().len()
    }

    /// Whether this is `{}`.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a member. Names are compared by what they mean, however they are written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Raw> {
        let span = self.members.get(self.raw.as_bytes(), name)?;
        Some(Raw::part(self.raw.bytes(), span))
    }

    /// The members in order. A name that is not Unicode text (a lone surrogate) comes as written.
    pub fn members(&self) -> impl Iterator<Item = (Cow<'_, str>, Raw)> {
        self.members.as_slice().iter().map(|member| {
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
