//! `_meta`: what a message says about itself. Since 2026-07-28 every request carries version, capabilities
//! and (it should) identity there.

use super::version::Revision;
use crate::rpc::{Object, Raw};

/// Names a request's protocol version. Required since 2026-07-28.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Names the client's capabilities for this request. Required since 2026-07-28.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Names the client. Should be there since 2026-07-28.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// Names the server, in results. Should be there since 2026-07-28.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// The token by which progress names its request.
pub const PROGRESS_TOKEN: &str = "progressToken";
/// The least level of log messages a request wants to hear of; without it, it hears of none (2026-07-28).
pub const LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// Names the subscription a notification belongs to: the id of its request (2026-07-28).
pub const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
/// Names the task a message belongs to: a [`RelatedTask`](super::RelatedTask) (2025-11-25).
pub const RELATED_TASK: &str = "io.modelcontextprotocol/related-task";
/// What a model can be told while a task is worked on: a text, in the result that makes the task (2025-11-25).
pub const MODEL_IMMEDIATE_RESPONSE: &str = "io.modelcontextprotocol/model-immediate-response";

/// Whether a text may be a key of `_meta` (since 2025-06-18): a prefix of labels with dots between them and `/` at
/// its end, or none; then a name, or nothing. What peers send is not checked by it: unknown keys pass as they are.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let (prefix, name) = text.rsplit_once('/').map_or((None, text), |(prefix, name)| (Some(prefix), name));
    let edges = |text: &str, first: fn(&char) -> bool| {
        let (begin, end) = (text.chars().next(), text.chars().next_back());
        begin.is_some_and(|c| first(&c)) && end.is_some_and(|c| c.is_ascii_alphanumeric())
    };
    let label = |label: &str| {
        edges(label, char::is_ascii_alphabetic) && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let name_is_legal = name.is_empty()
        || edges(name, char::is_ascii_alphanumeric)
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    prefix.is_none_or(|prefix| prefix.split('.').all(label)) && name_is_legal && !text.is_empty()
}

/// What a modern request's `_meta` must say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestMeta {
    /// A version this library knows by name, whether or not it is served.
    pub version: Result<Revision, String>,
    /// The client's capabilities, an object.
    pub capabilities: Raw,
    /// The client's identity, if given.
    pub client: Option<Raw>,
}

/// What is missing or wrong in a modern `_meta`; the text goes into the error.
pub(crate) type Incomplete = String;

/// Reads the `_meta` of a request: `None` if it carries no protocol version and so belongs to the older era.
pub(crate) fn request_meta(meta: &Object) -> Option<Result<RequestMeta, Incomplete>> {
    let version = meta.get(PROTOCOL_VERSION)?;
    Some(read(meta, &version))
}

fn read(meta: &Object, version: &Raw) -> Result<RequestMeta, Incomplete> {
    let name: String = version.parse().map_err(|_| format!("`{PROTOCOL_VERSION}` must be a string"))?;
    let capabilities = meta.get(CLIENT_CAPABILITIES).ok_or_else(|| format!("`_meta` lacks `{CLIENT_CAPABILITIES}`"))?;
    if !capabilities.is_object() {
        return Err(format!("`{CLIENT_CAPABILITIES}` must be an object"));
    }
    Ok(RequestMeta { version: Revision::from_name(&name).ok_or(name), capabilities, client: meta.get(CLIENT_INFO) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let legal = [
            PROTOCOL_VERSION,
            CLIENT_CAPABILITIES,
            CLIENT_INFO,
            SERVER_INFO,
            PROGRESS_TOKEN,
            SUBSCRIPTION_ID,
            "traceparent",
            "a",
            "com.example/",
            "com.example/a-b_c.d1",
            "x-1.y/9",
            "a/B",
        ];
        let illegal =
            ["", "/", "/a", "a b", "_a", "a_", "-a", "1.a/b", "a-/b", "-a/b", "a..b/c", "a.b/c/d", "a_b/c", "é", "a/-"];
        for (keys, expected) in [(&legal[..], true), (&illegal[..], false)] {
            for key in keys {
                assert_eq!(is_key(key), expected, "{key}");
            }
        }
    }
}
