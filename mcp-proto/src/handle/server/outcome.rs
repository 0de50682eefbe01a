//! What handlers may return, and how it becomes an answer. Serialised here, once, by whoever ran the handler.

use super::failure::Failure;
use crate::model::{CallToolResult, Content};
use crate::rpc::{self, ErrorObject, Raw};
use crate::server::Answer;
use serde::Serialize;

/// A text from this length on becomes the result where it stands, so that it is never there twice. That saves room
/// rather than time.
const LONG: usize = 4 * 1024 * 1024;

/// What a tool may return: text, content, a whole result, or a `Result` of these.
pub trait IntoToolResult {
    /// As the answer to the call.
    fn into_answer(self) -> Answer;
}

impl IntoToolResult for String {
    fn into_answer(self) -> Answer {
        if self.len() < LONG {
            return one_text(&self);
        }
        let body = Raw::around(r#"{"content":[{"type":"text","text":"#, self, "}]}");
        Answer::Result { body, meta: None }
    }
}

impl IntoToolResult for &str {
    fn into_answer(self) -> Answer {
        one_text(self)
    }
}

impl IntoToolResult for () {
    fn into_answer(self) -> Answer {
        answer(CallToolResult::new(Vec::new()))
    }
}

impl IntoToolResult for Content {
    fn into_answer(self) -> Answer {
        answer(CallToolResult::new(vec![self]))
    }
}

impl IntoToolResult for Vec<Content> {
    fn into_answer(self) -> Answer {
        answer(CallToolResult::new(self))
    }
}

impl IntoToolResult for CallToolResult {
    fn into_answer(self) -> Answer {
        answer(self)
    }
}

impl<T: IntoToolResult, E: Into<Failure>> IntoToolResult for Result<T, E> {
    fn into_answer(self) -> Answer {
        match self {
            Ok(value) => value.into_answer(),
            Err(failure) => failure.into().into_tool_answer(),
        }
    }
}

/// What a catch-all handler may return: a raw result, written as it is, or a `Result` of one.
pub trait IntoRawResult {
    /// As the answer to the request.
    fn into_answer(self) -> Answer;
}

impl IntoRawResult for Raw {
    fn into_answer(self) -> Answer {
        if self.is_object() {
            Answer::Verbatim(self)
        } else {
            Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, "the handler's result is not an object"))
        }
    }
}

impl IntoRawResult for Answer {
    fn into_answer(self) -> Answer {
        self
    }
}

impl<T: IntoRawResult, E: Into<Failure>> IntoRawResult for Result<T, E> {
    fn into_answer(self) -> Answer {
        match self {
            Ok(value) => value.into_answer(),
            Err(failure) => failure.into().into_answer(),
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

pub(super) fn answer(mut result: CallToolResult) -> Answer {
    let meta = result.extra.remove("_meta");
    let texts = result.content.iter().filter_map(Content::as_text).map(str::len).sum();
    serialised_sized(&result, texts, meta)
}

/// A result whose `_meta`, if it has one, was taken out.
pub(super) fn serialised<T: Serialize>(result: &T, meta: Option<Raw>) -> Answer {
    serialised_sized(result, 0, meta)
}

fn serialised_sized<T: Serialize>(result: &T, length: usize, meta: Option<Raw>) -> Answer {
    match Raw::from_serialize_sized(result, length) {
        Ok(body) => Answer::Result { body, meta },
        Err(e) => Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, format!("the result is not JSON: {e}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_is_what_a_result_of_one_text_is() {
        for text in ["", "plain", "\"quoted\"\n", "é\u{2028}"] {
            let built = answer(CallToolResult::text(text));
            assert_eq!(format!("{:?}", text.into_answer()), format!("{built:?}"));
            assert_eq!(format!("{:?}", text.to_owned().into_answer()), format!("{built:?}"));
            // A long one is written another way.
            let long = text.repeat(9) + &" ".repeat(LONG);
            let same = |answer| match answer {
                Answer::Result { body, meta: None } => body,
                other => panic!("{other:?}"),
            };
            assert!(same(long.as_str().into_answer()) == same(long.into_answer()));
        }
    }
}
