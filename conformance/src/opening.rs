//! How a connection usually opens: what `open` stands for in a transcript.

use crate::scenario::{Setup, Subject};
use crate::shorthand::request_meta;
use mcp_proto::model::{Era, Revision};
use serde_json::{Value, json};

/// How a connection usually opens: what `open` stands for.
pub(crate) fn opening(setup: &Setup, revision: Revision) -> Vec<String> {
    let (declares, offers) = (&setup.declares, offered(&setup.offers, revision));
    let server = match setup.subject {
        Subject::Gateway => "gateway",
        subject => subject.answers_as(),
    };
    let answer = format!(
        r#"{{"protocolVersion":"{revision}","capabilities":{offers},"serverInfo":{{"name":"{server}","version":"1"}}}}"#
    );
    let hello = |version: &str, capabilities: &dyn std::fmt::Display| {
        format!(
            r#"initialize {{"protocolVersion":"{version}","capabilities":{capabilities},"clientInfo":{{"name":"fixture-client","version":"1"}}}}"#
        )
    };
    // It is asked whether it speaks 2026-07-28 at all; what the client wants of it comes later.
    let probe = json!({
        "jsonrpc": "2.0",
        "id": "<probe>",
        "method": "server/discover",
        "params": {"_meta": request_meta(declares, None)},
    });
    match (setup.subject, revision.era()) {
        (Subject::Both, _) | (Subject::Server | Subject::Gateway, Era::Modern) => Vec::new(),
        (Subject::Server | Subject::Gateway, Era::Legacy) => vec![
            format!("C> 0 {}", hello(revision.as_str(), declares)),
            format!("S> 0 result {answer}"),
            "C> notifications/initialized".to_owned(),
        ],
        (Subject::Client, Era::Modern) => vec![
            format!("C> {probe}"),
            format!(
                r#"S> <probe> result {{"supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{offers},"ttlMs":0,"cacheScope":"private"}}"#
            ),
        ],
        (Subject::Client, Era::Legacy) => vec![
            format!("C> {probe}"),
            "S> <probe> error -32601".to_owned(),
            // What it declares depends on the revision that it asks for, not on the one that it gets.
            format!("C> <initialize> {}", hello("2025-11-25", &r#""*""#)),
            format!("S> <initialize> result {answer}"),
            "C> notifications/initialized".to_owned(),
        ],
    }
}

/// What the server offers, without what the revision lacks.
fn offered(offers: &Value, revision: Revision) -> Value {
    let mut offers = offers.clone();
    if let Some(members) = offers.as_object_mut().filter(|_| revision == Revision::V2024_11_05) {
        members.remove("completions");
    }
    offers
}
