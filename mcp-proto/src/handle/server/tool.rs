//! A tool as its author describes it.

use crate::model;
use crate::rpc::Raw;
use serde::Serialize;

/// A tool to be offered: what clients are told of it, and how it runs.
#[derive(Clone, Debug)]
pub struct Tool {
    pub(super) listing: model::Tool,
    pub(super) spawned: bool,
}

impl Tool {
    /// A tool of that name, whose arguments are any object until [`input_schema`](Self::input_schema) says
    /// more.
    pub fn new(name: impl Into<String>) -> Self {
        #[derive(Serialize)]
        struct AnyObject {
            r#type: &'static str,
        }
        let schema = Raw::from_serialize(&AnyObject { r#type: "object" }).unwrap_or_else(|_| Raw::empty_object());
        Self { listing: model::Tool::new(name, schema), spawned: false }
    }

    /// What it does, for a model to read.
    #[must_use]
    pub fn describe(mut self, description: impl Into<String>) -> Self {
        self.listing.description = Some(description.into());
        self
    }

    /// A name for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.listing.title = Some(title.into());
        self
    }

    /// JSON Schema of the arguments, as anything that serialises to an object whose `type` is `object`.
    #[must_use]
    pub fn input_schema(mut self, schema: impl Serialize) -> Self {
        if let Ok(schema) = Raw::from_serialize(&schema) {
            self.listing.input_schema = schema;
        }
        self
    }

    /// Every call becomes a task (or goes to another thread) at once, instead of being run first where it was
    /// read. For handlers known to compute long.
    #[must_use]
    pub fn spawned(mut self) -> Self {
        self.spawned = true;
        self
    }
}
