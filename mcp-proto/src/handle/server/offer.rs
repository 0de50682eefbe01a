//! What a server offers, as its author describes it.

use super::template::Template;
use crate::model::{self, Annotations, CacheHint, Icon, PromptArgument};
use crate::rpc::Raw;
use serde::Serialize;

/// Where a run begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// Where the call was read, unless the last run took long.
    #[default]
    Here,
    /// As a task, or on another thread.
    Spawned,
    /// On a thread that may block.
    Blocking,
}

/// How each kind of offer is described: what clients are told, and how it runs.
macro_rules! offer {
    ($( $(#[$meta:meta])* pub struct $name:ident($listing:ty $(, $extra:ident: $extra_type:ty)*); )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            pub(super) listing: $listing,
            pub(super) mode: Mode,
            $(pub(super) $extra: $extra_type,)*
        }

        impl $name {
            /// What it is or does, for a model to read.
            #[must_use]
            pub fn describe(mut self, description: impl Into<String>) -> Self {
                self.listing.description = Some(description.into());
                self
            }

            /// A name for people (since 2025-06-18).
            #[must_use]
            pub fn title(mut self, title: impl Into<String>) -> Self {
                self.listing.title = Some(title.into());
                self
            }

            /// One more picture for user interfaces (since 2025-11-25).
            #[must_use]
            pub fn icon(mut self, icon: Icon) -> Self {
                self.listing.icons.get_or_insert_default().push(icon);
                self
            }

            /// Every run becomes a task (or goes to another thread) at once, instead of being begun where the call was
            /// read. For handlers known to compute long.
            #[must_use]
            pub fn spawned(mut self) -> Self {
                self.mode = Mode::Spawned;
                self
            }

            /// Every run begins on a thread that may block: the runtime's pool for blocking work, or with
            /// `mcp-blocking` one of the connection's threads. For plain closures that wait for something. Where one
            /// thread serves ([`Server::local`](super::Server::local)) there is no other, and it runs there.
            #[must_use]
            pub fn blocking(mut self) -> Self {
                self.mode = Mode::Blocking;
                self
            }

            /// What clients are told of it.
            #[must_use]
            pub fn listing(&self) -> &$listing {
                &self.listing
            }
        }
    )* };
}

/// Whatever a listing can say, and what is not said by a method of the offer.
macro_rules! from_listing {
    ($($name:ident of $listing:ty $(, $extra:ident)?;)*) => {$(
        impl From<$listing> for $name {
            fn from(listing: $listing) -> Self {
                Self { listing, mode: Mode::default() $(, $extra: None)? }
            }
        }
    )*};
}

from_listing! {
    Tool of model::Tool;
    Resource of model::Resource, cache;
    Prompt of model::Prompt;
}

offer! {
    /// A tool to be offered.
    pub struct Tool(model::Tool);

    /// A resource with a URI of its own to be offered.
    pub struct Resource(model::Resource, cache: Option<CacheHint>);

    /// A family of resources to be offered, whose URIs a template makes (RFC 6570, levels 1 to 3).
    pub struct ResourceTemplate(model::ResourceTemplate, cache: Option<CacheHint>, template: Template);

    /// A prompt to be offered.
    pub struct Prompt(model::Prompt);
}

/// Anything that serialises, as JSON. What does not is left out.
fn json(value: impl Serialize) -> Option<Raw> {
    Raw::from_serialize(&value).ok()
}

