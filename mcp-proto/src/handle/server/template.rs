//! URI templates (RFC 6570, levels 1 to 3), read backwards: which values of the variables make this URI?

use std::borrow::Cow;

/// A template, taken apart. Variables of the forms `{a}`, `{a,b}`, `{+a}`, `{#a}`, `{.a}`, `{/a}`, `{;a}`, `{?a,b}` and
/// `{&a}`. Prefixes (`{a:3}`) and lists (`{a*}`) of level 4 can't be read backwards and are refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Variable {
        name: String,
        /// What stands before its value. Where something does, it may be missing together with the value.
        before: String,
        /// Whether its value may hold what separates parts of a URI.
        reserved: bool,
    },
}

impl Template {
    /// Takes a template apart.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn new(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (expression, after) = after.split_once('}').ok_or("a `{` has no `}`")?;
            if !literal.is_empty() {
                parts.push(Part::Literal(literal.to_owned()));
            }
            Self::expression(expression, &mut parts)?;
            rest = after;
        }
        if rest.contains('}') {
            return Err("a `}` has no `{`".to_owned());
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    fn expression(text: &str, parts: &mut Vec<Part>) -> Result<(), String> {
        // The operator, what stands before the first variable, and between two (RFC 6570, appendix A).
        let (first, between, named, names) = match text.chars().next() {
            Some('+') => ("", ",", false, text.strip_prefix('+')),
            Some('#') => ("#", ",", false, text.strip_prefix('#')),
            Some('.') => (".", ".", false, text.strip_prefix('.')),
            Some('/') => ("/", "/", false, text.strip_prefix('/')),
            Some(';') => (";", ";", true, text.strip_prefix(';')),
            Some('?') => ("?", "&", true, text.strip_prefix('?')),
            Some('&') => ("&", "&", true, text.strip_prefix('&')),
            _ => ("", ",", false, Some(text)),
        };
        let reserved = matches!(text.chars().next(), Some('+' | '#'));
        for (at, name) in names.unwrap_or_default().split(',').enumerate() {
            let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '%');
            if name.is_empty() || !name.chars().all(legal) {
                return Err(format!("`{{{text}}}` is no expression of levels 1 to 3"));
            }
            let before = if at == 0 { first } else { between };
            let before = if named { format!("{before}{name}=") } else { before.to_owned() };
            parts.push(Part::Variable { name: name.to_owned(), before, reserved });
        }
        Ok(())
    }

    /// The values that make this URI, decoded; `None` if none do. Where several do, earlier variables get as little
    /// as they can. Takes time in proportion to the length of both.
    pub(super) fn values<'a>(&'a self, uri: &'a str) -> Option<Vec<(&'a str, String)>> {
        let mut values = Vec::new();
        let mut rest = uri;
        let mut parts = self.0.as_slice();
        while let Some((part, after)) = parts.split_first() {
            parts = after;
            match part {
                Part::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Part::Variable { name, before, reserved } => {
                    let Some(begun) = rest.strip_prefix(before.as_str()) else { continue };
                    let end = end_of_value(begun, *reserved, parts);
                    let (value, left) = begun.split_at_checked(end)?;
                    values.push((name.as_str(), decoded(value)?.into_owned()));
                    rest = left;
                }
            }
        }
        rest.is_empty().then_some(values)
    }
}

/// How long a value is: up to what can't be in it, or to where the rest of the template can begin. What is needed at
/// the very end is looked for from the end.
fn end_of_value(text: &str, reserved: bool, after: &[Part]) -> usize {
    let most = if reserved { text.len() } else { text.find(separates).unwrap_or(text.len()) };
    let mut end = most;
    let mut after = after.iter().peekable();
    while let Some(part) = after.next() {
        let (next, needed) = match part {
            Part::Literal(literal) => (literal.as_str(), true),
            Part::Variable { before, .. } => (before.as_str(), false),
        };
        if next.is_empty() {
            break;
        }
        let last = needed && after.peek().is_none();
        let found = if last { text.rfind(next) } else { text.find(next) };
        end = end.min(found.unwrap_or(most));
        if needed {
            break;
        }
    }
    end
}

/// Whether a character can't be in a value unless it is written with `%` (RFC 3986, reserved).
fn separates(c: char) -> bool {
    matches!(
        c,
        ':' | '/' | '?' | '#' | '[' | ']' | '@' | '!' | '$' | '&' | '\'' | '(' | ')' | '*' | '+' | ',' | ';' | '='
    )
}

/// What `%` says in hexadecimal, as UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte == b'%' {
            let (digits, after) = rest.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok().filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, uri: &str, expected: Option<&[(&str, &str)]>) {
        let template = Template::new(template).unwrap();
        let found = template.values(uri);
        let found = found.as_ref().map(|v| v.iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>());
        assert_eq!(found.as_deref(), expected, "{template:?} {uri}");
    }

    #[test]
    fn values_that_make_a_uri() {
        check("weather://{city}/now", "weather://oslo/now", Some(&[("city", "oslo")]));
        check("weather://{city}/now", "weather://S%C3%A3o%20Paulo/now", Some(&[("city", "São Paulo")]));
        check("weather://{city}/now", "weather://a/b/now", None);
        check("weather://{city}/now", "weather://oslo/then", None);
        check("weather://{city}/now", "weather:///now", Some(&[("city", "")]));
        check("{a}", "x%2Fy", Some(&[("a", "x/y")]));
        check("{a}", "x/y", None);
        check("{a}", "%zz", None);
        check("{a}", "%ff", None);
        check("{a}", "%4", None);
        check("{x,y}", "1024,768", Some(&[("x", "1024"), ("y", "768")]));
        check("{a}-{b}.txt", "left-right.txt", Some(&[("a", "left"), ("b", "right")]));
        check("{a}-{b}.txt", "a-b-c.txt", Some(&[("a", "a"), ("b", "b-c")]));
        check("file:///{+path}", "file:///a/b.txt", Some(&[("path", "a/b.txt")]));
        check("file:///{+path}.md", "file:///a.md/b.md", Some(&[("path", "a.md/b")]));
        check("page{#part}", "page#two", Some(&[("part", "two")]));
        check("page{#part}", "page", Some(&[]));
        check("file{.ext}", "file.tar", Some(&[("ext", "tar")]));
        check("root{/a,b}", "root/x/y", Some(&[("a", "x"), ("b", "y")]));
        check("root{/a,b}", "root/x", Some(&[("a", "x")]));
        check("m{;x,y}", "m;x=1;y=2", Some(&[("x", "1"), ("y", "2")]));
        check("s{?q,lang}", "s?q=a%20b&lang=en", Some(&[("q", "a b"), ("lang", "en")]));
        check("s{?q,lang}", "s?q=a", Some(&[("q", "a")]));
        check("s{?q}", "s", Some(&[]));
        check("s?fixed=1{&x}", "s?fixed=1&x=2", Some(&[("x", "2")]));
        check("plain", "plain", Some(&[]));
        check("plain", "plainer", None);
        check("{+a}", "", Some(&[("a", "")]));
    }

    #[test]
    fn what_is_no_template() {
        for text in ["{", "}", "{a", "a}", "{}", "{a b}", "{a:3}", "{a*}", "{=a}", "{a,}", "{?}"] {
            assert!(Template::new(text).is_err(), "{text}");
        }
    }
}
