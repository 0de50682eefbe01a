//! Questions of a server that a client says it can be asked, and those it refuses without looking further.

use crate::model::{ClientCapabilities, CreateMessage, Elicit, ListRoots, Method as _};
use crate::rpc::{self, ErrorObject, Object};

/// Why a question is refused: a server must ask nothing that the client has not declared (lifecycle; 2025-11-25,
/// elicitation and sampling: the codes; 2026-07-28, multi-round-trip requests). `None`: it may be asked.
pub(super) fn refusal(method: &str, params: &Object, can: &ClientCapabilities) -> Option<ErrorObject> {
    let undeclared = |what: &str| Some(ErrorObject::new(rpc::INVALID_PARAMS, format!("this client {what}")));
    let mode = || match params.get("mode") {
        // One that is absent means a form.
        None => "form".to_owned(),
        Some(mode) => mode.parse().unwrap_or_default(),
    };
    if method == Elicit::FACTS.name && can.elicitation.is_some() {
        match mode().as_str() {
            "form" if can.can_show_form() => None,
            "form" => undeclared("shows no forms"),
            "url" if can.can_open_url() => None,
            "url" => undeclared("opens no web pages"),
            _ => undeclared("does not know this mode"),
        }
    } else if method == CreateMessage::FACTS.name && can.can_sample() {
        let with_tools = params.get("tools").is_some() || params.get("toolChoice").is_some();
        if with_tools && !can.can_sample_with_tools() { undeclared("does not sample with tools") } else { None }
    } else if method == ListRoots::FACTS.name && can.can_list_roots() {
        None
    } else {
        Some(unknown(method))
    }
}

/// The error for a question of another kind.
pub(super) fn unknown(method: &str) -> ErrorObject {
    ErrorObject::new(rpc::METHOD_NOT_FOUND, format!("this client does not answer `{}`", rpc::short(method)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_declared_may_be_asked() {
        let none = "-32601 this client does not answer `*`";
        let forms = "-32602 this client shows no forms";
        let pages = "-32602 this client opens no web pages";
        let mode = "-32602 this client does not know this mode";
        let tools = "-32602 this client does not sample with tools";
        for (capabilities, method, params, expected) in [
            ("{}", "elicitation/create", "{}", none),
            ("{}", "sampling/createMessage", "{}", none),
            ("{}", "roots/list", "{}", none),
            (r#"{"elicitation":{},"sampling":{},"roots":{}}"#, "tasks/list", "{}", none),
            (r#"{"elicitation":{}}"#, "elicitation/create", "{}", ""),
            (r#"{"elicitation":{}}"#, "elicitation/create", r#"{"mode":"form"}"#, ""),
            (r#"{"elicitation":{}}"#, "elicitation/create", r#"{"mode":"url"}"#, pages),
            (r#"{"elicitation":{}}"#, "elicitation/create", r#"{"mode":"dance"}"#, mode),
            (r#"{"elicitation":{}}"#, "elicitation/create", r#"{"mode":7}"#, mode),
            (r#"{"elicitation":{"url":{}}}"#, "elicitation/create", "{}", forms),
            (r#"{"elicitation":{"url":{}}}"#, "elicitation/create", r#"{"mode":"url"}"#, ""),
            (r#"{"elicitation":{"url":{},"form":{}}}"#, "elicitation/create", "{}", ""),
            (r#"{"sampling":{}}"#, "sampling/createMessage", "{}", ""),
            (r#"{"sampling":{}}"#, "sampling/createMessage", r#"{"tools":[]}"#, tools),
            (r#"{"sampling":{}}"#, "sampling/createMessage", r#"{"toolChoice":{}}"#, tools),
            (r#"{"sampling":{"tools":{}}}"#, "sampling/createMessage", r#"{"tools":[]}"#, ""),
            (r#"{"roots":{}}"#, "roots/list", "{}", ""),
        ] {
            let can: ClientCapabilities = serde_json::from_str(capabilities).unwrap();
            let params = Object::from_raw(serde_json::from_str(params).unwrap()).unwrap();
            let refused = refusal(method, &params, &can).map(|e| format!("{} {}", e.code, e.message));
            let expected = expected.replace('*', method);
            assert_eq!(refused.unwrap_or_default(), expected, "{capabilities} {method} {}", params.raw().as_str());
        }
    }
}
