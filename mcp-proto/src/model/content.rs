//! Content blocks: what tools answer with, what prompts say, what models read and say.

use super::annotations::Annotations;
use super::binary::encode;
use super::icon::Icon;
use super::object::{Extra, object};
use super::resource::{Resource, ResourceContents};
use super::restrict::Restrict;
use super::tagged::tagged;
use super::tool::objects_only;
use super::version::Revision;
use crate::rpc::Raw;

object! {
    /// A block of text.
    pub struct TextContent("type" = "text") {
        /// The text.
        "text" text: String,
        ? /// For whoever shows or uses it.
        "annotations" annotations: Box<Annotations>,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Box<Extra>,
    }

    /// A picture.
    pub struct ImageContent("type" = "image") {
        /// Its bytes in base64 (RFC 4648, section 4, with padding).
        "data" data: String,
        /// Its type.
        "mimeType" mime_type: String,
        ? /// For whoever shows or uses it.
        "annotations" annotations: Annotations,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Something to listen to (since 2025-03-26).
    pub struct AudioContent("type" = "audio") {
        /// Its bytes in base64 (RFC 4648, section 4, with padding).
        "data" data: String,
        /// Its type.
        "mimeType" mime_type: String,
        ? /// For whoever plays or uses it.
        "annotations" annotations: Annotations,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// A resource that can be read (since 2025-06-18). It need not be among those the server lists.
    pub struct ResourceLink("type" = "resource_link") {
        /// What it is read by.
        "uri" uri: String,
        /// A name, for people where there is no title.
        "name" name: String,
        ? /// A name for people.
        "title" title: String,
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
        ? /// What else it says of itself.
        "_meta" meta: Extra,
    }

    /// What a resource holds, within something else.
    pub struct EmbeddedResource("type" = "resource") {
        /// What it holds.
        "resource" resource: ResourceContents,
        ? /// For whoever shows or uses it.
        "annotations" annotations: Annotations,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// A model wants a tool to be used (sampling, since 2025-11-25).
    pub struct ToolUseContent("type" = "tool_use") {
        /// Names this use, for its result.
        "id" id: String,
        /// The tool.
        "name" name: String,
        /// Its arguments, an object.
        "input" input: Raw,
        ? /// What else it says of itself.
        "_meta" meta: Extra,
    }

    /// What a tool said to a model that used it (sampling, since 2025-11-25).
    pub struct ToolResultContent("type" = "tool_result") {
        /// The use this is the result of.
        "toolUseId" tool_use_id: String,
        /// Blocks of content, in order.
        "content" content: Vec<Content>,
        ? /// The result as data. Before 2026-07-28 an object.
        when objects_only "structuredContent" structured_content: Raw,
        ? /// Whether the tool failed.
        "isError" is_error: bool,
        ? /// What else it says of itself.
        "_meta" meta: Extra,
    }
}

tagged! {
    /// One block of content.
    pub enum Content by "type" {
        /// Text.
        Text(TextContent) = "text",
        /// A picture.
        Image(Box<ImageContent>) from ImageContent = "image",
        /// Something to listen to (since 2025-03-26).
        Audio(Box<AudioContent>) from AudioContent = "audio",
        /// A resource that can be read (since 2025-06-18).
        ResourceLink(Box<ResourceLink>) from ResourceLink = "resource_link",
        /// What a resource holds.
        Resource(Box<EmbeddedResource>) from EmbeddedResource = "resource",
        /// A model wants a tool to be used. Only in sampling, since 2025-11-25.
        ToolUse(Box<ToolUseContent>) from ToolUseContent = "tool_use",
        /// What the tool said. Only in sampling, since 2025-11-25.
        ToolResult(Box<ToolResultContent>) from ToolResultContent = "tool_result",
    }
}

impl Content {
    /// A block of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent::new(text))
    }

    /// A picture: its bytes, and its type. One that is in base64 already: [`ImageContent::new`].
    #[must_use]
    pub fn image(bytes: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        Self::from(ImageContent::new(encode(bytes), mime_type))
    }

    /// Something to listen to: its bytes, and its type. What is in base64 already: [`AudioContent::new`].
    #[must_use]
    pub fn audio(bytes: impl AsRef<[u8]>, mime_type: impl Into<String>) -> Self {
        Self::from(AudioContent::new(encode(bytes), mime_type))
    }

    /// A resource that can be read.
    #[must_use]
    pub fn resource_link(uri: impl Into<String>, name: impl Into<String>) -> Self {
        Self::from(ResourceLink::new(uri, name))
    }

    /// What a resource holds.
    #[must_use]
    pub fn resource(contents: impl Into<ResourceContents>) -> Self {
        Self::from(EmbeddedResource::new(contents))
    }

    /// The text, if that is what it is.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&text.text),
            _ => None,
        }
    }

    /// What it was, for a peer whose revision does not have it.
    fn in_words(&self) -> Option<String> {
        let joined = |texts: &[Self]| texts.iter().filter_map(Self::as_text).collect::<Vec<_>>().join("\n");
        Some(match self {
            Self::Text(_) | Self::Image(_) | Self::Resource(_) | Self::Other(_) => return None,
            // Four characters of base64 are three bytes.
            Self::Audio(audio) => format!("[audio, {}, about {} bytes]", audio.mime_type, audio.data.len() / 4 * 3),
            Self::ResourceLink(link) => {
                let name = link.title.as_ref().unwrap_or(&link.name);
                format!("[resource {name}: {}]", link.uri)
            }
            Self::ToolUse(tool) => format!("[use of the tool {}: {}]", tool.name, tool.input.as_str()),
            Self::ToolResult(result) => format!("[result of a tool: {}]", joined(&result.content)),
        })
    }

    /// The first revision that has blocks of this kind.
    const fn since(&self) -> Revision {
        match self {
            Self::Text(_) | Self::Image(_) | Self::Resource(_) | Self::Other(_) => Revision::V2024_11_05,
            Self::Audio(_) => Revision::V2025_03_26,
            Self::ResourceLink(_) => Revision::V2025_06_18,
            Self::ToolUse(_) | Self::ToolResult(_) => Revision::V2025_11_25,
        }
    }
}

impl Restrict for Content {
    fn restrict(&mut self, revision: Revision) {
        if !revision.is_since(self.since())
            && let Some(words) = self.in_words()
        {
            *self = Self::text(words);
        }
        match self {
            Self::Text(text) => text.restrict(revision),
            Self::Image(image) => image.restrict(revision),
            Self::Audio(audio) => audio.restrict(revision),
            Self::ResourceLink(link) => link.restrict(revision),
            Self::Resource(resource) => resource.restrict(revision),
            Self::ToolUse(tool) => tool.restrict(revision),
            Self::ToolResult(result) => result.restrict(revision),
            Self::Other(_) => {}
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<Resource> for ResourceLink {
    /// A link to a resource, with what its listing says.
    fn from(resource: Resource) -> Self {
        Self {
            uri: resource.uri,
            name: resource.name,
            title: resource.title,
            description: resource.description,
            mime_type: resource.mime_type,
            annotations: resource.annotations,
            size: resource.size,
            icons: resource.icons,
            meta: resource.meta,
            extra: resource.extra,
        }
    }
}
