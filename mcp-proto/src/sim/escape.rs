//! Values on one line of text: bytes to the end of the line, seconds with all their digits.

use super::recording::Unreadable;
use bytes::Bytes;
use std::fmt::Write as _;
use std::time::Duration;

/// Bytes as text: what can be read stays, the rest is `\n`, `\r`, `\t`, `\\` or `\xNN`. A space at the end
/// is escaped, since editors eat it.
pub(super) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                // Some editors take these for line ends.
                '\u{2028}' | '\u{2029}' | '\u{feff}' => hex(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut text),
                c if c.is_control() => hex(c.encode_utf8(&mut [0; 4]).as_bytes(), &mut text),
                c => text.push(c),
            }
        }
        hex(chunk.invalid(), &mut text);
    }
    if text.ends_with(' ') {
        text.pop();
        text.push_str("\\x20");
    }
    text
}

fn hex(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        let _ = write!(text, "\\x{byte:02x}");
    }
}

/// The bytes of an escaped text.
pub(super) fn unescape(text: &str) -> Result<Bytes, Unreadable> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(plain.as_bytes());
        let mut chars = after.chars();
        bytes.push(match chars.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('\\') => b'\\',
            Some('x') => {
                let digits = chars.as_str().get(..2).ok_or_else(|| Unreadable::new("an escape", text))?;
                chars = chars.as_str().get(2..).unwrap_or_default().chars();
                u8::from_str_radix(digits, 16).map_err(|_| Unreadable::new("an escape", text))?
            }
            _ => return Err(Unreadable::new("an escape", text)),
        });
        rest = chars.as_str();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes.into())
}

/// Seconds, with as many digits as they need.
pub(super) fn seconds(duration: Duration) -> String {
    let text = format!("{}.{:09}", duration.as_secs(), duration.subsec_nanos());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The time that [`seconds`] wrote.
pub(super) fn duration(text: &str) -> Result<Duration, Unreadable> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let nanos = format!("{part:0<9}");
    match (whole.parse(), nanos.parse()) {
        (Ok(whole), Ok(nanos)) if nanos < 1_000_000_000 => Ok(Duration::new(whole, nanos)),
        _ => Err(Unreadable::new("seconds", text)),
    }
}

/// The first word and the rest.
pub(super) fn word(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

/// The first word as a number, and the rest.
pub(super) fn number<T: std::str::FromStr>(text: &str) -> Result<(T, &str), Unreadable> {
    let (first, rest) = word(text);
    first.parse().map(|n| (n, rest)).map_err(|_| Unreadable::new("a number", text))
}

#[cfg(test)]
mod tests {
    use super::{duration, escape, seconds, unescape};
    use proptest::prelude::*;
    use std::time::Duration;

    #[test]
    fn text_one_can_read() {
        let check = |bytes: &[u8], expect: &str| assert_eq!(escape(bytes), expect);
        check(b"{\"a\":\"b\"}\n", "{\"a\":\"b\"}\\n");
        check("Zürich \u{2028}".as_bytes(), "Zürich \\xe2\\x80\\xa8");
        check(b"\xff\\ ", "\\xff\\\\\\x20");
    }

    proptest! {
        #[test]
        fn every_byte_comes_back(bytes: Vec<u8>) {
            let text = escape(&bytes);
            prop_assert!(!text.contains('\n'));
            prop_assert_eq!(unescape(&text), Ok(bytes.into()));
        }

        #[test]
        fn every_duration_comes_back(secs: u64, nanos in 0u32..1_000_000_000) {
            let d = Duration::new(secs, nanos);
            prop_assert_eq!(duration(&seconds(d)), Ok(d));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = (unescape(&text), duration(&text));
        }
    }
}
