//! Tools: listing them and calling one.

use super::content::Content;
use super::icon::Icon;
use super::method::{ALWAYS, Method, MethodFacts, NotificationFacts};
use super::object::{Extra, object};
use super::page::lists;
use super::subscription::TOOLS_LIST_CHANGED;
use super::task::TaskMetadata;
use super::version::Revision;
use super::word::words;
use crate::rpc::{Object, Raw};
use serde::Serialize;

object! {
    /// A tool as a server lists it.
    pub struct Tool {
        /// Its name, by which it is called.
        "name" name: String,
        /// JSON Schema of its arguments; the root is an object.
        "inputSchema" input_schema: Raw,
        ? /// A name for people (since 2025-06-18).
        since V2025_06_18 "title" title: String,
        ? /// What it does, for a model to read.
        "description" description: String,
        ? /// JSON Schema of its structured content (since 2025-06-18). Before 2026-07-28 the root is an object.
        since V2025_06_18 when object_schemas_only "outputSchema" output_schema: Raw,
        ? /// What its use may do (since 2025-03-26).
        since V2025_03_26 "annotations" annotations: ToolAnnotations,
        ? /// Pictures to show beside its name (since 2025-11-25).
        since V2025_11_25 "icons" icons: Vec<Icon>,
        ? /// How it may be called (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "execution" execution: ToolExecution,
        ? /// What else it says of itself (since 2025-06-18).
        since V2025_06_18 "_meta" meta: Extra,
    }

    /// What the use of a tool may do. Hints, and no more to be trusted than the server that gives them.
    pub struct ToolAnnotations {
        ? /// A name for people. [`Tool::title`] comes first.
        "title" title: String,
        ? /// It changes nothing. Absent: it may.
        "readOnlyHint" read_only_hint: bool,
        ? /// It may destroy something, if it changes anything. Absent: it may.
        "destructiveHint" destructive_hint: bool,
        ? /// Using it twice with the same arguments is as using it once. Absent: it is not.
        "idempotentHint" idempotent_hint: bool,
        ? /// It deals with a world that is not closed, such as the web. Absent: it does.
        "openWorldHint" open_world_hint: bool,
    }

    /// How a tool may be called (2025-11-25 only).
    pub struct ToolExecution {
        ? /// Whether calls may, must or must not ask for a task. Absent: they must not.
        "taskSupport" task_support: TaskSupport,
    }

    /// Calls a tool.
    pub struct CallTool {
        /// Which.
        "name" name: String,
        ? /// An object.
        "arguments" arguments: Raw,
        ? /// Asks for a task instead of an answer (2025-11-25 only).
        since V2025_11_25 until V2025_11_25 "task" task: TaskMetadata,
    }

    /// What a tool answered.
    pub struct CallToolResult {
        /// Blocks of content, in order.
        "content" content: Vec<Content>,
        ? /// Whether the tool failed; the content then says why.
        "isError" is_error: bool,
        ? /// The answer as data (since 2025-06-18). Before 2026-07-28 an object.
        since V2025_06_18 when objects_only "structuredContent" structured_content: Raw,
    }
}

words! {
    /// Whether calls of a tool may ask for a task (2025-11-25 only).
    pub enum TaskSupport {
        /// They must not.
        Forbidden = "forbidden",
        /// They may.
        Optional = "optional",
        /// They must.
        Required = "required",
    }
}

/// Structured content is an object before 2026-07-28.
pub(super) fn objects_only(content: &Raw, revision: Revision) -> bool {
    revision.is_since(Revision::V2026_07_28) || content.is_object()
}

/// An output schema is one of objects before 2026-07-28.
fn object_schemas_only(schema: &Raw, revision: Revision) -> bool {
    let of_objects = || {
        let kind = Object::from_raw(schema.clone()).and_then(|schema| schema.get("type"));
        kind.is_some_and(|kind| kind.as_bytes() == b"\"object\"")
    };
    revision.is_since(Revision::V2026_07_28) || of_objects()
}

impl CallTool {
    /// The parameters of a call, the arguments written where they belong: long ones are not written twice.
    pub(crate) fn params<A: Serialize + ?Sized>(name: &str, arguments: &A) -> Result<Raw, serde_json::Error> {
        #[derive(Serialize)]
        struct Params<'a, A: ?Sized> {
            name: &'a str,
            arguments: &'a A,
        }
        Raw::from_serialize(&Params { name, arguments })
    }
}

impl CallToolResult {
    /// One block of text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::new(vec![Content::text(text)])
    }
}

impl Method for CallTool {
    const FACTS: MethodFacts = MethodFacts::to_server("tools/call", ALWAYS).needs("tools").may_ask().about("name");
    type Result = CallToolResult;
}

pub(super) const LIST_CHANGED_FACTS: NotificationFacts = NotificationFacts::new(TOOLS_LIST_CHANGED, &[], ALWAYS);

lists! {
    "tools/list" needs "tools" ListTools => ListToolsResult { "tools" tools: Tool }
}
