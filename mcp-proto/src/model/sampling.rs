//! Sampling: a server asks the model of a client. Deprecated since 2026-07-28, and still there.

use super::annotations::Role;
use super::content::Content;
use super::method::{Method, MethodFacts, WITH_HANDSHAKE};
use super::object::{Extra, object};
use super::restrict::Restrict;
use super::task::TaskMetadata;
use super::tool::Tool;
use super::version::Revision;
use super::word::words;
use crate::rpc::Raw;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

object! {
    /// Asks a client to let its model answer. The client may change it, ask its user, or refuse.
    pub struct CreateMessage {
        /// What was said so far, in order.
        "messages" messages: Vec<SamplingMessage>,
        /// How many tokens the answer may have at most.
        "maxTokens" max_tokens: u64,
        ? /// Which model would be good. The client chooses.
        "modelPreferences" model_preferences: ModelPreferences,
        ? /// A system prompt. The client may change or leave it out.
        "systemPrompt" system_prompt: String,
        ? /// What else of the conversation goes along. Absent: nothing. Needs the capability `sampling.context` since
        /// 2025-11-25 if it is more than that.
        "includeContext" include_context: IncludeContext,
        ? /// How much is left to chance.
        "temperature" temperature: f64,
        ? /// Texts at which the model stops.
        "stopSequences" stop_sequences: Vec<String>,
        ? /// For the provider of the model, as that has it.
        "metadata" metadata: Raw,
        ? /// Tools the model may use (since 2025-11-25). Needs the capability `sampling.tools`.
        since V2025_11_25 "tools" tools: Vec<Tool>,
        ? /// Whether it may, must or must not use them (since 2025-11-25). Absent: it may.
        since V2025_11_25 "toolChoice" tool_choice: ToolChoice,
        ? /// Asks for a task instead of an answer (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "task" task: TaskMetadata,
    }

    /// A message to a model, or by it.
    pub struct SamplingMessage {
        /// Who says it.
        "role" role: Role,
        /// What is said.
        "content" content: SamplingContent,
        ? /// What else it says of itself (since 2025-11-25).
        since V2025_11_25 "_meta" meta: Extra,
    }

    /// What the model answered.
    pub struct CreateMessageResult {
        /// Whose words they are: the model's.
        "role" role: Role,
        /// What it says.
        "content" content: SamplingContent,
        /// Its name.
        "model" model: String,
        ? /// Why it stopped, if that is known.
        "stopReason" stop_reason: StopReason,
    }

    /// What matters in choosing a model. Numbers are from 0 (not at all) to 1.
    pub struct ModelPreferences {
        ? /// Models that would do, the best first.
        "hints" hints: Vec<ModelHint>,
        ? /// How much its price matters.
        "costPriority" cost_priority: f64,
        ? /// How much its speed matters.
        "speedPriority" speed_priority: f64,
        ? /// How much its abilities matter.
        "intelligencePriority" intelligence_priority: f64,
    }

    /// A model that would do.
    pub struct ModelHint {
        ? /// A part of its name.
        "name" name: String,
    }

    /// Whether the model uses tools.
    pub struct ToolChoice {
        ? /// Whether. Absent: [`ToolChoiceMode::Auto`].
        "mode" mode: ToolChoiceMode,
    }
}

words! {
    /// Whether a model uses tools.
    pub enum ToolChoiceMode {
        /// If it likes.
        Auto = "auto",
        /// At least one.
        Required = "required",
        /// None.
        None = "none",
    }

    /// What of the conversation goes along with a question to the model.
    pub enum IncludeContext {
        /// Nothing.
        None = "none",
        /// What the server that asks has to do with.
        ThisServer = "thisServer",
        /// All of it.
        AllServers = "allServers",
    }

    /// Why a model stopped.
    pub enum StopReason {
        /// It had nothing more to say.
        EndTurn = "endTurn",
        /// It came to one of the texts that stop it.
        StopSequence = "stopSequence",
        /// It was out of tokens.
        MaxTokens = "maxTokens",
        /// It wants tools to be used (since 2025-11-25).
        ToolUse = "toolUse",
    }
}

/// What is said: one block, or several (since 2025-11-25).
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one block is what is nearly always there")]
pub enum SamplingContent {
    /// One block.
    One(Content),
    /// A list of blocks.
    Many(Vec<Content>),
}

impl SamplingContent {
    /// The blocks.
    #[must_use]
    pub fn blocks(&self) -> &[Content] {
        match self {
            Self::One(block) => std::slice::from_ref(block),
            Self::Many(blocks) => blocks,
        }
    }
}

impl From<Content> for SamplingContent {
    fn from(block: Content) -> Self {
        Self::One(block)
    }
}

impl From<Vec<Content>> for SamplingContent {
    fn from(blocks: Vec<Content>) -> Self {
        Self::Many(blocks)
    }
}

impl SamplingMessage {
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

impl CreateMessageResult {
    /// A model's answer that is a text.
    #[must_use]
    pub fn text(model: impl Into<String>, text: impl Into<String>) -> Self {
        Self::new(Role::Assistant, Content::text(text), model)
    }
}

impl Restrict for SamplingContent {
    /// Where one block is all there can be, several become one: their texts, or else the first of them.
    fn restrict(&mut self, revision: Revision) {
        match self {
            Self::One(block) => block.restrict(revision),
            Self::Many(blocks) => {
                blocks.restrict(revision);
                if !revision.is_since(Revision::V2025_11_25) {
                    let texts: Vec<&str> = blocks.iter().filter_map(Content::as_text).collect();
                    let block = match (blocks.as_slice(), texts.as_slice()) {
                        ([only], _) => only.clone(),
                        ([first, ..], []) => first.clone(),
                        _ => Content::text(texts.join("\n")),
                    };
                    *self = Self::One(block);
                }
            }
        }
    }
}

impl Serialize for SamplingContent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(block) => block.serialize(serializer),
            Self::Many(blocks) => blocks.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for SamplingContent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = SamplingContent;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a content block, or a list of them")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SamplingContent, A::Error> {
                Content::deserialize(MapAccessDeserializer::new(map)).map(SamplingContent::One)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, blocks: A) -> Result<SamplingContent, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(blocks)).map(SamplingContent::Many)
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

impl Method for CreateMessage {
    const FACTS: MethodFacts =
        MethodFacts::to_server("sampling/createMessage", &[]).to_client(WITH_HANDSHAKE).needs("sampling");
    type Result = CreateMessageResult;
}
