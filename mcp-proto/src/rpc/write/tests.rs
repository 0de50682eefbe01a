use super::*;
use crate::rpc::{MAX_DEPTH, Message, Name, Object, classify};
use bytes::Bytes;

fn raw(text: &'static str) -> Raw {
    Raw::from_static(text).unwrap()
}

/// Writes with `write`, compares the text, and reads it back.
fn check(write: impl FnOnce(&mut Vec<u8>), text: &str, message: Message) {
    let mut out = Vec::new();
    write(&mut out);
    assert_eq!(String::from_utf8(out.clone()).unwrap(), text);
    assert_eq!(classify(&Bytes::from(out), MAX_DEPTH), Ok(message));
}

#[test]
fn envelopes() {
    let params = raw(r#"{"a":[1]}"#);
    let object = Object::from_raw(params.clone());
    let ping = Name::from_static("ping");
    check(
        |out| request(out, &Id::from(7), "ping", None),
        r#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#,
        Message::Request { id: 7.into(), method: ping.clone(), params: None },
    );
    check(
        |out| request(out, &Id::from("a\"b"), "x\n\u{1}\\é", Some(&params)),
        r#"{"jsonrpc":"2.0","id":"a\"b","method":"x\n\u0001\\é","params":{"a":[1]}}"#,
        Message::Request { id: "a\"b".into(), method: "x\n\u{1}\\é".into(), params: object.clone() },
    );
    check(
        |out| notification(out, "ping", Some(&params)),
        r#"{"jsonrpc":"2.0","method":"ping","params":{"a":[1]}}"#,
        Message::Notification { method: ping.clone(), params: object.clone() },
    );
    check(
        |out| notification(out, "ping", None),
        r#"{"jsonrpc":"2.0","method":"ping"}"#,
        Message::Notification { method: ping, params: None },
    );
    check(
        |out| result(out, &Id::from(-1), &params),
        r#"{"jsonrpc":"2.0","id":-1,"result":{"a":[1]}}"#,
        Message::Response { id: (-1).into(), result: object.unwrap() },
    );
    let failed = ErrorObject::new(-32603, "no\tluck");
    check(
        |out| error(out, Some(&Id::from(1)), &failed),
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no\tluck"}}"#,
        Message::Error { id: Some(1.into()), error: failed.clone() },
    );
    let failed = failed.with_data(raw("null"));
    check(
        |out| error(out, None, &failed),
        r#"{"jsonrpc":"2.0","error":{"code":-32603,"message":"no\tluck","data":null}}"#,
        Message::Error { id: None, error: failed.clone() },
    );
    let text = r#"{"code":-32603,"message":"no\tluck","data":null}"#;
    assert_eq!(serde_json::to_string(&failed).unwrap(), text);
    assert_eq!(serde_json::from_str::<ErrorObject>(text).unwrap(), failed);
}

#[test]
fn errors_are_shown_short_and_without_data() {
    fn check(message: &str, expect: &str) {
        let error = ErrorObject::new(-1, message).with_data(raw(r#""secret""#));
        assert_eq!(error.to_string(), expect);
    }
    check("no luck", "no luck (code -1)");
    check("nö\nluck\u{1b}", "nö\\nluck\\u{1b} (code -1)");
    let long = "ä".repeat(200);
    check(&format!("{long}x"), &format!("{long} (code -1)"));
}
