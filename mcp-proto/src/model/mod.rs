//! The vocabulary of MCP as plain data, one concept a file. Knows nothing of bindings or machines.

mod cancellation;
mod capability;
mod content;
mod discover;
mod elicitation;
mod error;
mod implementation;
mod initialize;
mod input;
pub mod meta;
mod method;
mod object;
mod page;
mod progress;
mod subscription;
mod tool;
mod version;

pub use cancellation::{CANCELLED, Cancelled};
pub(crate) use capability::declares;
pub use capability::{ClientCapabilities, ElicitationCapability, ListCapability, ServerCapabilities};
pub use content::{Content, TextContent};
pub use discover::{Discover, DiscoverResult};
pub use elicitation::{Elicit, ElicitAction, ElicitResult};
pub(crate) use error::missing_capability;
pub use error::{MISSING_CAPABILITY, UNSUPPORTED_VERSION, UnsupportedVersion};
pub use implementation::Implementation;
pub use initialize::{EmptyResult, INITIALIZED, Initialize, InitializeResult, Ping};
pub use input::{COMPLETE, INPUT_REQUIRED, InputRequest, InputRequired, QUESTIONS};
pub use method::{
    Method, MethodFacts, NOTIFICATIONS, NotificationFacts, REQUESTS, Receiver, facts, notification_facts,
};
pub use object::Extra;
pub use page::Paged;
pub use progress::{PROGRESS, Progress};
pub use subscription::{ACKNOWLEDGED, Acknowledged, Changes, Listen, ListenResult};
pub use tool::{CallTool, CallToolResult, ListTools, ListToolsResult, Tool};
pub use version::{Era, Revision};
