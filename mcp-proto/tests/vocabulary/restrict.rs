//! What a revision lacks is not sent to a peer that speaks it.

use mcp_proto::model::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const REVISIONS: [Revision; 5] =
    [Revision::V2024_11_05, Revision::V2025_03_26, Revision::V2025_06_18, Revision::V2025_11_25, Revision::V2026_07_28];

/// What is sent of `value` from each of these revisions on.
fn check<T: Restrict + Serialize + DeserializeOwned>(value: &Value, sent: &[(&str, Value)]) {
    let mut expected = None;
    for revision in REVISIONS {
        let from_here = sent.iter().find(|(from, _)| *from == revision.as_str());
        expected = from_here.map(|(_, json)| json).or(expected);
        let mut restricted: T = serde_json::from_value(value.clone()).unwrap();
        restricted.restrict(revision);
        assert_eq!(&serde_json::to_value(restricted).unwrap(), expected.unwrap(), "{value} for {revision}");
    }
}

#[test]
fn members_come_and_go() {
    let icons = json!([{"src": "https://example.com/i.png"}]);
    check::<Tool>(
        &json!({
            "name": "t", "title": "T", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"},
            "annotations": {"readOnlyHint": true}, "icons": icons, "execution": {"taskSupport": "optional"},
            "_meta": {"a": 1}, "unknown": 1,
        }),
        &[
            ("2024-11-05", json!({"name": "t", "inputSchema": {"type": "object"}, "unknown": 1})),
            (
                "2025-03-26",
                json!({"name": "t", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}, "unknown": 1}),
            ),
            (
                "2025-06-18",
                json!({
                    "name": "t", "title": "T", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"},
                    "annotations": {"readOnlyHint": true}, "_meta": {"a": 1}, "unknown": 1,
                }),
            ),
            (
                "2025-11-25",
                json!({
                    "name": "t", "title": "T", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"},
                    "annotations": {"readOnlyHint": true}, "icons": icons, "execution": {"taskSupport": "optional"},
                    "_meta": {"a": 1}, "unknown": 1,
                }),
            ),
            (
                "2026-07-28",
                json!({
                    "name": "t", "title": "T", "inputSchema": {"type": "object"}, "outputSchema": {"type": "object"},
                    "annotations": {"readOnlyHint": true}, "icons": icons, "_meta": {"a": 1}, "unknown": 1,
                }),
            ),
        ],
    );
    check::<Progress>(
        &json!({"progressToken": 1, "progress": 0.5, "message": "half"}),
        &[
            ("2024-11-05", json!({"progressToken": 1, "progress": 0.5})),
            ("2025-03-26", json!({"progressToken": 1, "progress": 0.5, "message": "half"})),
        ],
    );
    let plain = json!({"resources": [{"uri": "a:b", "name": "b", "annotations": {"priority": 0.5}}]});
    let dated =
        json!({"resources": [{"uri": "a:b", "name": "b", "annotations": {"priority": 0.5, "lastModified": "2026"}}]});
    check::<ListResourcesResult>(
        &json!({"resources": dated["resources"], "ttlMs": 1, "cacheScope": "public"}),
        &[
            ("2024-11-05", plain),
            ("2025-06-18", dated.clone()),
            ("2026-07-28", json!({"resources": dated["resources"], "ttlMs": 1, "cacheScope": "public"})),
        ],
    );
    check::<Complete>(
        &json!({"ref": {"type": "ref/prompt", "name": "p", "title": "P"}, "argument": {"name": "a", "value": ""}, "context": {}}),
        &[
            ("2024-11-05", json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": ""}})),
            (
                "2025-06-18",
                json!({"ref": {"type": "ref/prompt", "name": "p", "title": "P"}, "argument": {"name": "a", "value": ""}, "context": {}}),
            ),
        ],
    );
}

#[test]
fn data_is_an_object_before_2026_07_28() {
    for (data, schema) in [(json!([1]), json!({"type": "array"})), (json!(null), json!({})), (json!("a"), json!(true))]
    {
        // A null member counts as absent.
        let full =
            if data.is_null() { json!({"content": []}) } else { json!({"content": [], "structuredContent": data}) };
        check::<CallToolResult>(&full, &[("2024-11-05", json!({"content": []})), ("2026-07-28", full.clone())]);
        let tool = json!({"name": "t", "inputSchema": {}, "outputSchema": schema});
        check::<Tool>(&tool, &[("2024-11-05", json!({"name": "t", "inputSchema": {}})), ("2026-07-28", tool.clone())]);
    }
    let result = json!({"content": [], "structuredContent": {"n": 1}});
    check::<CallToolResult>(&result, &[("2024-11-05", json!({"content": []})), ("2025-06-18", result.clone())]);
}

