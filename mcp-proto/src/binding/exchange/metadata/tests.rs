use super::*;
use crate::model::{REQUESTS, header_params};
use crate::rpc::MAX_DEPTH;
use proptest::prelude::*;
use serde_json::json;

// ---- Values.

#[test]
fn values() {
    let check = |text: &str, expect: &str| {
        assert_eq!(encode(text), expect, "{text:?}");
        assert_eq!(decode(expect).as_deref(), Some(text), "{expect:?}");
    };
    check("", "");
    check("us-west1", "us-west1");
    check("a b  c", "a b  c");
    check("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
    check("Zürich", "=?base64?WsO8cmljaA==?=");
    check("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?=");
    check(" a", "=?base64?IGE=?=");
    check("a ", "=?base64?YSA=?=");
    check("\ta", "=?base64?CWE=?=");
    check(" ", "=?base64?IA==?=");
    check("a\tb", "=?base64?YQli?=");
    check("a\r\nX: b", "=?base64?YQ0KWDogYg==?=");
    check("\0", "=?base64?AA==?=");
    check("\x7f", "=?base64?fw==?=");
    // What looks like it is encoded again.
    check("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?=");
    check("=?base64??=", "=?base64?PT9iYXNlNjQ/Pz0=?=");
    check("=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?=");
    // One mark, or another spelling, is none.
    check("=?base64?YQ==", "=?base64?YQ==");
    check("YQ==?=", "YQ==?=");
    check("=?BASE64?YQ==?=", "=?BASE64?YQ==?=");
    check("=?Base64?YQ==?=", "=?Base64?YQ==?=");
    check("x=?base64?YQ==?=", "x=?base64?YQ==?=");
}

#[test]
fn values_that_nobody_may_send() {
    let check = |value: &str, expect: Option<&str>| assert_eq!(decode(value).as_deref(), expect, "{value:?}");
    // Nothing, encoded; and what is plain, encoded all the same.
    check("=?base64??=", Some(""));
    check("=?base64?YQ==?=", Some("a"));
    // The marks share a character: the second is none.
    check("=?base64?=", Some("=?base64?="));
    // Padding: missing, too much, within; bits that say nothing; the other alphabet; white space.
    for bad in ["SGVsbG8", "SGVsbG8==", "YQ=", "Y=Q=", "YR==", "PT9-", "PT9_", "Y Q==", "SGVs!!!bG8=", "Y", "===="] {
        check(&format!("=?base64?{bad}?="), None);
    }
    // No UTF-8: a byte of no meaning, a surrogate, half a character.
    for bad in ["/w==", "7aCA", "ww=="] {
        check(&format!("=?base64?{bad}?="), None);
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_safe_and_the_same(text in prop_oneof![any::<String>(), "[ -~]{0,20}", "=\\?base64\\?.{0,9}(\\?=)?"]) {
        let encoded = encode(&text);
        prop_assert!(encoded.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        prop_assert_eq!(trim(&encoded), &*encoded);
        prop_assert!(HeaderValue::from_str(&encoded).is_ok());
        prop_assert_eq!(decode(&encoded), Some(Cow::Borrowed(text.as_str())));
        prop_assert_eq!(encode(&text), encoded);
    }

    #[test]
    fn no_value_is_too_strange(value in any::<String>()) {
        // Nothing that two values mean is confused: what is decoded and encoded again is decoded the same.
        if let Some(text) = decode(&value) {
            let again = encode(&text);
            prop_assert_eq!(decode(&again), Some(text.clone()));
        }
    }

    #[test]
    fn what_a_client_puts_its_server_takes(
        name in any::<String>(),
        text in any::<String>(),
        number in prop_oneof![any::<i64>(), -9_007_199_254_740_991_i64..=9_007_199_254_740_991],
        flag in any::<Option<bool>>(),
    ) {
        let arguments = json!({"text": text, "in": {"number": number}, "flag": flag});
        let params = object(&json!({"name": name, "arguments": arguments}));
        let mut headers = HeaderMap::new();
        put(&mut headers, "2026-07-28", "tools/call", Some(&params), &mirrored()).unwrap();
        prop_assert_eq!(check_version(&headers, "2026-07-28"), Ok(()));
        prop_assert_eq!(check_method(&headers, "tools/call", Some(&params)), Ok(()));
        prop_assert_eq!(check_arguments(&headers, Some(&params), &mirrored()), Ok(()));
    }
}

// ---- What a client says.

fn object(value: &Value) -> Object {
    Object::from_raw(Raw::from(value.clone())).unwrap()
}

/// Three parameters, one of them within another.
fn mirrored() -> Vec<HeaderParam> {
    let schema = json!({"type": "object", "properties": {
        "text": {"type": "string", "x-mcp-header": "Text"},
        "in": {"type": "object", "properties": {"number": {"type": "integer", "x-mcp-header": "N~1"}}},
        "flag": {"type": "boolean", "x-mcp-header": "flag"},
    }});
    header_params(&Raw::from(schema)).unwrap()
}

fn said(headers: &HeaderMap) -> String {
    let mut lines: Vec<_> =
        headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap())).collect();
    lines.sort();
    lines.concat()
}

#[test]
fn headers_of_a_client() {
    let check = |method: &str, params: Value, expect: &str| {
        let mut headers = HeaderMap::new();
        let params = (!params.is_null()).then(|| object(&params));
        put(&mut headers, "2026-07-28", method, params.as_ref(), &mirrored()).unwrap();
        let version = "mcp-protocol-version: 2026-07-28\n";
        assert_eq!(said(&headers), format!("mcp-method: {method}\n{expect}{version}"), "{method}");
    };
    check("server/discover", json!(null), "");
    check("tools/list", json!({"name": "no"}), "");
    check("notifications/cancelled", json!({"name": "no"}), "");
    check("tools/call", json!({"name": "post_entry"}), "mcp-name: post_entry\n");
    check("tools/call", json!({"name": "é"}), "mcp-name: =?base64?w6k=?=\n");
    check("tools/call", json!({"name": ""}), "mcp-name: \n");
    check("tools/call", json!({"name": 1}), "");
    check("tools/call", json!({}), "");
    check("prompts/get", json!({"name": "p", "uri": "u"}), "mcp-name: p\n");
    check("resources/read", json!({"name": "p", "uri": "file:///a b"}), "mcp-name: file:///a b\n");
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        check(method, json!({"taskId": "7"}), "mcp-name: 7\n");
    }
    let all = json!({"text": " x", "in": {"number": -42.0}, "flag": false, "other": "x"});
    let expect = "mcp-name: t\nmcp-param-flag: false\nmcp-param-n~1: -42\nmcp-param-text: =?base64?IHg=?=\n";
    check("tools/call", json!({"name": "t", "arguments": all}), expect);
    check("prompts/get", json!({"name": "t", "arguments": all}), "mcp-name: t\n");
    check("tools/call", json!({"name": "t", "arguments": {"text": ""}}), "mcp-name: t\nmcp-param-text: \n");
    for none in [
        json!({"text": null, "in": null}),
        json!({"text": [], "in": {"number": 1.5}, "flag": {}}),
        json!({"in": {"number": 9_007_199_254_740_992_i64}}),
        json!({"number": 1, "in": 1}),
        json!([]),
        json!("text"),
    ] {
        check("tools/call", json!({"name": "t", "arguments": none}), "mcp-name: t\n");
    }
}

