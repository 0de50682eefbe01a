//! Method names.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::scan::Span;
use super::text::{inside, unescape};

/// The name of a method or the like: a string that is cheap to clone.
#[derive(Clone)]
pub struct Name(Text);

#[derive(Clone)]
enum Text {
    /// Written down in a program, or so common that it is as if.
    Static(&'static str),
    /// UTF-8, a part of what was read or by itself.
    Shared(Bytes),
}

/// Names that nearly all messages have: nothing needs to be kept of those messages for them.
const COMMON: [&str; 2] = ["tools/call", "notifications/progress"];

impl Name {
    /// A name written down in a program; allocates nothing.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        Self(Text::Static(name))
    }

    /// The string whose quoted text stands at `span` of a text that is UTF-8; None if it is not a string of Unicode text.
    pub(super) fn part(text: &Bytes, span: Span) -> Option<Self> {
        Self::of(text, span.of(text))
    }

    /// The string whose text is `quoted`, a part of `text`.
    pub(super) fn of(text: &Bytes, quoted: &[u8]) -> Option<Self> {
        let inside = inside(quoted)?;
        if let Some(common) = COMMON.iter().find(|common| common.as_bytes() == inside) {
            return Some(Self::from_static(common));
        }
        if memchr::memchr(b'\\', inside).is_none() {
            return Some(Self(Text::Shared(text.slice_ref(inside))));
        }
        unescape(inside).map(|name| Self::from(name.into_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Static(name) => name,
            Text::Shared(name) => std::str::from_utf8(name).unwrap_or_default(),
        }
    }

    fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Static(name) => name.as_bytes(),
            Text::Shared(name) => name,
        }
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self(Text::Shared(Bytes::copy_from_slice(name.as_bytes())))
    }
}

impl From<String> for Name {
    fn from(name: String) -> Self {
        Self(Text::Shared(name.into()))
    }
}

impl std::ops::Deref for Name {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

// All of these as `str` does, for `Borrow`.
impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_common_name_is_like_any_other() {
        let quoted = |name: &str| Bytes::from(format!("\"{name}\""));
        for name in COMMON.into_iter().chain(["tools/list", "tools/cal", ""]) {
            let text = quoted(name);
            let read = Name::of(&text, &text).expect(name);
            let others = [Name::from_static(COMMON[0]), Name::from(name), Name::from(name.to_owned())];
            assert_eq!(read.as_str(), name);
            assert_eq!(others.map(|other| other == read), [name == COMMON[0], true, true]);
            assert!(BTreeSet::from([read]).contains(name));
        }
        let escaped = Bytes::from_static(br#""tools\/call""#);
        assert_eq!(Name::of(&escaped, &escaped), Some(Name::from_static("tools/call")));
    }
}
