use super::*;
use crate::rpc::scan::tests::json;
use proptest::prelude::*;

fn read(line: impl Into<Bytes>) -> Result<Message, Refused> {
    classify(&line.into(), MAX_DEPTH)
}

fn object(text: &str) -> Object {
    Object::from_raw(Raw::new(text.to_owned(), MAX_DEPTH).unwrap()).unwrap()
}

fn request(id: impl Into<Id>, method: &str, params: Option<&str>) -> Message {
    Message::Request { id: id.into(), method: method.into(), params: params.map(object) }
}

#[test]
fn messages() {
    fn check(line: &str, expect: Message) {
        assert_eq!(read(line.to_owned()), Ok(expect), "{line}");
    }
    let big: Id = serde_json::from_str("12345678901234567890").unwrap();
    let float: Id = serde_json::from_str("1e3").unwrap();
    check(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, request(1, "ping", None));
    check(r#"{"jsonrpc":"2.0","id":"1","method":"ping","params":{}}"#, request("1", "ping", Some("{}")));
    check(r#"{"jsonrpc":"2.0","id":12345678901234567890,"method":"ping"}"#, request(big, "ping", None));
    check(r#"{"jsonrpc":"2.0","id":1e3,"method":"ping"}"#, request(float, "ping", None));
    check(r#"{"jsonrpc":"2.0","id":"","method":""}"#, request("", "", None));
    // Order, white space, spelling and unknown members make no difference.
    check(
        " {\"x\":[{}],\r\n\t\"params\" : {\"a\" : 1} , \"method\":\"ping\",\"id\":1,\"jsonrpc\":\"2.0\"} ",
        request(1, "ping", Some("{\"a\" : 1}")),
    );
    check(
        r#"{"json\u0072pc":"2\u002e0","\u0069d":1,"meth\u006fd":"p\u0069ng","par\u0061ms":{}}"#,
        request(1, "ping", Some("{}")),
    );
    // A request by its shape, whatever its name (6.1 item 7).
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"notifications/initialized"}"#,
        request(1, "notifications/initialized", None),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"ping","params":{"_meta":{"x":null,"x":1}}}"#,
        Message::Notification { method: "ping".into(), params: Some(object(r#"{"_meta":{"x":null,"x":1}}"#)) },
    );
    check(
        r#"{"jsonrpc":"2.0","id":1,"result":{"text":"ä\n\ud83d\ude00"}}"#,
        Message::Response { id: 1.into(), result: object(r#"{"text":"ä\n\ud83d\ude00"}"#) },
    );
    // An error without id, or with null, is of no request; its data may be null.
    for id in ["", r#""id":null,"#] {
        check(
            &format!(r#"{{"jsonrpc":"2.0",{id}"error":{{"code":-32700,"message":"no","data":null,"x":1}}}}"#),
            Message::Error {
                id: None,
                error: ErrorObject::new(-32700, "no").with_data(Raw::from_static("null").unwrap()),
            },
        );
    }
    check(
        r#"{"jsonrpc":"2.0","id":"a","error":{"message":"\u0041","code":-1.0}}"#,
        Message::Error { id: Some("a".into()), error: ErrorObject::new(-1, "A") },
    );
}

#[test]
fn batches() {
    let Ok(Message::Batch(batch)) = read(r#" [ {"id":1} ,2,[3] , "4,]"] "#) else { panic!("not a batch") };
    let elements: Vec<_> = batch.elements().collect();
    assert_eq!(elements, [r#"{"id":1}"#, "2", "[3]", "\"4,]\""]);
    assert_eq!(batch.raw().as_str(), r#"[ {"id":1} ,2,[3] , "4,]"]"#);
}

/// What is expected of a refusal.
#[derive(Debug, PartialEq)]
enum Is {
    /// A request, with its id if it is legal.
    Request(Option<Id>),
    /// A response, with its id if it is legal.
    Response(Option<Id>),
    /// A method and no id.
    Notification,
    /// None of these.
    Other(Option<Id>),
}

fn refused(line: impl Into<Bytes>, why: Violation, code: i64, is: Is) {
    let line = line.into();
    let shown = line.escape_ascii().to_string();
    let refused = read(line).expect_err(&shown);
    let expect = match is {
        Is::Request(id) => {
            Refused { why, id, wants_answer: true, notification: false, response: false, response_to: None }
        }
        Is::Response(id) => {
            Refused { why, id: id.clone(), wants_answer: false, notification: false, response: true, response_to: id }
        }
        Is::Notification => {
            Refused { why, id: None, wants_answer: false, notification: true, response: false, response_to: None }
        }
        Is::Other(id) => {
            Refused { why, id, wants_answer: false, notification: false, response: false, response_to: None }
        }
    };
    assert_eq!((refused.why.code(), refused), (code, expect), "{shown}");
}

#[test]
fn text_that_cannot_be_parsed() {
    let not_json = |offset, reason| Violation::NotJson { offset, reason };
    let end = "the text ends too early";
    refused("", not_json(0, end), -32700, Is::Other(None));
    refused("nonsense", not_json(1, "unknown literal"), -32700, Is::Other(None));
    refused("Listening on port 80", not_json(0, "a value should stand here"), -32700, Is::Other(None));
    refused(
        r#"{"jsonrpc":"2.0","id":7,"method":"m","params":{"#,
        not_json(47, end),
        -32700,
        Is::Request(Some(7.into())),
    );
    refused(
        r#"{"jsonrpc":"2.0","method":"m","params":{"id":8,"x":tru},"id":"a"}"#,
        not_json(54, "unknown literal"),
        -32700,
        Is::Request(Some("a".into())),
    );
    refused(
        r#"{"jsonrpc":"2.0","id":7,"result":{"a":01}}"#,
        not_json(39, "malformed number"),
        -32700,
        Is::Response(Some(7.into())),
    );
    refused(
        r#"{"jsonrpc":"2.0","id":7,"method":"m"}}"#,
        not_json(37, "text after the value"),
        -32700,
        Is::Request(Some(7.into())),
    );
    refused(
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"a\nb\"}",
        not_json(35, "control character in a string"),
        -32700,
        Is::Request(Some(7.into())),
    );
    refused(
        r#"{"jsonrpc":"2.0","method":"m","x":}"#,
        not_json(34, "a value should stand here"),
        -32700,
        Is::Notification,
    );
    refused(
        &b"{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"\xFF\"}"[..],
        Violation::NotUtf8,
        -32700,
        Is::Request(Some(7.into())),
    );
    refused(&b"\xFF{}"[..], Violation::NotUtf8, -32700, Is::Other(None));
    let deep =
        |open: &str, levels| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"m","params":{}"#, open.repeat(levels));
    refused(deep("[", 100_000), Violation::TooDeep { limit: 128 }, -32700, Is::Request(Some(7.into())));
    refused(deep(r#"{"id":"#, 100_000), Violation::TooDeep { limit: 128 }, -32700, Is::Request(Some(7.into())));
}

#[test]
fn the_deepest_that_is_allowed() {
    let nested = |levels: usize| {
        let inner = [&"[".repeat(levels), "", &"]".repeat(levels)].concat();
        format!(r#"{{"jsonrpc":"2.0","id":7,"method":"m","params":{{"a":{inner}}}}}"#)
    };
    assert!(read(nested(MAX_DEPTH - 2)).is_ok());
    assert_eq!(read(nested(MAX_DEPTH - 1)).unwrap_err().why, Violation::TooDeep { limit: MAX_DEPTH });
}

#[test]
fn the_wrong_shape() {
    use Violation::*;
    fn check(line: &str, why: Violation, is: Is) {
        refused(line.to_owned(), why, -32600, is);
    }
    let one = || Some(Id::from(1));
    for line in ["null", "true", "1", "\"{}\"", " 1.5e3 "] {
        check(line, NotAnObject, Is::Other(None));
    }
    check("[]", EmptyBatch, Is::Other(None));
    check(" [ \t] ", EmptyBatch, Is::Other(None));

    for version in ["", r#""jsonrpc":"1.0","#, r#""jsonrpc":2.0,"#, r#""jsonrpc":null,"#, r#""jsonrpc":"2.0 ","#] {
        check(&format!(r#"{{{version}"id":1,"method":"m"}}"#), Version, Is::Request(one()));
        check(&format!(r#"{{{version}"id":1,"result":{{}}}}"#), Version, Is::Response(one()));
    }

    // A bad id makes no notification of a request.
    let long = format!("\"{}\"", "x".repeat(1023));
    for id in ["null", "true", "1.5", "[1]", "{}", "1e-3", r#""\ud800""#, &long] {
        check(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m"}}"#), BadId, Is::Request(None));
        check(&format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{}}}}"#), BadId, Is::Response(None));
        if id != "null" {
            check(
                &format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{{"code":1,"message":""}}}}"#),
                BadId,
                Is::Response(None),
            );
        }
    }
    check(r#"{"jsonrpc":"2.0","result":{}}"#, BadId, Is::Response(None));

    for method in ["null", "1", "[]", r#"{"id":2}"#, r#""\ud800""#] {
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":{method}}}"#), BadMethod, Is::Request(one()));
        check(&format!(r#"{{"jsonrpc":"2.0","method":{method}}}"#), BadMethod, Is::Notification);
    }

    // Positional params are not MCP; an explicit null is not an absent member.
    for value in ["null", "[]", "[{}]", "1", "\"{}\"", "false"] {
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{value}}}"#), BadParams, Is::Request(one()));
        check(&format!(r#"{{"jsonrpc":"2.0","method":"m","params":{value}}}"#), BadParams, Is::Notification);
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{value}}}"#), BadResult, Is::Response(one()));
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{value}}}"#), BadError, Is::Response(one()));
    }
    for error in [
        "{}",
        r#"{"code":1}"#,
        r#"{"message":""}"#,
        r#"{"code":"1","message":""}"#,
        r#"{"code":1.5,"message":""}"#,
        r#"{"code":1e40,"message":""}"#,
        r#"{"code":null,"message":""}"#,
        r#"{"code":1,"message":null}"#,
        r#"{"code":1,"message":["no"]}"#,
    ] {
        check(&format!(r#"{{"jsonrpc":"2.0","id":1,"error":{error}}}"#), BadError, Is::Response(one()));
    }

    check(r#"{"jsonrpc":"2.0","id":1}"#, Neither, Is::Other(one()));
    check(r#"{"jsonrpc":"2.0","params":{}}"#, Neither, Is::Other(None));
    check("{}", Version, Is::Other(None));
    let error = r#""error":{"code":1,"message":""}"#;
    check(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{}},{error}}}"#), BothResultAndError, Is::Response(one()));
    check(&format!(r#"{{"jsonrpc":"2.0","id":1,"result":null,{error}}}"#), BothResultAndError, Is::Response(one()));
    check(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m",{error}}}"#), BothMethodAndAnswer, Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"m","result":null}"#, BothMethodAndAnswer, Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","method":"m","result":{}}"#, BothMethodAndAnswer, Is::Notification);
}

#[test]
fn members_that_occur_twice() {
    fn check(line: &str, name: &str, is: Is) {
        refused(line.to_owned(), Violation::DuplicateMember(name.to_owned()), -32600, is);
    }
    let one = || Some(Id::from(1));
    check(r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#, "id", Is::Request(None));
    check(r#"{"jsonrpc":"2.0","id":1,"\u0069d":1,"method":"m"}"#, "id", Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"m","method":"n"}"#, "method", Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{},"params":{}}"#, "params", Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"m","x":1,"x":1}"#, "x", Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1,"\u0061":1}}"#, "a", Is::Request(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"result":{"a":1,"a":1}}"#, "a", Is::Response(one()));
    check(r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"code":1,"message":""}}"#, "code", Is::Response(one()));
    let long = "ä".repeat(100);
    let cut = format!("{}… (200 bytes)", "\\xc3\\xa4".repeat(32));
    check(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","{long}":1,"{long}":1}}"#), &cut, Is::Request(one()));
    let many: Vec<_> = (0..100_000).map(|n| format!("\"{n}\":0")).collect();
    check(
        &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{{{},"7":1}}}}"#, many.join(",")),
        "7",
        Is::Request(one()),
    );
}

#[test]
fn refusals_say_what_is_wrong() {
    let text = |line: &'static str| read(line).unwrap_err().to_string();
    assert_eq!(text(r#"{"a"}"#), "not JSON: a colon should stand here (byte 4)");
    assert_eq!(text("[]"), "an empty batch");
    let too_long = Violation::TooLong { length: 2000, limit: 1000 };
    assert_eq!(too_long.to_string(), "message of 2000 bytes is longer than the limit of 1000 bytes");
    assert_eq!(too_long.code(), -32600);
}

#[test]
fn payloads_are_slices_of_the_line() {
    let line = Bytes::from_static(br#"{"jsonrpc":"2.0","id":1,"method":"m","params":{"arguments":{"a":"b"}}}"#);
    let Ok(Message::Request { params: Some(params), .. }) = classify(&line, MAX_DEPTH) else { panic!("no request") };
    let arguments = params.get("arguments").unwrap();
    assert_eq!(arguments.as_str(), r#"{"a":"b"}"#);
    assert!(line.as_ptr_range().contains(&arguments.as_bytes().as_ptr()));
}

proptest! {
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..96)) {
        prop_assert!(read(bytes).is_err());
    }

    #[test]
    fn broken_messages(
        params in json(),
        at in any::<prop::sample::Index>(),
        with in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let whole = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"m","params":{params}}}"#);
        if let Ok(message) = read(whole.clone()) {
            prop_assert_eq!(message, request(1, "m", Some(&params)));
        }
        let mut bytes = whole.into_bytes();
        let at = at.index(bytes.len());
        bytes.splice(at..=at, with);
        let text = Bytes::from(bytes);
        // What is accepted is JSON, and the scanner does not see more or less than serde_json.
        let valid = std::str::from_utf8(&text).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        match read(text) {
            Ok(_) => prop_assert!(valid),
            Err(refused) => prop_assert_eq!(valid, refused.why.code() == -32600),
        }
    }
}