#[test]
fn headers_that_are_there_are_replaced() {
    let mut headers = HeaderMap::new();
    headers.append(names::METHOD, HeaderValue::from_static("old"));
    headers.append(names::METHOD, HeaderValue::from_static("older"));
    put(&mut headers, "2026-07-28", "tools/list", None, &[]).unwrap();
    assert_eq!(said(&headers), "mcp-method: tools/list\nmcp-protocol-version: 2026-07-28\n");
}

#[test]
fn methods_that_are_about_something() {
    let about: Vec<_> = REQUESTS.iter().filter_map(|facts| Some((facts.name, facts.about?))).collect();
    assert_eq!(
        about,
        [
            ("tools/call", "name"),
            ("resources/read", "uri"),
            ("prompts/get", "name"),
            ("tasks/get", "taskId"),
            ("tasks/cancel", "taskId"),
            ("tasks/update", "taskId"),
        ]
    );
}

// ---- What a server makes of it.

use MismatchKind::{Different, Malformed, Missing};

/// Headers from lines; bytes beyond ASCII as Latin-1.
fn headers(lines: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let value: Vec<u8> = value.chars().map(|c| u8::try_from(c).unwrap()).collect();
        headers.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(&value).unwrap());
    }
    headers
}

fn wrong(header: &str, kind: MismatchKind) -> Result<(), Mismatch> {
    Err(Mismatch { header: header.to_owned(), kind })
}

