//! Prompts: messages a server offers, for a user to choose and fill in.

use super::annotations::Role;
use super::content::Content;
use super::icon::Icon;
use super::method::{ALWAYS, Method, MethodFacts, NotificationFacts};
use super::object::{Extra, object};
use super::page::lists;
use super::subscription::PROMPTS_LIST_CHANGED;
use std::collections::BTreeMap;

object! {
    /// A prompt as a server lists it.
    pub struct Prompt {
        /// Its name, by which it is got.
        "name" name: String,
        ? /// A name for people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
        ? /// What it is for.
        "description" description: String,
        ? /// What can be filled in.
        "arguments" arguments: Vec<PromptArgument>,
        ? /// Pictures to show beside its name (since 2025-11-25).
        since V2025_11_25 "icons" icons: Vec<Icon>,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// Something that can be filled in.
    pub struct PromptArgument {
        /// Its name.
        "name" name: String,
        ? /// A name for people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
        ? /// What it means.
        "description" description: String,
        ? /// Whether it must be there. Absent: it need not.
        "required" required: bool,
    }

    /// Gets a prompt, filled in.
    pub struct GetPrompt {
        /// Which.
        "name" name: String,
        ? /// What is filled in. All of it is text.
        "arguments" arguments: BTreeMap<String, String>,
    }

    /// A prompt, filled in.
    pub struct GetPromptResult {
        /// What is said to the model, in order.
        "messages" messages: Vec<PromptMessage>,
        ? /// What it is for.
        "description" description: String,
    }

    /// A message of a prompt.
    pub struct PromptMessage {
        /// Who says it.
        "role" role: Role,
        /// What is said.
        "content" content: Content,
    }
}

impl PromptMessage {
    /// The user says a text.
    #[must_use]
    pub fn user(text: impl Into<String>) -> Self {
        Self::new(Role::User, Content::text(text))
    }

    /// The model says a text.
    #[must_use]
    pub fn assistant(text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, Content::text(text))
    }
}

impl Method for GetPrompt {
    const FACTS: MethodFacts = MethodFacts::to_server("prompts/get", ALWAYS).needs("prompts").may_ask().about("name");
    type Result = GetPromptResult;
}

pub(super) const LIST_CHANGED_FACTS: NotificationFacts = NotificationFacts::new(PROMPTS_LIST_CHANGED, &[], ALWAYS);

lists! {
    "prompts/list" needs "prompts" ListPrompts => ListPromptsResult { "prompts" prompts: Prompt }
}
