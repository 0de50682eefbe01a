//! Values of headers that are lists (RFC 9110, 5.6): what stands between separators, but not within quotes.

/// The elements of a list: without white space around them, and without those that are empty. A quote that does not end
/// goes on to the end of the text.
pub(super) fn elements(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let separates = move |c: char| {
        let separates = c == separator && !quoted;
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
        separates
    };
    text.split(separates).map(trim).filter(|element| !element.is_empty())
}

/// The text without the white space that may stand around the value of a header: spaces and tabs.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::elements;

    #[test]
    fn lists() {
        let check = |text, expect: &[&str]| assert_eq!(elements(text, ',').collect::<Vec<_>>(), expect, "{text}");
        check("", &[]);
        check(" ,\t,, ", &[]);
        check("a", &["a"]);
        check(" a b\t,c", &["a b", "c"]);
        check(r#"a="b,c", d"#, &[r#"a="b,c""#, "d"]);
        check(r#"a="b\",c", d"#, &[r#"a="b\",c""#, "d"]);
        check(r#"a="b\\", d"#, &[r#"a="b\\""#, "d"]);
        // Outside of quotes a backslash is none.
        check(r#"a\",b",c"#, &[r#"a\",b""#, "c"]);
        check(r#"a="b,c"#, &[r#"a="b,c"#]);
        check("é,\u{a0}", &["é", "\u{a0}"]);
    }
}
