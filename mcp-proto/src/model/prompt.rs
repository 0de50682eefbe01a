//! Prompts: messages a server offers, for a user to choose and fill in.

use super::annotations::Role;
use super::cache::{CacheScope, cacheable};
use super::content::Content;
use super::icon::Icon;
use super::method::{ALWAYS, Method, MethodFacts, NotificationFacts};
use super::object::{Extra, object};
use super::page::paged;
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

    /// Asks for the prompts of a server, a page at a time.
    pub struct ListPrompts {
        ? /// Where the page begins: `next_cursor` of the page before. Absent: at the beginning.
        "cursor" cursor: String,
    }

    /// A page of prompts.
    pub struct ListPromptsResult {
        /// The prompts.
        "prompts" prompts: Vec<Prompt>,
        ? /// Where the next page begins. Absent: this is the last.
        "nextCursor" next_cursor: String,
        ? /// For how many milliseconds the answer may be kept (2026-07-28). Absent or negative: not at all.
        since V2026_07_28 "ttlMs" ttl_ms: i64,
        ? /// Who may share a kept answer (2026-07-28). Absent: as private.
        since V2026_07_28 "cacheScope" cache_scope: CacheScope,
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

impl Method for ListPrompts {
    const FACTS: MethodFacts = MethodFacts::to_server("prompts/list", ALWAYS).needs("prompts").cacheable();
    type Result = ListPromptsResult;
}

impl Method for GetPrompt {
    const FACTS: MethodFacts = MethodFacts::to_server("prompts/get", ALWAYS).needs("prompts").may_ask().about("name");
    type Result = GetPromptResult;
}

pub(super) const LIST_CHANGED_FACTS: NotificationFacts = NotificationFacts::new(PROMPTS_LIST_CHANGED, &[], ALWAYS);

cacheable!(ListPromptsResult);
paged!(ListPrompts => Prompt: prompts);
