//! Tools: listing them and calling one.

use super::content::Content;
use super::method::{ALWAYS, Method, MethodFacts};
use super::object::object;
use crate::rpc::Raw;
use serde::Serialize;

object! {
    /// A tool as a server lists it.
    pub struct Tool {
        /// Its name, by which it is called.
        "name" name: String,
        /// JSON Schema of its arguments; the root is an object.
        "inputSchema" input_schema: Raw,
        ? /// A name for people.
        "title" title: String,
        ? /// What it does, for a model to read.
        "description" description: String,
        ? /// JSON Schema of its structured content.
        "outputSchema" output_schema: Raw,
    }

    /// Asks for the tools of a server, a page at a time.
    pub struct ListTools {
        ? /// Where the page begins: `next_cursor` of the page before. Absent: at the beginning.
        "cursor" cursor: String,
    }

    /// A page of tools.
    pub struct ListToolsResult {
        /// The tools, in a stable order.
        "tools" tools: Vec<Tool>,
        ? /// Where the next page begins. Absent: this is the last.
        "nextCursor" next_cursor: String,
        ? /// For how many milliseconds the answer may be kept (2026-07-28). Absent: not at all.
        "ttlMs" ttl_ms: u64,
        ? /// `public` or `private` (2026-07-28): who may share a kept answer. Absent: `private`.
        "cacheScope" cache_scope: String,
    }

    /// Calls a tool.
    pub struct CallTool {
        /// Which.
        "name" name: String,
        ? /// An object.
        "arguments" arguments: Raw,
    }

    /// What a tool answered.
    pub struct CallToolResult {
        /// Blocks of content, in order.
        "content" content: Vec<Content>,
        ? /// Whether the tool failed; the content then says why.
        "isError" is_error: bool,
        ? /// The answer as data.
        "structuredContent" structured_content: Raw,
    }
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

impl Method for ListTools {
    const FACTS: MethodFacts = MethodFacts::to_server("tools/list", ALWAYS).needs("tools").cacheable();
    type Result = ListToolsResult;
}

impl Method for CallTool {
    const FACTS: MethodFacts = MethodFacts::to_server("tools/call", ALWAYS).needs("tools").may_ask();
    type Result = CallToolResult;
}

super::page::paged!(ListTools => Tool: tools);
