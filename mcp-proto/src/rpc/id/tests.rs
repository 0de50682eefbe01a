use super::*;
use std::collections::HashSet;

fn id(text: &str) -> Option<Id> {
    Id::from_untrusted(text.as_bytes())
}

#[test]
fn written_back_as_read() {
    for text in [
        "0",
        "-0",
        "7",
        "-7",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "123456789012345678901234567890",
        "1.0",
        "1e3",
        "1E+3",
        "1000e-3",
        "0.0",
        "0e99",
        "1e400",
        "\"\"",
        "\"a\"",
        "\"1\"",
        r#""\"\\\n\r\t\u0001""#,
        "\"ä\u{2028}\"",
    ] {
        let id = id(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), text);
        assert_eq!(serde_json::from_str::<Id>(text).unwrap(), id);
    }
    // Of a string the value is kept, not the spelling.
    assert_eq!(id(r#""\u0061\/""#).unwrap().to_string(), r#""a/""#);
}

#[test]
fn no_ids() {
    let long = format!("\"{}\"", "x".repeat(MAX_ID - 1));
    let digits = "1".repeat(MAX_ID + 1);
    for text in [
        "null",
        "true",
        "[]",
        "{}",
        "1.5",
        "1e-1",
        "0.001e2",
        "01",
        "1 2",
        "",
        "\"",
        r#""\ud800""#,
        "-",
        "1e",
        "1e9223372036854775808",
        &long,
        &digits,
    ] {
        assert_eq!(id(text), None, "{text}");
    }
    assert!(id(&long.replacen('x', "", 1)).is_some());
    assert!(serde_json::from_str::<Id>("null").is_err());
}

#[test]
fn equal_by_type_and_value() {
    let same: &[&[&str]] = &[
        &["1", "1.0", "10e-1", "0.1e1", "1E0"],
        &["0", "-0", "0.0", "0e5", "-0e-5"],
        &["1000", "1e3", "1000.00"],
        &["-9223372036854775808", "-9223372036854775808.0"],
        &["9223372036854775808", "9223372036854775808.0", "922337203685477580.8e1"],
        &["-9223372036854775809"],
        &["1e400", "10e399"],
        &["-1e400"],
        &["\"1\"", r#""\u0031""#],
        &["\"1.0\""],
        &["\"\""],
    ];
    for (a, group) in same.iter().enumerate() {
        let distinct: HashSet<_> = group.iter().map(|text| id(text).unwrap()).collect();
        assert_eq!(distinct.len(), 1, "{group:?}");
        for (b, other) in same.iter().enumerate() {
            assert_eq!(id(group[0]) == id(other[0]), a == b, "{} and {}", group[0], other[0]);
        }
    }
    assert_eq!(id("1.0").unwrap().as_i64(), Some(1));
    assert_eq!(id("1e400").unwrap().as_i64(), None);
    assert_eq!(id("1"), Some(Id::from(1)));
    assert_eq!(id("\"1\""), Some(Id::from("1")));
    assert_eq!(Id::from("a").as_str(), Some("a"));
}