#[test]
fn versions() {
    let check = |values: &[&str], expect: Result<(), MismatchKind>| {
        let lines: Vec<_> = values.iter().map(|value| ("MCP-Protocol-Version", *value)).collect();
        let expect = expect.or_else(|kind| wrong("mcp-protocol-version", kind));
        assert_eq!(check_version(&headers(&lines), "2026-07-28"), expect, "{values:?}");
    };
    check(&["2026-07-28"], Ok(()));
    check(&[" \t2026-07-28 "], Ok(()));
    check(&[], Err(Missing));
    check(&[""], Err(Different));
    check(&["2025-11-25"], Err(Different));
    check(&["2026-07-28, 2026-07-28"], Err(Different));
    check(&["=?base64?MjAyNi0wNy0yOA==?="], Err(Different));
    check(&["2026-07-28", "2026-07-28"], Err(Malformed));
    check(&["2026-07-28\u{e9}"], Err(Malformed));
    assert_eq!(version(&headers(&[])), Ok(None));
    assert_eq!(version(&headers(&[("mcp-protocol-version", " x ")])), Ok(Some("x")));
}

#[test]
fn methods_and_names() {
    let check = |lines: &[(&str, &str)], method: &str, params: Value, expect: Result<(), Mismatch>| {
        let params = (!params.is_null()).then(|| object(&params));
        assert_eq!(check_method(&headers(lines), method, params.as_ref()), expect, "{lines:?} {method}");
    };
    let call = ("Mcp-Method", "tools/call");
    let of_t = || json!({"name": "t"});
    check(&[("mcp-method", "tools/list")], "tools/list", json!(null), Ok(()));
    check(&[("MCP-METHOD", " tools/list\t")], "tools/list", json!(null), Ok(()));
    check(&[("Mcp-Method", "TOOLS/LIST")], "tools/list", json!(null), wrong("mcp-method", Different));
    check(&[], "tools/list", json!(null), wrong("mcp-method", Missing));
    check(&[call, call], "tools/call", of_t(), wrong("mcp-method", Malformed));
    check(&[call, ("Mcp-Name", "t")], "tools/call", of_t(), Ok(()));
    check(&[call, ("Mcp-Name", " t ")], "tools/call", of_t(), Ok(()));
    check(&[call, ("Mcp-Name", "=?base64?dA==?=")], "tools/call", of_t(), Ok(()));
    check(&[call], "tools/call", of_t(), wrong("mcp-name", Missing));
    check(&[call, ("Mcp-Name", "T")], "tools/call", of_t(), wrong("mcp-name", Different));
    check(&[call, ("Mcp-Name", "=?base64?dA=?=")], "tools/call", of_t(), wrong("mcp-name", Malformed));
    check(&[call, ("Mcp-Name", "=?base64?/w==?=")], "tools/call", of_t(), wrong("mcp-name", Malformed));
    check(&[call, ("Mcp-Name", "t"), ("mcp-name", "t")], "tools/call", of_t(), wrong("mcp-name", Malformed));
    check(&[call, ("Mcp-Name", "\u{e9}")], "tools/call", json!({"name": "é"}), wrong("mcp-name", Malformed));
    // The method comes first.
    check(&[("Mcp-Name", "x")], "tools/call", of_t(), wrong("mcp-method", Missing));
    check(&[call, ("Mcp-Name", "a\tb")], "tools/call", json!({"name": "a\tb"}), Ok(()));
    check(&[call, ("Mcp-Name", "")], "tools/call", json!({"name": ""}), Ok(()));
    check(&[call, ("Mcp-Name", "=?base64?IGE=?=")], "tools/call", json!({"name": " a"}), Ok(()));
    check(&[call, ("Mcp-Name", "=?BASE64?YQ==?=")], "tools/call", json!({"name": "a"}), wrong("mcp-name", Different));
    // What has no name is refused for that.
    for params in [json!(null), json!({}), json!({"name": 1}), json!({"name": null})] {
        check(&[call], "tools/call", params, Ok(()));
    }
    let get = ("Mcp-Method", "tasks/get");
    check(&[get], "tasks/get", json!({"taskId": "7"}), wrong("mcp-name", Missing));
    check(&[("Mcp-Method", "x/y"), ("Mcp-Name", "z")], "x/y", json!({"name": "n"}), Ok(()));
}

