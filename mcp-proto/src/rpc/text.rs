//! JSON strings: what they mean, and how they are written.

use std::borrow::Cow;
use std::fmt;

use bytes::BufMut;

/// What a string means, given what stands between its quotes. None if that is not Unicode text: a
/// lone surrogate, or not UTF-8.
pub(super) fn unescape(inside: &[u8]) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', inside).is_none() {
        return std::str::from_utf8(inside).ok().map(Cow::Borrowed);
    }
    let mut quoted = Vec::with_capacity(inside.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(inside);
    quoted.push(b'"');
    serde_json::from_slice(&quoted).ok().map(Cow::Owned)
}

/// What stands between the quotes of a string's text.
pub(super) fn inside(quoted: &[u8]) -> Option<&[u8]> {
    quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")
}

/// Appends a string, quoted and escaped.
pub(super) fn quote<B: BufMut>(out: &mut B, text: &str) {
    out.put_u8(b'"');
    let mut rest = text;
    while let Some((plain, after)) = rest.find(special).and_then(|at| rest.split_at_checked(at)) {
        out.put_slice(plain.as_bytes());
        let mut chars = after.chars();
        match chars.next() {
            Some('\n') => out.put_slice(b"\\n"),
            Some('\r') => out.put_slice(b"\\r"),
            Some('\t') => out.put_slice(b"\\t"),
            Some(c @ ('"' | '\\')) => out.put_slice(&[b'\\', c as u8]),
            Some(c) => print(out, format_args!("\\u{:04x}", u32::from(c))),
            None => {}
        }
        rest = chars.as_str();
    }
    out.put_slice(rest.as_bytes());
    out.put_u8(b'"');
}

fn special(c: char) -> bool {
    matches!(c, '"' | '\\' | '\0'..='\x1F')
}

/// Appends formatted text, without a buffer in between.
pub(super) fn print<B: BufMut>(out: &mut B, text: fmt::Arguments<'_>) {
    struct Sink<'a, B>(&'a mut B);
    impl<B: BufMut> fmt::Write for Sink<'_, B> {
        fn write_str(&mut self, s: &str) -> fmt::Result {
            self.0.put_slice(s.as_bytes());
            Ok(())
        }
    }
    // The sink never fails.
    _ = fmt::write(&mut Sink(out), text);
}

/// A peer's bytes for a person to read: at most 64 of them, escaped.
pub(super) fn excerpt(bytes: &[u8]) -> String {
    match bytes.split_at_checked(64) {
        Some((start, rest)) if !rest.is_empty() => {
            format!("{}… ({} bytes)", start.escape_ascii(), bytes.len())
        }
        _ => bytes.escape_ascii().to_string(),
    }
}
