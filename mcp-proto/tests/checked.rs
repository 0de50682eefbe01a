//! Results of tools checked against their output schemas.

use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::model::Tool;
use mcp_proto::rpc::Raw;
use mcp_proto::sim::{Behaviour, World};
use serde_json::json;

/// How a call ends whose tool has this output schema, if any, and that is answered so; `None`: it was not even sent.
fn call(schema: &str, answer: &str) -> Option<String> {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let client = world.connect(ClientBuilder::new("c", "1"), near);
    let mut peer = far.into_peer();
    let mut tool = Tool::new("t", Raw::empty_object());
    tool.output_schema = (!schema.is_empty()).then(|| serde_json::from_str(schema).unwrap());
    world
        .run(async {
            let id = peer.request("server/discover").await.unwrap();
            peer.respond(&id, r#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}"#).await;
            let call = client.prepare_tool("t", json!({})).checked_by(&tool).send();
            if answer.is_empty() {
                return call.await.err().map(|e| e.to_string());
            }
            let id = peer.request("tools/call").await.unwrap();
            peer.respond(&id, answer).await;
            Some(call.await.map_or_else(|e| e.to_string(), |_| "fits".to_owned()))
        })
        .unwrap()
}

#[test]
fn answers_and_schemas() {
    let schema = r#"{"type":"object","properties":{"days":{"type":"array","items":{"type":"integer"}}}}"#;
    let invalid = "the peer's answer is invalid: ";
    for (schema, answer, expected) in [
        ("", r#"{"content":[]}"#, "fits"),
        (schema, r#"{"content":[],"structuredContent":{"days":[1,2]}}"#, "fits"),
        (schema, r#"{"content":[],"structuredContent":{}}"#, "fits"),
        // Nothing of what was answered is in the text.
        (
            schema,
            r#"{"content":[],"structuredContent":{"days":[1,"secret"]}}"#,
            "`structuredContent` at `/days/1`: value is not of type \"integer\"",
        ),
        (
            schema,
            r#"{"content":[],"structuredContent":7}"#,
            "`structuredContent` at ``: value is not of type \"object\"",
        ),
        (schema, r#"{"content":[]}"#, "`structuredContent`: the tool has an output schema and must give it"),
        (schema, r#"{"content":[],"isError":true}"#, "fits"),
        (
            r#"{"$ref":"https://example.com/schema"}"#,
            "",
            "the output schema of the tool is none: Resource 'https://example.com/schema' is not present in a registry and retrieving it failed: `resolve-http` feature or a custom resolver is required to resolve external schemas via HTTP",
        ),
        (
            r#"{"type":"nonsense"}"#,
            "",
            "the output schema of the tool is none: value is not valid under any of the schemas listed in the 'anyOf' keyword",
        ),
    ] {
        let expected = if expected == "fits" { expected.to_owned() } else { format!("{invalid}{expected}") };
        // Quotes are escaped, and a long text is cut short.
        let found = call(schema, answer).unwrap().replace("\\\"", "\"").replace("\\'", "'");
        assert!(expected.starts_with(&found) && found.len() > 3, "{answer}\n{found}\n{expected}");
    }
}