#[test]
fn arguments_of_tools() {
    let check = |lines: &[(&str, &str)], arguments: &str, expect: Result<(), Mismatch>| {
        let params = Raw::new(format!(r#"{{"name":"t","arguments":{arguments}}}"#), MAX_DEPTH).unwrap();
        let params = Object::from_raw(params).unwrap();
        assert_eq!(check_arguments(&headers(lines), Some(&params), &mirrored()), expect, "{lines:?} {arguments}");
    };
    let number = |value: &'static str| [("Mcp-Param-N~1", value)];
    check(&[], "{}", Ok(()));
    check(&[("Mcp-Param-Unknown", "x")], "{}", Ok(()));
    check(&[], r#"{"text":null,"in":{},"flag":null}"#, Ok(()));
    check(&[("mcp-param-TEXT", "a")], r#"{"text":"a"}"#, Ok(()));
    check(&[("Mcp-Param-Text", "")], r#"{"text":""}"#, Ok(()));
    check(&[("Mcp-Param-Text", "=?base64?SGVsbG8=?=")], r#"{"text":"Hello"}"#, Ok(()));
    check(&[("Mcp-Param-Text", "SGVsbG8=")], r#"{"text":"SGVsbG8="}"#, Ok(()));
    check(&[("Mcp-Param-Text", "=?base64?SGVsbG8=")], r#"{"text":"=?base64?SGVsbG8="}"#, Ok(()));
    check(&[], r#"{"text":"a"}"#, wrong("mcp-param-text", Missing));
    check(&[("Mcp-Param-Text", "A")], r#"{"text":"a"}"#, wrong("mcp-param-text", Different));
    check(&[("Mcp-Param-Text", "=?base64?SGVsbG8?=")], r#"{"text":"Hello"}"#, wrong("mcp-param-text", Malformed));
    check(&[("Mcp-Param-Text", "=?base64?SGVs!!!bG8=?=")], r#"{"text":"Hello"}"#, wrong("mcp-param-text", Malformed));
    check(&[("Mcp-Param-Text", "a"), ("Mcp-Param-Text", "a")], r#"{"text":"a"}"#, wrong("mcp-param-text", Malformed));
    // A header for what is not there would mislead whoever routes by it.
    for none in ["{}", r#"{"text":null}"#, r#"{"text":["a"]}"#, "[]", "null"] {
        check(&[("Mcp-Param-Text", "a")], none, wrong("mcp-param-text", Different));
    }
    // Numbers as numbers; but only where the body has one.
    for same in ["42", "42.0", "4.2e1", "42.00", " 42 "] {
        check(&number(same), r#"{"in":{"number":42}}"#, Ok(()));
        check(&number(same), r#"{"in":{"number":42.0}}"#, Ok(()));
    }
    for other in ["43", "-42", "", "+42", "042", "0x2a", "42.5", "42 0", "\"42\"", "NaN", "1e999"] {
        check(&number(other), r#"{"in":{"number":42}}"#, wrong("mcp-param-n~1", Different));
    }
    check(&number("42.0"), r#"{"in":{"number":"42"}}"#, wrong("mcp-param-n~1", Different));
    check(&number("9007199254740991"), r#"{"in":{"number":9007199254740991}}"#, Ok(()));
    check(&number("9007199254740992"), r#"{"in":{"number":9007199254740991}}"#, wrong("mcp-param-n~1", Different));
    // Beyond what every reader has exactly there is no header.
    check(&[], r#"{"in":{"number":9007199254740992}}"#, Ok(()));
    let beyond = wrong("mcp-param-n~1", Different);
    check(&number("9007199254740992"), r#"{"in":{"number":9007199254740992}}"#, beyond);
    check(&[("Mcp-Param-Flag", "true")], r#"{"flag":true}"#, Ok(()));
    check(&[("Mcp-Param-Flag", "True")], r#"{"flag":true}"#, wrong("mcp-param-flag", Different));
    // Of two members the last counts, as it does for the tool.
    check(&[("Mcp-Param-Text", "b")], r#"{"text":"a","text":"b"}"#, Ok(()));
    check(&[("Mcp-Param-Text", "a")], r#"{"text":"a","text":"b"}"#, wrong("mcp-param-text", Different));
    check(&[("Mcp-Param-Text", "b")], r#"{"t\u0065xt":"b"}"#, Ok(()));
    // In the order of the schema's members, each first for being there.
    check(&[("Mcp-Param-Text", "x")], r#"{"text":"a","flag":true}"#, wrong("mcp-param-flag", Missing));
}

#[test]
fn mismatches_name_the_header_and_no_value() {
    let check = |header: &str, kind, expect: &str| {
        let error = Mismatch { header: header.to_owned(), kind }.error();
        assert_eq!(error, ErrorObject::new(-32020, expect));
    };
    check("mcp-method", Missing, "the header `Mcp-Method` is missing: it must repeat what the body says");
    check("mcp-protocol-version", Different, "the header `MCP-Protocol-Version` says something else than the body");
    let malformed = "can't be read: it must be there once, in ASCII or as `=?base64?…?=` of UTF-8";
    check("mcp-name", Malformed, &format!("the header `Mcp-Name` {malformed}"));
    check("mcp-param-city", Missing, "the header `Mcp-Param-city` is missing: it must repeat what the body says");
    let long = format!("mcp-param-{}", "x".repeat(1000));
    let cut = format!("the header `Mcp-Param-{}` says something else than the body", "x".repeat(54));
    check(&long, Different, &cut);
}

#[test]
fn more_headers_than_there_may_be() {
    let properties: Map<String, Value> =
        (0..40_000).map(|n| (format!("p{n}"), json!({"type": "integer", "x-mcp-header": format!("p{n}")}))).collect();
    let arguments: Map<String, Value> = properties.keys().map(|name| (name.clone(), json!(1))).collect();
    // Not through `header_params`: it compares every two names.
    let mirrored: Vec<_> =
        properties.keys().map(|name| HeaderParam { name: name.clone(), path: vec![name.clone()] }).collect();
    let params = object(&json!({"name": "t", "arguments": arguments}));
    let full = put(&mut HeaderMap::new(), "2026-07-28", "tools/call", Some(&params), &mirrored);
    assert!(full.is_err());
}
