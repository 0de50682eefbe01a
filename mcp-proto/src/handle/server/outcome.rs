//! What handlers may return, and how it becomes an answer. Serialised here, once, by whoever ran the handler.

use super::arguments::invalid;
use super::failure::Failure;
use crate::model::{
    CacheHint, Cacheable as _, CallTool, CallToolResult, Complete, CompleteResult, Completion, Content, Era, GetPrompt,
    GetPromptResult, PromptMessage, ReadResource, ReadResourceResult, ResourceContents, Restrict, Revision,
};
use crate::rpc::{self, ErrorObject, Object, Raw};
use crate::server::{Answer, Request};
use bytes::Bytes;
use serde::Serialize;
use std::sync::Arc;

/// A text from this length on becomes the result where it stands, so that it is never there twice. That saves room
/// rather than time.
const LONG: usize = 4 * 1024 * 1024;

/// Values of a completion at most (since 2024-11-05); more are left out, and said to be there.
const COMPLETIONS: usize = 100;

/// Who gets an answer, and what it is about.
#[derive(Clone, Debug)]
pub struct Recipient {
    revision: Revision,
    reading: Option<Arc<Reading>>,
}

/// The resource that is read.
#[derive(Debug)]
struct Reading {
    uri: String,
    mime_type: Option<String>,
    cache: Option<CacheHint>,
}

impl Reading {
    /// Says what the handler has left open.
    fn complete(&self, contents: &mut ResourceContents) {
        let (uri, mime_type) = match contents {
            ResourceContents::Text(text) => (&mut text.uri, &mut text.mime_type),
            ResourceContents::Blob(blob) => (&mut blob.uri, &mut blob.mime_type),
            _ => return,
        };
        if uri.is_empty() {
            uri.clone_from(&self.uri);
        }
        if mime_type.is_none() {
            mime_type.clone_from(&self.mime_type);
        }
    }
}

impl Recipient {
    pub(super) fn of(request: &Request) -> Self {
        Self { revision: request.peer.revision, reading: None }
    }

    pub(super) fn reading(mut self, uri: &str, mime_type: Option<&str>, cache: Option<CacheHint>) -> Self {
        let mime_type = mime_type.map(str::to_owned);
        self.reading = Some(Arc::new(Reading { uri: uri.to_owned(), mime_type, cache }));
        self
    }

    /// A result whose `_meta` was taken out, without what the recipient's revision lacks.
    fn answer<R: Serialize + Restrict>(&self, mut result: R, meta: Option<Raw>) -> Answer {
        result.restrict(self.revision);
        serialised(&result, meta)
    }

    /// Arguments of a tool that are wrong are for the model to mend since 2025-11-25 (tools, error handling); before,
    /// they are the protocol's error.
    pub(super) fn refuse_arguments(&self, why: &str) -> Answer {
        let why = format!("invalid arguments: {why}");
        if self.revision.has_argument_errors_as_results() {
            Failure::tool(why).into_tool_answer(self)
        } else {
            invalid(why)
        }
    }
}

/// What a handler for calls of the kind `K` may return.
///
/// | `K` | what |
/// |---|---|
/// | [`CallTool`] | text, [`Content`], several of it, [`Json`], `()`, [`CallToolResult`] |
/// | [`ReadResource`] | text, bytes, [`ResourceContents`], several of it, [`ReadResourceResult`]; an `Option` of any, where `None` is a resource that is not there |
/// | [`GetPrompt`] | text (said by the user), [`PromptMessage`], several of it, [`GetPromptResult`] |
/// | [`Complete`] | values, [`Completion`], [`CompleteResult`] |
/// | [`Any`] | [`Json`], [`Raw`] |
/// | any of them | [`Answer`], as it is: errors, results of extensions |
///
/// And a `Result` of any of these with an error that becomes a [`Failure`].
pub trait IntoAnswer<K> {
    /// As the answer to the call.
    fn into_answer(self, to: &Recipient) -> Answer;
}

/// Calls of any method.
#[derive(Debug)]
pub enum Any {}

/// A value that is returned as JSON: as the structured content of a tool (since 2025-06-18) and as its text, for those
/// who read only that; or as the result of a method of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Json<T>(pub T);

fn not_json(e: &serde_json::Error) -> Answer {
    Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, format!("the result is not JSON: {e}")))
}

// ---- Tools.

