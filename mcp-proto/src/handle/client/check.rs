//! Results of tools checked against the schemas the server gave for them, with the feature `jsonschema`; without it,
//! nothing at all.

use crate::client::Reply;
use crate::error::CallError;
#[cfg(feature = "jsonschema")]
pub(super) use on::Check;

/// What a result has to be like, beyond its type.
#[cfg(not(feature = "jsonschema"))]
#[derive(Clone, Debug, Default)]
pub(super) struct Check {}

#[cfg(not(feature = "jsonschema"))]
impl Check {
    #[expect(clippy::unused_self, reason = "with the feature there is something in it")]
    pub(super) fn of(&self, _reply: &Reply) -> Result<(), CallError> {
        Ok(())
    }
}

#[cfg(feature = "jsonschema")]
mod on {
    use super::{CallError, Reply};
    use crate::client::ResultKind;
    use crate::handle::client::Prepared;
    use crate::model::{CallToolResult, Tool};
    use crate::rpc::Raw;
    use jsonschema::{ValidationError, Validator};
    use serde_json::Value;
    use std::sync::Arc;

    /// What a result has to be like, beyond its type.
    #[derive(Clone, Debug, Default)]
    pub(in super::super) struct Check(Option<Arc<Validator>>);

    impl Check {
        /// Results of this tool. One without an output schema may answer anything.
        fn by(tool: &Tool) -> Result<Self, CallError> {
            let Some(schema) = &tool.output_schema else { return Ok(Self(None)) };
            let broken = |why: String| CallError::Invalid(format!("the output schema of the tool is none: {why}"));
            let schema: Value = schema.parse().map_err(|e| broken(e.to_string()))?;
            let validator = jsonschema::validator_for(&schema).map_err(|e| broken(told(&e)))?;
            Ok(Self(Some(Arc::new(validator))))
        }

        pub(in super::super) fn of(&self, reply: &Reply) -> Result<(), CallError> {
            let Some(validator) = &self.0 else { return Ok(()) };
            let result = &reply.result;
            let is = |name: &str, what: &[u8]| result.get(name).is_some_and(|value: Raw| value.as_bytes() == what);
            // What a tool says when it fails is for the model to read, and a task has no answer yet.
            if reply.kind != ResultKind::Complete || is("isError", b"true") || result.get("content").is_none() {
                return Ok(());
            }
            let invalid = |why: String| Err(CallError::Invalid(format!("`structuredContent`{why}")));
            let Some(content) = result.get("structuredContent") else {
                return invalid(": the tool has an output schema and must give it".to_owned());
            };
            let content: Value = content.parse().map_err(|e| CallError::Invalid(e.to_string()))?;
            match validator.iter_errors(&content).next() {
                None => Ok(()),
                Some(e) => invalid(format!(" at `{}`: {}", short(e.instance_path().as_str()), told(&e))),
            }
        }
    }

    /// What is wrong, without what was answered.
    fn told(e: &ValidationError<'_>) -> String {
        short(&e.masked().to_string())
    }

    /// Cut short and escaped: names in it are the server's.
    fn short(text: &str) -> String {
        text.chars().take(200).collect::<String>().escape_debug().to_string()
    }

    impl Prepared<CallToolResult> {
        /// Checks the answer's structured content against the tool's output schema, as a client should (since
        /// 2025-06-18, tools): one that does not fit ends the call with [`CallError::Invalid`], which names the place
        /// as a JSON pointer. Results with `isError` and tools without an output schema pass. What a schema refers to
        /// elsewhere is not fetched; such a schema, like one that is none, ends the call before it is sent.
        ///
        /// Only with the feature `jsonschema`. The schema is read here: keep what is called often short of it.
        pub fn checked_by(mut self, tool: &Tool) -> Self {
            match Check::by(tool) {
                Ok(check) => self.check = check,
                Err(e) => self.refused = Some(e),
            }
            self
        }
    }
}