#[test]
fn blocks_become_words() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let cases = [
        (json!({"type": "text", "text": "a"}), "2024-11-05", text("a")),
        (
            json!({"type": "audio", "data": "AAECAwQF", "mimeType": "audio/wav"}),
            "2025-03-26",
            text("[audio, audio/wav, about 6 bytes]"),
        ),
        (
            json!({"type": "resource_link", "uri": "file:///a", "name": "a", "title": "A"}),
            "2025-06-18",
            text("[resource A: file:///a]"),
        ),
        (
            json!({"type": "tool_use", "id": "1", "name": "t", "input": {"a": 1}}),
            "2025-11-25",
            text(r#"[use of the tool t: {"a":1}]"#),
        ),
        (
            json!({"type": "tool_result", "toolUseId": "1", "content": [text("rain"), text("wind")]}),
            "2025-11-25",
            text("[result of a tool: rain\nwind]"),
        ),
        (json!({"type": "hologram", "text": 1, "data": [2], "mode": "x"}), "2024-11-05", text("never")),
    ];
    for (block, since, words) in cases {
        let sent = [("2024-11-05", words), (since, block.clone())];
        check::<Content>(&block, if since == "2024-11-05" { &sent[1..] } else { &sent });
        let mut results = sent.map(|(from, block)| (from, json!({"content": [text("first"), block]})));
        if since == "2024-11-05" {
            results.swap(0, 1);
        }
        check::<CallToolResult>(&json!({"content": [text("first"), block]}), &results);
    }
    let meta = json!({"type": "resource", "resource": {"uri": "a:b", "text": "", "_meta": {}}, "_meta": {}});
    let plain = json!({"type": "resource", "resource": {"uri": "a:b", "text": ""}});
    check::<Content>(&meta, &[("2024-11-05", plain), ("2025-06-18", meta.clone())]);
}

#[test]
fn a_model_is_told_one_block_where_there_is_one() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let image = json!({"type": "image", "data": "AA==", "mimeType": "image/png"});
    for (blocks, one) in [
        (json!([text("a"), image, text("b")]), text("a\nb")),
        (json!([image, image]), image.clone()),
        (json!([image]), image.clone()),
        (json!([]), text("")),
    ] {
        let message = |content: &Value| json!({"role": "user", "content": content});
        check::<SamplingMessage>(&message(&blocks), &[("2024-11-05", message(&one)), ("2025-11-25", message(&blocks))]);
    }
}

#[test]
fn capabilities() {
    check::<ClientCapabilities>(
        &json!({
            "elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}, "context": {}}, "roots": {"listChanged": true},
            "tasks": {"list": {}}, "extensions": {"com.example/a": {}}, "experimental": {"x": {}},
        }),
        &[
            ("2024-11-05", json!({"sampling": {}, "roots": {"listChanged": true}, "experimental": {"x": {}}})),
            (
                "2025-06-18",
                json!({"elicitation": {}, "sampling": {}, "roots": {"listChanged": true}, "experimental": {"x": {}}}),
            ),
            (
                "2025-11-25",
                json!({
                    "elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}, "context": {}},
                    "roots": {"listChanged": true}, "tasks": {"list": {}}, "experimental": {"x": {}},
                }),
            ),
            (
                "2026-07-28",
                json!({
                    "elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}, "context": {}}, "roots": {},
                    "extensions": {"com.example/a": {}}, "experimental": {"x": {}},
                }),
            ),
        ],
    );
    // Who shows no forms would promise them by an empty object.
    let pages_only = json!({"elicitation": {"url": {}}});
    check::<ClientCapabilities>(&pages_only, &[("2024-11-05", json!({})), ("2025-11-25", pages_only.clone())]);
    check::<ServerCapabilities>(
        &json!({"completions": {}, "logging": {}, "tasks": {}, "extensions": {}}),
        &[
            ("2024-11-05", json!({"logging": {}})),
            ("2025-03-26", json!({"completions": {}, "logging": {}})),
            ("2025-11-25", json!({"completions": {}, "logging": {}, "tasks": {}})),
            ("2026-07-28", json!({"completions": {}, "logging": {}, "extensions": {}})),
        ],
    );
}

#[test]
fn questions() {
    let form = |schema: Value| json!({"message": "m", "requestedSchema": schema});
    let asked = json!({
        "type": "object", "$schema": "d", "required": ["c", "m", "n"],
        "properties": {
            "c": {"type": "string", "oneOf": [{"const": "r", "title": "red"}], "default": "r"},
            "m": {"type": "array", "items": {"type": "string", "enum": ["a"]}},
            "n": {"type": "number", "default": 1.5},
            "b": {"type": "boolean", "default": true},
            "x": {"type": "colour"},
        },
    });
    let plain = json!({
        "type": "object", "required": ["c", "n"],
        "properties": {
            "c": {"type": "string", "enum": ["r"], "enumNames": ["red"]},
            "n": {"type": "number"},
            "b": {"type": "boolean", "default": true},
            "x": {"type": "colour"},
        },
    });
    let full = json!({"message": "m", "requestedSchema": asked, "mode": "form", "task": {"ttl": 1}});
    check::<Elicit>(
        &full,
        &[
            ("2024-11-05", form(plain)),
            ("2025-11-25", full.clone()),
            ("2026-07-28", json!({"message": "m", "requestedSchema": asked, "mode": "form"})),
        ],
    );
    // Not a form as we know it: it goes as it is.
    check::<Elicit>(&form(json!({"type": "string"})), &[("2024-11-05", form(json!({"type": "string"})))]);
    let page = json!({"mode": "url", "message": "m", "url": "https://example.com"});
    check::<Elicit>(
        &json!({"mode": "url", "message": "m", "url": "https://example.com", "elicitationId": "e"}),
        &[
            ("2024-11-05", page.clone()),
            ("2025-11-25", json!({"mode": "url", "message": "m", "url": "https://example.com", "elicitationId": "e"})),
            ("2026-07-28", page),
        ],
    );
}
