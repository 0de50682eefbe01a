//! Resources: listing them, reading one, and being told that one has changed.

use super::annotations::Annotations;
use super::binary::encode;
use super::cache::{CacheScope, cacheable};
use super::icon::Icon;
use super::initialize::EmptyResult;
use super::method::{ALWAYS, Method, MethodFacts, NotificationFacts, WITH_HANDSHAKE};
use super::object::{Extra, object};
use super::page::lists;
use super::restrict::Restrict;
use super::subscription::{RESOURCE_UPDATED, RESOURCES_LIST_CHANGED};
use super::tagged::Members;
use super::version::Revision;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

object! {
    /// A resource as a server lists it.
    pub struct Resource {
        /// Names it for programs; what it is read by.
        "uri" uri: String,
        /// A name, for people where there is no title.
        "name" name: String,
        ? /// A name for people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
        ? /// What it is, for a model to read.
        "description" description: String,
        ? /// Its type, if it is known.
        "mimeType" mime_type: String,
        ? /// For whoever shows or uses it.
        "annotations" annotations: Annotations,
        ? /// How many bytes it has, before any encoding.
        "size" size: u64,
        ? /// Pictures to show beside its name (since 2025-11-25).
        since V2025_11_25 "icons" icons: Vec<Icon>,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Resources of one pattern, as a server lists them.
    pub struct ResourceTemplate {
        /// Their URIs, as a template of RFC 6570.
        "uriTemplate" uri_template: String,
        /// A name, for people where there is no title.
        "name" name: String,
        ? /// A name for people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
        ? /// What they are, for a model to read.
        "description" description: String,
        ? /// The type of all of them, if they have the same.
        "mimeType" mime_type: String,
        ? /// For whoever shows or uses them.
        "annotations" annotations: Annotations,
        ? /// Pictures to show beside the name (since 2025-11-25).
        since V2025_11_25 "icons" icons: Vec<Icon>,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Reads a resource.
    pub struct ReadResource {
        /// Which.
        "uri" uri: String,
    }

    /// What a resource holds: itself, or what is below it.
    pub struct ReadResourceResult {
        /// Its contents.
        "contents" contents: Vec<ResourceContents>,
        ? /// For how many milliseconds the answer may be kept (2026-07-28). Absent or negative: not at all.
        since V2026_07_28 "ttlMs" ttl_ms: i64,
        ? /// Who may share a kept answer (2026-07-28). Absent: as private.
        since V2026_07_28 "cacheScope" cache_scope: CacheScope,
    }

    /// Contents that are text.
    pub struct TextResourceContents {
        /// Whose they are.
        "uri" uri: String,
        /// The text.
        "text" text: String,
        ? /// Its type, if it is known.
        "mimeType" mime_type: String,
        ? /// What else they say of themselves (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Contents that are bytes.
    pub struct BlobResourceContents {
        /// Whose they are.
        "uri" uri: String,
        /// The bytes in base64 (RFC 4648, section 4, with padding).
        "blob" blob: String,
        ? /// Their type, if it is known.
        "mimeType" mime_type: String,
        ? /// What else they say of themselves (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Asks to be told when a resource changes (until 2025-11-25; since then `subscriptions/listen`).
    pub struct Subscribe {
        /// Which.
        "uri" uri: String,
    }

    /// Asks not to be told any more (until 2025-11-25).
    pub struct Unsubscribe {
        /// Which.
        "uri" uri: String,
    }

    /// Says that a resource, or one below it, has changed and may be read again.
    pub struct ResourceUpdated {
        /// Which. It may be below the one that was subscribed to.
        "uri" uri: String,
    }
}

/// What a resource holds, or a part of it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ResourceContents {
    /// Text.
    Text(TextResourceContents),
    /// Bytes.
    Blob(BlobResourceContents),
    /// Neither, as far as this version of the library knows: the members as they came.
    Other(Extra),
}

impl ResourceContents {
    /// A text.
    #[must_use]
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Text(TextResourceContents::new(uri, text))
    }

    /// Bytes. What is in base64 already: [`BlobResourceContents::new`].
    #[must_use]
    pub fn blob(uri: impl Into<String>, bytes: impl AsRef<[u8]>) -> Self {
        Self::Blob(BlobResourceContents::new(uri, encode(bytes)))
    }

    /// Says of what type they are.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        match &mut self {
            Self::Text(text) => text.mime_type = Some(mime_type.into()),
            Self::Blob(blob) => blob.mime_type = Some(mime_type.into()),
            Self::Other(_) => {}
        }
        self
    }

    /// Whose they are.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.uri),
            Self::Blob(blob) => Some(&blob.uri),
            Self::Other(_) => None,
        }
    }

    /// The text, if that is what it is.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.text),
            Self::Blob(_) | Self::Other(_) => None,
        }
    }
}

impl From<TextResourceContents> for ResourceContents {
    fn from(text: TextResourceContents) -> Self {
        Self::Text(text)
    }
}

impl From<BlobResourceContents> for ResourceContents {
    fn from(blob: BlobResourceContents) -> Self {
        Self::Blob(blob)
    }
}

impl Restrict for ResourceContents {
    fn restrict(&mut self, revision: Revision) {
        match self {
            Self::Text(text) => text.restrict(revision),
            Self::Blob(blob) => blob.restrict(revision),
            Self::Other(_) => {}
        }
    }
}

impl Serialize for ResourceContents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Blob(blob) => blob.serialize(serializer),
            Self::Other(members) => members.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for ResourceContents {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        match (members.has("text"), members.has("blob")) {
            (true, false) => members.read().map(Self::Text),
            (false, true) => members.read().map(Self::Blob),
            (true, true) => Err(D::Error::custom("contents are `text` or `blob`, not both")),
            (false, false) => members.keep().map(Self::Other),
        }
    }
}

impl Method for ReadResource {
    const FACTS: MethodFacts =
        MethodFacts::to_server("resources/read", ALWAYS).needs("resources").may_ask().cacheable().about("uri");
    type Result = ReadResourceResult;
}

impl Method for Subscribe {
    const FACTS: MethodFacts =
        MethodFacts::to_server("resources/subscribe", WITH_HANDSHAKE).needs("resources.subscribe");
    type Result = EmptyResult;
}

impl Method for Unsubscribe {
    const FACTS: MethodFacts =
        MethodFacts::to_server("resources/unsubscribe", WITH_HANDSHAKE).needs("resources.subscribe");
    type Result = EmptyResult;
}

pub(super) const LIST_CHANGED_FACTS: NotificationFacts = NotificationFacts::new(RESOURCES_LIST_CHANGED, &[], ALWAYS);
pub(super) const UPDATED_FACTS: NotificationFacts = NotificationFacts::new(RESOURCE_UPDATED, &[], ALWAYS);

cacheable!(ReadResourceResult);
lists! {
    "resources/list" needs "resources" ListResources => ListResourcesResult { "resources" resources: Resource }
    "resources/templates/list" needs "resources"
        ListResourceTemplates => ListResourceTemplatesResult { "resourceTemplates" resource_templates: ResourceTemplate }
}