impl IntoAnswer<CallTool> for String {
    fn into_answer(self, _to: &Recipient) -> Answer {
        if self.len() < LONG {
            return one_text(&self);
        }
        let body = Raw::around(r#"{"content":[{"type":"text","text":"#, self, "}]}");
        Answer::Result { body, meta: None }
    }
}

impl IntoAnswer<CallTool> for &str {
    fn into_answer(self, _to: &Recipient) -> Answer {
        one_text(self)
    }
}

impl IntoAnswer<CallTool> for () {
    fn into_answer(self, to: &Recipient) -> Answer {
        CallToolResult::new(Vec::new()).into_answer(to)
    }
}

impl IntoAnswer<CallTool> for Content {
    fn into_answer(self, to: &Recipient) -> Answer {
        CallToolResult::new(vec![self]).into_answer(to)
    }
}

impl IntoAnswer<CallTool> for Vec<Content> {
    fn into_answer(self, to: &Recipient) -> Answer {
        CallToolResult::new(self).into_answer(to)
    }
}

impl IntoAnswer<CallTool> for CallToolResult {
    fn into_answer(mut self, to: &Recipient) -> Answer {
        self.restrict(to.revision);
        answer(self)
    }
}

impl<T: Serialize> IntoAnswer<CallTool> for Json<T> {
    fn into_answer(self, to: &Recipient) -> Answer {
        match Raw::from_serialize(&self.0) {
            Ok(json) => {
                let mut result = CallToolResult::text(json.as_str());
                result.structured_content = Some(json);
                result.into_answer(to)
            }
            Err(e) => not_json(&e),
        }
    }
}

impl<T: IntoAnswer<CallTool>, E: Into<Failure>> IntoAnswer<CallTool> for Result<T, E> {
    fn into_answer(self, to: &Recipient) -> Answer {
        match self {
            Ok(value) => value.into_answer(to),
            Err(failure) => failure.into().into_tool_answer(to),
        }
    }
}

/// [`CallToolResult::text`] as an answer. Most tools answer with this, so it is written without being built.
fn one_text(text: &str) -> Answer {
    #[derive(Serialize)]
    struct OneText<'a> {
        content: [Block<'a>; 1],
    }
    #[derive(Serialize)]
    struct Block<'a> {
        r#type: &'static str,
        text: &'a str,
    }
    serialised_sized(&OneText { content: [Block { r#type: "text", text }] }, text.len(), None)
}

fn answer(mut result: CallToolResult) -> Answer {
    let meta = result.extra.remove("_meta");
    let texts = result.content.iter().filter_map(Content::as_text).map(str::len).sum();
    serialised_sized(&result, texts, meta)
}

// ---- Resources.

impl IntoAnswer<ReadResource> for String {
    fn into_answer(self, to: &Recipient) -> Answer {
        ResourceContents::text("", self).into_answer(to)
    }
}

impl IntoAnswer<ReadResource> for &str {
    fn into_answer(self, to: &Recipient) -> Answer {
        ResourceContents::text("", self).into_answer(to)
    }
}

impl IntoAnswer<ReadResource> for Vec<u8> {
    fn into_answer(self, to: &Recipient) -> Answer {
        ResourceContents::blob("", self).into_answer(to)
    }
}

impl IntoAnswer<ReadResource> for Bytes {
    fn into_answer(self, to: &Recipient) -> Answer {
        ResourceContents::blob("", self).into_answer(to)
    }
}

/// Without one, there is no such resource ([`Failure::resource_not_found`]).
impl<T: IntoAnswer<ReadResource>> IntoAnswer<ReadResource> for Option<T> {
    fn into_answer(self, to: &Recipient) -> Answer {
        match self {
            Some(found) => found.into_answer(to),
            None => {
                let uri = to.reading.as_ref().map(|reading| reading.uri.as_str()).unwrap_or_default();
                Failure::resource_not_found(uri).into_answer()
            }
        }
    }
}

impl IntoAnswer<ReadResource> for ResourceContents {
    fn into_answer(self, to: &Recipient) -> Answer {
        vec![self].into_answer(to)
    }
}

impl IntoAnswer<ReadResource> for Vec<ResourceContents> {
    fn into_answer(self, to: &Recipient) -> Answer {
        ReadResourceResult::new(self).into_answer(to)
    }
}

impl IntoAnswer<ReadResource> for ReadResourceResult {
    /// What a handler leaves open is what was asked for: the URI, and the media type of the listing.
    fn into_answer(mut self, to: &Recipient) -> Answer {
        if let Some(reading) = &to.reading {
            for contents in &mut self.contents {
                reading.complete(contents);
            }
        }
        if to.revision.era() == Era::Modern {
            let listed = to.reading.as_ref().and_then(|reading| reading.cache.clone()).unwrap_or_default();
            let said = self.ttl_ms.is_some() || self.cache_scope.is_some();
            let hint = if said { self.cache() } else { listed };
            self = self.cached(hint);
        }
        let meta = self.extra.remove("_meta");
        to.answer(self, meta)
    }
}

// ---- Prompts.

impl IntoAnswer<GetPrompt> for String {
    fn into_answer(self, to: &Recipient) -> Answer {
        PromptMessage::user(self).into_answer(to)
    }
}

impl IntoAnswer<GetPrompt> for &str {
    fn into_answer(self, to: &Recipient) -> Answer {
        PromptMessage::user(self).into_answer(to)
    }
}

impl IntoAnswer<GetPrompt> for PromptMessage {
    fn into_answer(self, to: &Recipient) -> Answer {
        vec![self].into_answer(to)
    }
}

impl IntoAnswer<GetPrompt> for Vec<PromptMessage> {
    fn into_answer(self, to: &Recipient) -> Answer {
        GetPromptResult::new(self).into_answer(to)
    }
}

impl IntoAnswer<GetPrompt> for GetPromptResult {
    fn into_answer(mut self, to: &Recipient) -> Answer {
        let meta = self.extra.remove("_meta");
        to.answer(self, meta)
    }
}

// ---- Completion.

impl IntoAnswer<Complete> for Vec<String> {
    fn into_answer(mut self, to: &Recipient) -> Answer {
        let total = self.len();
        self.truncate(COMPLETIONS);
        let mut completion = Completion::new(self);
        if total > COMPLETIONS {
            completion.total = u64::try_from(total).ok();
            completion.has_more = Some(true);
        }
        completion.into_answer(to)
    }
}

impl IntoAnswer<Complete> for Vec<&str> {
    fn into_answer(self, to: &Recipient) -> Answer {
        let values: Vec<String> = self.into_iter().map(str::to_owned).collect();
        values.into_answer(to)
    }
}

impl IntoAnswer<Complete> for Completion {
    fn into_answer(self, to: &Recipient) -> Answer {
        CompleteResult::new(self).into_answer(to)
    }
}

impl IntoAnswer<Complete> for CompleteResult {
    fn into_answer(mut self, to: &Recipient) -> Answer {
        let meta = self.extra.remove("_meta");
        to.answer(self, meta)
    }
}

// ---- Any method.

impl IntoAnswer<Any> for Raw {
    /// A raw result is written as it is.
    fn into_answer(self, _to: &Recipient) -> Answer {
        if self.is_object() {
            Answer::Verbatim(self)
        } else {
            Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, "the handler's result is not an object"))
        }
    }
}

impl<K> IntoAnswer<K> for Answer {
    fn into_answer(self, _to: &Recipient) -> Answer {
        self
    }
}

impl<T: Serialize> IntoAnswer<Any> for Json<T> {
    fn into_answer(self, _to: &Recipient) -> Answer {
        match Raw::from_serialize(&self.0) {
            Ok(body) if body.is_object() => {
                let meta = Object::from_raw(body.clone()).and_then(|object| object.get("_meta"));
                let body = if meta.is_some() { rpc::splice::without(&body, "_meta") } else { body };
                Answer::Result { body, meta }
            }
            Ok(_) => Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, "the handler's result is not an object")),
            Err(e) => not_json(&e),
        }
    }
}

/// What fails here is not for a model to read: it is the protocol's error.
macro_rules! results_of {
    ($($kind:ty),*) => {$(
        impl<T: IntoAnswer<$kind>, E: Into<Failure>> IntoAnswer<$kind> for Result<T, E> {
            fn into_answer(self, to: &Recipient) -> Answer {
                match self {
                    Ok(value) => value.into_answer(to),
                    Err(failure) => failure.into().into_answer(),
                }
            }
        }
    )*};
}

results_of!(ReadResource, GetPrompt, Complete, Any);

/// A result whose `_meta`, if it has one, was taken out.
pub(super) fn serialised<T: Serialize>(result: &T, meta: Option<Raw>) -> Answer {
    serialised_sized(result, 0, meta)
}

fn serialised_sized<T: Serialize>(result: &T, length: usize, meta: Option<Raw>) -> Answer {
    match Raw::from_serialize_sized(result, length) {
        Ok(body) => Answer::Result { body, meta },
        Err(e) => not_json(&e),
    }
}
