//! `completion/complete`: what could stand for an argument that is half typed.

use super::method::{ALWAYS, Method, MethodFacts};
use super::object::object;
use super::restrict::Restrict;
use super::tagged::tagged;
use super::version::Revision;
use std::collections::BTreeMap;

object! {
    /// Asks what could stand for an argument.
    pub struct Complete {
        /// Whose argument it is.
        "ref" reference: Reference,
        /// The argument, as far as it is typed.
        "argument" argument: CompletionArgument,
        ? /// What is known already (since 2025-06-18).
        since V2025_06_18 "context" context: CompletionContext,
    }

    /// An argument, as far as it is typed.
    pub struct CompletionArgument {
        /// Its name.
        "name" name: String,
        /// What is typed.
        "value" value: String,
    }

    /// What is known already.
    pub struct CompletionContext {
        ? /// Other arguments that are filled in.
        "arguments" arguments: BTreeMap<String, String>,
    }

    /// A prompt, whose argument is meant.
    pub struct PromptReference("type" = "ref/prompt") {
        /// Its name.
        "name" name: String,
        ? /// Its name for people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
    }

    /// A resource template, whose variable is meant. Called `ResourceReference` before 2025-06-18.
    pub struct ResourceTemplateReference("type" = "ref/resource") {
        /// The template, or a URI.
        "uri" uri: String,
    }

    /// The answer to [`Complete`].
    pub struct CompleteResult {
        /// What could stand there.
        "completion" completion: Completion,
    }

    /// What could stand for an argument.
    pub struct Completion {
        /// At most 100 values, the best first.
        "values" values: Vec<String>,
        ? /// How many there are in all; it may be more than are here.
        "total" total: u64,
        ? /// Whether there are more than these.
        "hasMore" has_more: bool,
    }
}

tagged! {
    /// Whose argument is completed.
    pub enum Reference by "type" {
        /// A prompt's.
        Prompt(PromptReference) = "ref/prompt",
        /// A resource template's variable.
        Resource(ResourceTemplateReference) = "ref/resource",
    }
}

impl Reference {
    /// A prompt, by its name.
    #[must_use]
    pub fn prompt(name: impl Into<String>) -> Self {
        Self::Prompt(PromptReference::new(name))
    }

    /// A resource template, as it is listed.
    #[must_use]
    pub fn resource(uri_template: impl Into<String>) -> Self {
        Self::Resource(ResourceTemplateReference::new(uri_template))
    }
}

impl Restrict for Reference {
    fn restrict(&mut self, revision: Revision) {
        match self {
            Self::Prompt(prompt) => prompt.restrict(revision),
            Self::Resource(resource) => resource.restrict(revision),
            Self::Other(_) => {}
        }
    }
}

/// How many values an answer may have (all revisions, completion).
const MOST: usize = 100;

impl CompleteResult {
    /// These values, the best first; of more than 100 the first 100, and it says that there are more.
    #[must_use]
    pub fn of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let mut all: Vec<String> = values.into_iter().map(Into::into).collect();
        let (total, more) = (all.len() as u64, all.len() > MOST);
        all.truncate(MOST);
        Self::new(Completion::new(all).total(total).has_more(more))
    }
}

impl Method for Complete {
    const FACTS: MethodFacts =
        MethodFacts::to_server("completion/complete", ALWAYS).needs_since("completions", Revision::V2025_03_26);
    type Result = CompleteResult;
}
