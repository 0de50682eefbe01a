//! Content blocks: what tools answer with.

use super::object::{Extra, object};
use crate::rpc::Raw;
use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
    /// A type this version of the library does not know, as it came.
    Other(Raw),
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
            Self::Other(raw) => raw.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let mut members: Extra = raw.parse().map_err(D::Error::custom)?;
        let kind: Option<String> = members.get("type").and_then(|t| t.parse().ok());
        match kind.as_deref() {
            Some("text") => {
                members.remove("type");
                let text = members.remove("text").ok_or_else(|| D::Error::missing_field("text"))?;
                let text = text.parse().map_err(D::Error::custom)?;
                Ok(Self::Text(TextContent { text, extra: members }))
            }
            Some(_) => Ok(Self::Other(raw)),
            None => Err(D::Error::missing_field("type")),
        }
    }
}
