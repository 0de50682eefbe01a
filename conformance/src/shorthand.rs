//! Messages as transcripts write them.
//!
//! A line is the message itself, as JSON, or says the same shorter:
//!
//! ```text
//! 1 tools/call {"name":"echo"}        a request
//! notifications/initialized           a notification
//! 1 result {"content":[]}             a final result
//! 1 asks {"requestState":"<s>"}       a result that asks back (2026-07-28)
//! 1 error -32601                      an error, whatever its text
//! 1 error -32602 "text" {"a":1}       an error with this text and this data
//! - error -32700                      an error that answers no id
//! ```
//!
//! The id is a number, a quoted string, or a `<name>`. What the era demands of every message is added: since
//! 2026-07-28 the `_meta` of requests and the `resultType` and `_meta` of results. A line that begins with
//! `modern` or `legacy` is written the way of that era whatever the era of the transcript.

use crate::fixture;
use mcp_proto::model::Era;
use serde_json::{Map, Value, json};

/// The `_meta` of every modern request of a client that declares this, and wants to hear log messages of that level.
#[must_use]
pub fn request_meta(declares: &Value, logs: Option<&str>) -> Value {
    let mut capabilities = declares.clone();
    // The older era has announcements of roots, too.
    if let Some(roots) = capabilities.get_mut("roots").and_then(Value::as_object_mut) {
        roots.remove("listChanged");
    }
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": fixture::client_info(),
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    if let Some(level) = logs {
        meta["io.modelcontextprotocol/logLevel"] = json!(level);
    }
    meta
}

/// What a modern result says beside what it says.
fn result_envelope(server: &str) -> Value {
    json!({
        "resultType": "complete",
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": server, "version": "1"}},
    })
}

/// Adds members; objects are merged, and what is there already stays.
fn add(to: &mut Value, more: Value) {
    let (Value::Object(to), Value::Object(more)) = (to, more) else { return };
    for (key, value) in more {
        match to.get_mut(&key) {
            Some(there) => add(there, value),
            None => {
                to.insert(key, value);
            }
        }
    }
}

/// A result as its era has it.
#[must_use]
pub fn result(mut body: Value, era: Era, server: &str) -> Value {
    if era == Era::Modern {
        add(&mut body, result_envelope(server));
    }
    body
}

/// Reads JSON values that stand one behind the other.
fn values(text: &str) -> Result<Vec<Value>, String> {
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|e| format!("{e} in `{text}`"))
}

fn only(text: &str) -> Result<Value, String> {
    let mut values = values(text)?;
    match (values.pop(), values.is_empty()) {
        (None, _) => Ok(json!({})),
        (Some(value), true) => Ok(value),
        (Some(_), false) => Err(format!("more than one value in `{text}`")),
    }
}

/// What follows `error`: a code, a text if it matters, data if there are some.
///
/// # Errors
/// It is something else.
pub fn error(text: &str) -> Result<Value, String> {
    let mut values = values(text)?.into_iter();
    let code = values.next().filter(Value::is_i64).ok_or_else(|| format!("no code in `{text}`"))?;
    let mut error = Map::from_iter([("code".to_owned(), code), ("message".to_owned(), json!("*"))]);
    for value in values {
        let key = if value.is_string() && !error.contains_key("data") { "message" } else { "data" };
        error.insert(key.to_owned(), value);
    }
    Ok(Value::Object(error))
}

/// A word, and the rest of the line.
#[must_use]
pub fn word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()))
}

fn id(word: &str) -> Result<Option<Value>, String> {
    match word {
        "-" => Ok(None),
        name if name.starts_with('<') => Ok(Some(json!(name))),
        json => serde_json::from_str(json).map(Some).map_err(|e| format!("id `{json}`: {e}")),
    }
}

/// Reads a line. `meta` is what a modern request says of its client, `server` the name of the server whose results it
/// may be.
///
/// # Errors
/// It is neither a message nor a shorter way to write one.
pub fn message(line: &str, era: Era, meta: &Value, server: &str) -> Result<Value, String> {
    let line = line.trim();
    if line.starts_with(['{', '[']) {
        return serde_json::from_str(line).map_err(|e| format!("{e} in `{line}`"));
    }
    let (first, rest) = word(line);
    match first {
        "modern" => return message(rest, Era::Modern, meta, server),
        "legacy" => return message(rest, Era::Legacy, meta, server),
        _ => {}
    }
    let mut message = json!({"jsonrpc": "2.0"});
    if first.contains('/') && !first.starts_with(['"', '<']) {
        message["method"] = json!(first);
        if !rest.is_empty() {
            message["params"] = only(rest)?;
        }
        return Ok(message);
    }
    if let Some(id) = id(first)? {
        message["id"] = id;
    }
    let (what, rest) = word(rest);
    match what {
        "" => return Err(format!("nothing but an id in `{line}`")),
        "result" => message["result"] = result(only(rest)?, era, server),
        "asks" => {
            message["result"] = only(rest)?;
            add(&mut message["result"], json!({"resultType": "input_required"}));
        }
        "error" => message["error"] = error(rest)?,
        method => {
            message["method"] = json!(method);
            if era == Era::Modern {
                let mut params = only(rest)?;
                add(&mut params, json!({"_meta": meta}));
                message["params"] = params;
            } else if !rest.is_empty() {
                message["params"] = only(rest)?;
            }
        }
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, era: Era, expected: Value) {
        assert_eq!(message(line, era, &request_meta(&json!({}), None), "s"), Ok(expected), "{line}");
    }

    #[test]
    fn says_the_same_shorter() {
        let meta = request_meta(&json!({}), None);
        let about = json!({"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"}});
        let rpc = |mut more: Value| {
            add(&mut more, json!({"jsonrpc": "2.0"}));
            more
        };
        use Era::{Legacy, Modern};
        check(r#"{"anything":[1]}"#, Legacy, json!({"anything": [1]}));
        check("1 ping", Legacy, rpc(json!({"id": 1, "method": "ping"})));
        check("\"a\" ping", Modern, rpc(json!({"id": "a", "method": "ping", "params": {"_meta": meta}})));
        check("legacy 1 ping", Modern, rpc(json!({"id": 1, "method": "ping"})));
        check("<x> result {\"a\":1}", Legacy, rpc(json!({"id": "<x>", "result": {"a": 1}})));
        let result = json!({"a": 1, "resultType": "complete", "_meta": about});
        check("<x> result {\"a\":1}", Modern, rpc(json!({"id": "<x>", "result": result})));
        let asks = json!({"requestState": "s", "resultType": "input_required"});
        check("2 asks {\"requestState\":\"s\"}", Modern, rpc(json!({"id": 2, "result": asks})));
        check("2 error -1", Modern, rpc(json!({"id": 2, "error": {"code": -1, "message": "*"}})));
        let error = json!({"code": -1, "message": "m", "data": ["d"]});
        check("2 error -1 \"m\" [\"d\"]", Legacy, rpc(json!({"id": 2, "error": error})));
        check("- error -2", Legacy, rpc(json!({"error": {"code": -2, "message": "*"}})));
        check("a/b {\"c\":1}", Modern, rpc(json!({"method": "a/b", "params": {"c": 1}})));
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for line in ["1", "{", "x ping", "1 result {", "1 result 1 2", "1 error", "1 error text"] {
            assert!(message(line, Era::Legacy, &json!({}), "s").is_err(), "{line}");
        }
    }
}