impl Tool {
    /// A tool of that name, whose arguments are any object until [`input_schema`](Self::input_schema) says
    /// more.
    pub fn new(name: impl Into<String>) -> Self {
        #[derive(Serialize)]
        struct AnyObject {
            r#type: &'static str,
        }
        let schema = json(AnyObject { r#type: "object" }).unwrap_or_else(Raw::empty_object);
        model::Tool::new(name, schema).into()
    }

    /// JSON Schema of the arguments, as anything that serialises to an object whose `type` is `object`.
    #[must_use]
    pub fn input_schema(mut self, schema: impl Serialize) -> Self {
        if let Some(schema) = json(schema) {
            self.listing.input_schema = schema;
        }
        self
    }

    /// JSON Schema of the structured content (since 2025-06-18).
    #[must_use]
    pub fn output_schema(mut self, schema: impl Serialize) -> Self {
        self.listing.output_schema = json(schema);
        self
    }

    /// The schema of the arguments is that of the type the handler takes.
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn input<A: schemars::JsonSchema>(self) -> Self {
        self.input_schema(schemars::SchemaGenerator::default().into_root_schema_for::<A>())
    }

    /// The schema of the structured content is that of the type the handler returns in [`Json`](super::Json).
    #[cfg(feature = "schemars")]
    #[must_use]
    pub fn output<R: schemars::JsonSchema>(self) -> Self {
        let generator = schemars::generate::SchemaSettings::default().for_serialize().into_generator();
        self.output_schema(generator.into_root_schema_for::<R>())
    }

    /// What clients may take for granted of it, as far as they trust the server (since 2025-03-26).
    #[must_use]
    pub fn annotations(mut self, annotations: model::ToolAnnotations) -> Self {
        self.listing.annotations = Some(annotations);
        self
    }
}

/// What resources and families of them have in common.
macro_rules! readable {
    ($($name:ident)*) => {$(
        impl $name {
            /// Its media type, also of what its handler returns without saying one.
            #[must_use]
            pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
                self.listing.mime_type = Some(mime_type.into());
                self
            }

            /// For whom it is, and how much it matters.
            #[must_use]
            pub fn annotations(mut self, annotations: Annotations) -> Self {
                self.listing.annotations = Some(annotations);
                self
            }

            /// How long what was read may be kept, and by whom (2026-07-28). Default: not at all.
            #[must_use]
            pub fn cache(mut self, hint: CacheHint) -> Self {
                self.cache = Some(hint);
                self
            }
        }
    )*};
}

readable! { Resource ResourceTemplate }

impl Resource {
    /// A resource of that URI, and that name for programs.
    pub fn new(uri: impl Into<String>, name: impl Into<String>) -> Self {
        model::Resource::new(uri, name).into()
    }

    /// Its size in bytes.
    #[must_use]
    pub fn size(mut self, bytes: u64) -> Self {
        self.listing.size = Some(bytes);
        self
    }
}

impl ResourceTemplate {
    /// The resources whose URIs this template makes, and a name of the family for programs.
    ///
    /// # Errors
    /// It is no template, or one of level 4 (`{a:3}`, `{a*}`), which can't be read backwards.
    pub fn new(uri_template: impl Into<String>, name: impl Into<String>) -> Result<Self, InvalidTemplate> {
        model::ResourceTemplate::new(uri_template, name).try_into()
    }
}

/// Whatever a listing can say, and what is not said by a method here.
impl TryFrom<model::ResourceTemplate> for ResourceTemplate {
    type Error = InvalidTemplate;

    fn try_from(listing: model::ResourceTemplate) -> Result<Self, InvalidTemplate> {
        match Template::new(&listing.uri_template) {
            Ok(template) => Ok(Self { listing, mode: Mode::default(), cache: None, template }),
            Err(why) => Err(InvalidTemplate { template: listing.uri_template, why }),
        }
    }
}

/// A URI template that can't be offered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{template}` is no URI template of RFC 6570, levels 1 to 3: {why}")]
pub struct InvalidTemplate {
    /// The template.
    pub template: String,
    /// What is wrong with it.
    pub why: String,
}

impl Prompt {
    /// A prompt of that name.
    pub fn new(name: impl Into<String>) -> Self {
        model::Prompt::new(name).into()
    }

    /// One more argument that must be given.
    #[must_use]
    pub fn required(self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.argument(PromptArgument::new(name).description(description).required(true))
    }

    /// One more argument that may be given.
    #[must_use]
    pub fn optional(self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.argument(PromptArgument::new(name).description(description))
    }

    /// One more argument.
    #[must_use]
    pub fn argument(mut self, argument: PromptArgument) -> Self {
        self.listing.arguments.get_or_insert_default().push(argument);
        self
    }
}
