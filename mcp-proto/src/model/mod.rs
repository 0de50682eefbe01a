//! The vocabulary of MCP as plain data, one concept a file. Knows nothing of bindings or machines.
//!
//! A struct holds the members of every revision; documentation says which revision has what. [`Restrict`] leaves out
//! what the revision of a peer does not have. Members that nobody knew when this was written are kept in `extra`, and
//! words, kinds of content and modes in a variant `Other`, so that what is read can be written again.

mod annotations;
mod binary;
mod cache;
mod cancellation;
mod capability;
mod completion;
mod content;
mod discover;
mod elicitation;
mod error;
pub mod extension;
mod form;
mod header;
mod icon;
mod implementation;
mod initialize;
mod input;
mod logging;
pub mod meta;
mod method;
mod object;
mod page;
mod progress;
mod prompt;
mod resource;
mod restrict;
mod roots;
mod sampling;
mod subscription;
mod tagged;
mod task;
mod tool;
mod trace;
mod version;
mod word;

pub use annotations::{Annotations, Role};
pub use binary::NotBase64;
pub use cache::{CacheHint, CacheScope, Cacheable};
pub use cancellation::{CANCELLED, Cancelled};
pub(crate) use capability::declares;
pub use capability::{
    ClientCapabilities, ClientTaskRequests, ClientTasksCapability, ElicitationCapability, ElicitationTasks,
    ListCapability, ResourcesCapability, RootsCapability, SamplingCapability, SamplingTasks, ServerCapabilities,
    ServerTaskRequests, ServerTasksCapability, ToolTasks,
};
pub use completion::{
    Complete, CompleteResult, Completion, CompletionArgument, CompletionContext, PromptReference, Reference,
    ResourceTemplateReference,
};
pub use content::{
    AudioContent, Content, EmbeddedResource, ImageContent, ResourceLink, TextContent, ToolResultContent, ToolUseContent,
};
pub use discover::{Discover, DiscoverResult};
pub use elicitation::{
    ELICITATION_COMPLETE, Elicit, ElicitAction, ElicitForm, ElicitResult, ElicitUrl, ElicitationComplete,
    UrlElicitationRequired,
};
pub(crate) use error::missing_capability;
pub use error::{
    HEADER_MISMATCH, MISSING_CAPABILITY, MissingCapability, RESOURCE_NOT_FOUND, UNSUPPORTED_VERSION,
    URL_ELICITATION_REQUIRED, UnsupportedVersion,
};
pub use extension::Extensions;
pub use form::{
    BooleanSchema, FormField, FormFields, FormSchema, MultiSelectSchema, Number, NumberKind, NumberSchema, SelectItems,
    SelectOption, SelectSchema, StringFormat, StringSchema,
};
pub use header::{HeaderFlaw, HeaderFlawKind, HeaderParam, X_MCP_HEADER, header_params};
pub use icon::{Icon, IconTheme};
pub use implementation::Implementation;
pub use initialize::{EmptyResult, INITIALIZED, Initialize, InitializeResult, Ping};
pub use input::{COMPLETE, INPUT_REQUIRED, InputAnswers, InputRequest, InputRequired, QUESTIONS};
pub use logging::{LOG_MESSAGE, Level, LogMessage, SetLevel, UnknownLevel};
pub use method::{
    Method, MethodFacts, NOTIFICATIONS, NotificationFacts, REQUESTS, Receiver, facts, notification_facts,
};
pub use object::Extra;
pub use page::Paged;
pub use progress::{PROGRESS, Progress};
pub use prompt::{GetPrompt, GetPromptResult, ListPrompts, ListPromptsResult, Prompt, PromptArgument, PromptMessage};
pub use resource::{
    BlobResourceContents, ListResourceTemplates, ListResourceTemplatesResult, ListResources, ListResourcesResult,
    ReadResource, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, ResourceUpdated, Subscribe,
    TextResourceContents, Unsubscribe,
};
pub use restrict::Restrict;
pub use roots::{ListRoots, ListRootsResult, ROOTS_LIST_CHANGED, Root};
pub use sampling::{
    CreateMessage, CreateMessageResult, IncludeContext, ModelHint, ModelPreferences, SamplingContent, SamplingMessage,
    StopReason, ToolChoice, ToolChoiceMode,
};
pub use subscription::{
    ACKNOWLEDGED, Acknowledged, Change, Changes, Listen, ListenResult, PROMPTS_LIST_CHANGED, RESOURCE_UPDATED,
    RESOURCES_LIST_CHANGED, TOOLS_LIST_CHANGED,
};
pub use task::{
    CancelTask, CreateTaskResult, GetTask, GetTaskPayload, ListTasks, ListTasksResult, RelatedTask, TASK_STATUS, Task,
    TaskMetadata, TaskStatus,
};
pub use tool::{
    CallTool, CallToolResult, ListTools, ListToolsResult, TaskSupport, Tool, ToolAnnotations, ToolExecution,
};
pub use trace::{TraceContext, TraceParent};
pub use version::{Era, Revision};
