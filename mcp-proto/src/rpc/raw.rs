//! JSON text that nobody has parsed yet.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::name::Name;
use super::refusal::Violation;
use super::scan::{self, Flaw, Span};
use super::text::{self, excerpt};

/// The text of one JSON value: valid, UTF-8, nothing around it. A slice of the chunk it came in, so a
/// clone is cheap, and keeps that chunk alive.
///
/// Compares by text, not by value. `Debug` shows at most 64 bytes, escaped.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Raw(Bytes);

impl Raw {
    /// Checks that `text` is one JSON value, at most `max_depth` levels deep. White space around it is
    /// cut off.
    ///
    /// # Errors
    /// [`Violation::NotUtf8`], [`Violation::NotJson`] or [`Violation::TooDeep`].
    pub fn new(text: impl Into<Bytes>, max_depth: usize) -> Result<Self, Violation> {
        let text = text.into();
        if std::str::from_utf8(&text).is_err() {
            return Err(Violation::NotUtf8);
        }
        match scan::whole(&text, max_depth) {
            Ok(span) => Ok(Self::part(&text, span)),
            Err((Flaw::TooDeep, _)) => Err(Violation::TooDeep { limit: max_depth }),
            Err((flaw, offset)) => Err(Violation::NotJson { offset, reason: flaw.reason() }),
        }
    }

    /// As [`Self::new`], for text written down in a program.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn from_static(text: &'static str) -> Result<Self, Violation> {
        Self::new(Bytes::from_static(text.as_bytes()), super::MAX_DEPTH)
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// What `value` cannot express in JSON, such as a map with keys that are not strings.
    pub fn from_serialize<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        Self::from_serialize_sized(value, 0)
    }

    /// As [`Self::from_serialize`], for a value whose strings have about `length` bytes.
    ///
    /// # Errors
    /// As [`Self::from_serialize`].
    pub fn from_serialize_sized<T: Serialize + ?Sized>(value: &T, length: usize) -> Result<Self, serde_json::Error> {
        // Room for escapes and for what stands around the strings.
        let mut text = Vec::with_capacity(length + length / 32 + 256);
        serde_json::to_writer(&mut text, value)?;
        Ok(Self(text.into()))
    }

    /// `text` as a string, between `before` and `after`, written where it stands: a long one is never there twice.
    pub(crate) fn around(before: &str, text: String, after: &str) -> Self {
        Self(text::quote_in_place(before, text, after).into())
    }

    /// The span of a text that was scanned and is UTF-8.
    pub(super) fn part(text: &Bytes, span: Span) -> Self {
        Self(text.slice_ref(span.of(text)))
    }

    /// The same by itself: it keeps no chunk alive.
    #[must_use]
    pub fn detached(&self) -> Self {
        if self.0 == b"{}"[..] { Self::empty_object() } else { Self(Bytes::copy_from_slice(&self.0)) }
    }

    /// `{}`
    pub const fn empty_object() -> Self {
        Self(Bytes::from_static(b"{}"))
    }

    /// The text.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The text.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The string this is, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<Name> {
        Name::of(&self.0, self.as_bytes())
    }

    /// The string this is, if it is one of Unicode text.
    pub(crate) fn string(&self) -> Option<Cow<'_, str>> {
        text::inside(&self.0).and_then(text::unescape)
    }

    /// Whether this is an object.
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.0.first() == Some(&b'{')
    }

    /// Whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0 == b"null"[..]
    }

    /// Parses the value; `T` may borrow from the text.
    ///
    /// # Errors
    /// The value is not a `T`.
    pub fn parse<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.as_str())
    }
}

/// What `serde_json::json!` makes. It can always be written.
impl From<serde_json::Value> for Raw {
    fn from(value: serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({})", excerpt(&self.0))
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.parse::<&RawValue>().map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Copies the text. Only from `serde_json`.
impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: Box<str> = Box::<RawValue>::deserialize(deserializer)?.into();
        Ok(Self(String::from(text).into()))
    }
}

/// For `#[serde(default, deserialize_with = "present")]` on an `Option` member: keeps an explicit
/// `null` apart from an absent member, which a plain `Option` does not.
///
/// # Errors
/// The value is not a `T`.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
