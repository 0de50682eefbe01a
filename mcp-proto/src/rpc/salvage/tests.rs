use super::*;
use crate::rpc::scan::tests::json;
use proptest::prelude::*;
use serde_json::Value;

fn in_pieces(pieces: &[&[u8]]) -> Salvaged {
    let mut salvage = Salvage::new();
    for piece in pieces {
        salvage.push(piece);
        assert!(salvage.token.text.capacity() <= 2 * MAX_ID);
    }
    salvage.finish()
}

/// `found` is the id, then whether there is an id member, a method, an answer.
fn check(text: &[u8], id: Option<Id>, [has_id, method, response]: [bool; 3]) {
    let expect = Salvaged { id, has_id, method, response };
    let shown = text.escape_ascii();
    assert_eq!(Salvage::of(text), expect, "{shown}");
    let bytes: Vec<_> = text.chunks(1).collect();
    assert_eq!(in_pieces(&bytes), expect, "{shown} byte by byte");
    if text.len() < 4096 {
        for at in 0..=text.len() {
            let (a, b) = text.split_at(at);
            assert_eq!(in_pieces(&[a, b]), expect, "{shown} cut at {at}");
        }
    }
}

#[test]
fn wherever_the_id_stands() {
    const REQUEST: [bool; 3] = [true, true, false];
    for text in [
        r#"{"id":7,"method":"m","params":{"#,
        "\u{feff}{\"id\":7,\"method\":\"m\"}",
        r#"{"method":"m","params":{"id":8,"a":[{"id":9}]},"id":7}"#,
        r#" { "id" : 7 , "method" : "m" } trailing {"id":8}"#,
        r#"{"\u0069d":7,"m\u0065thod":"m"}"#,
        r#"{"method":"m","params":{"a":"\"id\":8}\\"},"id":7}"#,
        r#"{"method":"m","params":"}","id":7}"#,
        r#"{"method":"m","params":nonsense here,"id":7}"#,
        r#"{"method":"m","params":["\ud800",01,+,'],"id":7}"#,
        r#"{"method":"m","params":[1]],"id":7}"#,
        r#"{"method":"m","params":{"a":]},"id":7}"#,
        "{\"method\":\"raw\nand\u{0}control\",\"id\":7}",
        r#"{"method":"m","id":7 "#,
        r#"{"id":7,"id":7.0,"method":"m"}"#,
        r#"{"jsonrpc":"1.0","x"::,"id":7,"method":"m"}"#,
        r#"{,,"id":7,,"method":"m"}"#,
    ] {
        check(text.as_bytes(), Some(7.into()), REQUEST);
    }
    check(b"{\"method\":\"\xFF\xC3\",\"x\xFF\":\"\xE2\",\"id\":7}", Some(7.into()), REQUEST);
    check(br#"{"id":"a\u0062\"","method":"m""#, Some("ab\"".into()), REQUEST);
    check(br#"{"method":"m","id":"ab""#, Some("ab".into()), REQUEST);
    check(br#"{"id":1,"result":{"method":1}"#, Some(1.into()), [true, false, true]);
    check(br#"{"id":null,"error":{"#, None, [true, false, true]);
    check(br#"{"id":1,"method":"m","error":{"#, Some(1.into()), [true, true, true]);
}

#[test]
fn deep_and_long() {
    const REQUEST: [bool; 3] = [true, true, false];
    for open in ["[", r#"{"id":"#, r#"[{"method":1,"id":"#] {
        let deep = open.repeat(100_000);
        check(format!(r#"{{"id":7,"method":"m","params":{deep}"#).as_bytes(), Some(7.into()), REQUEST);
    }
    let (open, close) = ("[".repeat(100_000), "]".repeat(100_000));
    check(format!(r#"{{"params":{open}{close},"method":"m","id":7}}"#).as_bytes(), Some(7.into()), REQUEST);
    let text = format!(r#"{{"params":"{}","method":"m","id":7}}"#, "x\\\"".repeat(100_000));
    check(text.as_bytes(), Some(7.into()), REQUEST);

    let longest = "x".repeat(MAX_ID - 2);
    let spaces = " ".repeat(2 * MAX_ID);
    check(
        format!(r#"{{"method":"m","id":{spaces}"{longest}"{spaces}}}"#).as_bytes(),
        Some(longest.clone().into()),
        REQUEST,
    );
    check(format!(r#"{{"method":"m","id":"{longest}x"}}"#).as_bytes(), None, REQUEST);
    check(format!(r#"{{"{longest}xx":1,"method":"m","id":7}}"#).as_bytes(), Some(7.into()), REQUEST);
}

#[test]
fn no_id_to_be_found() {
    for (text, flags) in [
        ("", [false; 3]),
        ("null", [false; 3]),
        (r#""id":7"#, [false; 3]),
        (r#"[{"id":7,"method":"m"}]"#, [false; 3]),
        (r#"log: {"id":7,"method":"m"}"#, [false; 3]),
        (r#"{"params":{"id":7,"method":"m","result":1}}"#, [false; 3]),
        (r#"{"params":[{"id":7}"#, [false; 3]),
        (r#"{"params":{"a":]"id":7}"#, [false; 3]),
        (r#"{"text":"\"id\":7,\"method\":\"m\""}"#, [false; 3]),
        (r#"{"text":"id","method"}"#, [false; 3]),
        (r#"{"Id":7,"ID":7,"id ":7}"#, [false; 3]),
        (r#"{{"id":7}}"#, [false; 3]),
        // An id there is, but not a legal one, or not one.
        (r#"{"method":"m","id":7"#, [true, true, false]),
        (r#"{"method":"m","id":"a"#, [true, true, false]),
        (r#"{"method":"m","id":"a\"#, [true, true, false]),
        (r#"{"method":"m","id":"a\""#, [true, true, false]),
        (r#"{"method":"m","id":"#, [true, true, false]),
        (r#"{"method":"m","id":null}"#, [true, true, false]),
        (r#"{"method":"m","id":1.5}"#, [true, true, false]),
        (r#"{"method":"m","id":1 2}"#, [true, true, false]),
        (r#"{"method":"m","id":01}"#, [true, true, false]),
        (r#"{"method":"m","id":[7]}"#, [true, true, false]),
        (r#"{"method":"m","id":{"id":7}}"#, [true, true, false]),
        (r#"{"method":"m","id":["#, [true, true, false]),
        (r#"{"method":"m","id":"\ud800"}"#, [true, true, false]),
        (r#"{"id":7,"method":"m","id":8}"#, [true, true, false]),
        (r#"{"id":7,"method":"m","id":null}"#, [true, true, false]),
        (r#"{"id":7,"method":"m","id":8,"id":7}"#, [true, true, false]),
    ] {
        check(text.as_bytes(), None, flags);
    }
}

proptest! {
    #[test]
    fn agrees_with_serde_json(
        members in prop::collection::vec((prop_oneof![
            Just("id"), Just("method"), Just("result"), Just("error"), Just("params"), Just("i\\u0064"), Just("x"),
        ], json()), 0..6),
    ) {
        let text: Vec<_> = members.iter().map(|(name, value)| format!(" \"{name}\" : {value}")).collect();
        let text = format!("{{{}}}", text.join(","));
        let Value::Object(map) = serde_json::from_str(&text).unwrap() else { unreachable!() };
        // Two ids are one only if they are the same.
        let ids: Vec<Option<Id>> = members.iter().filter(|(name, _)| name.starts_with('i'))
            .map(|(_, value)| serde_json::from_str(value).ok()).collect();
        let expect = Salvaged {
            id: ids.first().cloned().flatten().filter(|_| ids.iter().all(|id| *id == ids[0])),
            has_id: map.contains_key("id"),
            method: map.contains_key("method"),
            response: map.contains_key("result") || map.contains_key("error"),
        };
        for at in 0..=text.len() {
            let (a, b) = text.as_bytes().split_at(at);
            prop_assert_eq!(&in_pieces(&[a, b]), &expect);
        }
    }

    #[test]
    fn bytes_that_may_be_anything(bytes in prop::collection::vec(any::<u8>(), 0..64), size in 1usize..8) {
        let pieces: Vec<_> = bytes.chunks(size).collect();
        prop_assert_eq!(in_pieces(&pieces), Salvage::of(&bytes));
    }

    #[test]
    fn structure_that_may_be_anything(text in "\\{([\\{\\}\\[\\]:, 1]|\"id\"|\"method\"|\"x\\\\\"){0,30}", size in 1usize..8) {
        let pieces: Vec<_> = text.as_bytes().chunks(size).collect();
        prop_assert_eq!(in_pieces(&pieces), Salvage::of(text.as_bytes()));
    }
}
