use super::*;
use proptest::prelude::*;
use serde::de::IgnoredAny;

/// `Ok` with the value's text, or the flaw and where it is.
fn check(text: &str, max_depth: usize, expect: Result<&str, (Flaw, usize)>) {
    let found = whole(text.as_bytes(), max_depth).map(|span| std::str::from_utf8(span.of(text.as_bytes())).unwrap());
    assert_eq!(found, expect, "{text}");
}

#[test]
fn values() {
    for text in [
        "null",
        "true",
        "false",
        "0",
        "-0",
        "10",
        "-1.5",
        "1e3",
        "1E+3",
        "0.0e-0",
        "\"\"",
        r#""\"\\\/\b\f\n\r\t""#,
        r#""\u00e4\uD800""#,
        "[]",
        "{}",
        "[[]]",
        r#"{"":{}}"#,
        "\"\u{7f}\u{2028}ä\"",
        r#"[1,"a",{"b":[null]}]"#,
    ] {
        check(text, 3, Ok(text));
        check(&format!(" \t\r\n{text} \t\r\n"), 3, Ok(text));
    }
}

#[test]
fn flaws() {
    use Flaw::{Colon, Control, End, Escape, Key, Literal, Number, Separator, TooDeep, Trailing, Value};
    for (text, flaw, at) in [
        ("", End, 0),
        ("  ", End, 2),
        ("nul", End, 3),
        ("nulL", Literal, 3),
        ("NaN", Value, 0),
        ("+1", Value, 0),
        ("01", Number, 1),
        ("-", End, 1),
        ("-a", Number, 1),
        ("1.", End, 2),
        ("1.e1", Number, 2),
        (".1", Value, 0),
        ("1e", End, 2),
        ("1e+x", Number, 3),
        ("0x1", Trailing, 1),
        ("1 2", Trailing, 2),
        ("{}}", Trailing, 2),
        ("\"", End, 1),
        ("\"\\\"", End, 3),
        (r#""\x""#, Escape, 2),
        (r#""\u12g4""#, Escape, 5),
        (r#""\u12"#, End, 5),
        ("\"12345678\u{1f}\"", Control, 9),
        ("\"\n\"", Control, 1),
        ("[", End, 1),
        ("[1", End, 2),
        ("[1,]", Value, 3),
        ("[,1]", Value, 1),
        ("[1}", Separator, 2),
        ("{]", Key, 1),
        ("{1:2}", Key, 1),
        (r#"{"a"}"#, Colon, 4),
        (r#"{"a":}"#, Value, 5),
        (r#"{"a":1,}"#, Key, 7),
        (r#"{"a":1]"#, Separator, 6),
        (r#"{"a":1 "b":2}"#, Separator, 7),
        ("{'a':1}", Key, 1),
        ("/**/1", Value, 0),
        ("\u{feff}1", Value, 0),
        ("[[[[1]]]]", TooDeep, 3),
        (r#"{"a":[{"b":{}}]}"#, TooDeep, 11),
    ] {
        check(text, 3, Err((flaw, at)));
    }
}

#[test]
fn depth_costs_a_bit() {
    for depth in [1, 63, 64, 65, 127, 128, 129, 192, 10_000] {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]"), (r#"{"a":["#, "]}")] {
            let levels = depth * (open.len().div_ceil(5));
            let text = [&open.repeat(depth), "0", &close.repeat(depth)].concat();
            check(&text, levels, Ok(&text));
            assert_eq!(whole(text.as_bytes(), levels - 1).unwrap_err().0, Flaw::TooDeep);
            // The kinds are remembered, not only counted.
            let mut wrong = text.clone();
            let last = wrong.pop().unwrap();
            wrong.push(if last == ']' { '}' } else { ']' });
            check(&wrong, levels, Err((Flaw::Separator, wrong.len() - 1)));
        }
    }
}

#[test]
fn every_byte_at_every_place_of_a_word() {
    for byte in 0..=0x7F_u8 {
        for before in 0..20 {
            let mut text = vec![b'"'];
            text.extend(std::iter::repeat_n(b'a', before));
            text.push(byte);
            text.extend_from_slice(b"\" 2345678\"");
            let expect = match byte {
                0..0x20 => Err((Flaw::Control, before + 1)),
                b'"' => Err((Flaw::Trailing, before + 2)),
                b'\\' => Ok(()),
                _ => Err((Flaw::Trailing, before + 4)),
            };
            assert_eq!(whole(&text, 0).map(|_| ()), expect, "{byte:#x} after {before}");
        }
    }
}

/// JSON text with all the freedom the grammar gives.
pub(in crate::rpc) fn json() -> impl Strategy<Value = String> {
    let space = || prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\t\r\n ")];
    let string = r#""([ -!#-\[\]-~äß€😀]|\\["\\/bfnrt]|\\u00[0-9a-fA-F]{2}){0,12}""#;
    let number = "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?";
    let leaf = prop_oneof![Just("null".to_owned()), Just("true".to_owned()), Just("false".to_owned()), string, number];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        let spaced = (space(), inner, space()).prop_map(|(a, value, b)| format!("{a}{value}{b}"));
        let member =
            (space(), string, space(), spaced.clone()).prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            (space(), prop::collection::vec(spaced, 0..6)).prop_map(|(a, values)| format!("[{a}{}]", values.join(","))),
            (space(), prop::collection::vec(member, 0..6))
                .prop_map(|(a, values)| format!("{{{a}{}}}", values.join(","))),
        ]
    })
}

proptest! {
    #[test]
    fn accepts_what_serde_json_accepts(
        text in json(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, "[\"\\\\{}\\[\\],:0-9eE.+\\-tfnu \n\u{1}ä]"), 0..4),
    ) {
        prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok());
        let mut chars: Vec<char> = text.chars().collect();
        for (at, kind, with) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + usize::from(kind != 0)).min(chars.len());
            chars.splice(at..end, with.chars().filter(|_| kind != 2));
        }
        let text: String = chars.into_iter().collect();
        let theirs = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(whole(text.as_bytes(), usize::MAX).is_ok(), theirs, "{}", text);
    }

    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..64), max_depth in 0usize..4) {
        let _ = whole(&bytes, max_depth);
    }
}
