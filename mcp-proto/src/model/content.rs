//! Content blocks: what tools answer with.

use super::object::{Extra, Word, object, once};
use crate::rpc::Raw;
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use std::fmt;

object! {
    /// A block of text, without its `type` member.
    pub struct TextContent {
        /// The text.
        "text" text: String,
    }
}

/// One block of content.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// `"type": "text"`.
    Text(TextContent),
    /// A type this version of the library does not know: its members as they came, `type` among them.
    Other(Extra),
}

impl Content {
    /// A block of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent::new(text))
    }

    /// The text, if that is what it is.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(&t.text),
            Self::Other(_) => None,
        }
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(TextContent { text, extra }) => {
                let mut map = serializer.serialize_map(None)?;
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
                for (key, value) in extra {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::Other(members) => members.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ContentVisitor)
    }
}

/// Reads a block in one pass, whatever the order of its members: long text is not read twice.
struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a content block")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Content, A::Error> {
        let (mut kind, mut text): (Option<Word<'de>>, Option<Value>) = (None, None);
        let mut others = Extra::new();
        while let Some(Word(key)) = map.next_key()? {
            match key.as_ref() {
                "type" => once(&mut map, &mut kind, "type")?,
                "text" => once(&mut map, &mut text, "text")?,
                _ => drop(others.insert(key.into_owned(), map.next_value()?)),
            }
        }
        let Word(kind) = kind.ok_or_else(|| A::Error::missing_field("type"))?;
        if kind == "text" {
            return match text {
                Some(Value::String(text)) => Ok(Content::Text(TextContent { text, extra: others })),
                Some(_) => Err(A::Error::custom("`text` must be a string")),
                None => Err(A::Error::missing_field("text")),
            };
        }
        let raw = |value: &Value| Raw::from_serialize(value).map_err(A::Error::custom);
        others.insert("type".to_owned(), raw(&Value::String(kind.into_owned()))?);
        if let Some(text) = &text {
            others.insert("text".to_owned(), raw(text)?);
        }
        Ok(Content::Other(others))
    }
}
