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
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some((plain, escaped)) = memchr::memchr(b'\\', rest).and_then(|at| rest.split_at_checked(at)) {
        text.push_str(std::str::from_utf8(plain).ok()?);
        let (meant, width) = unescape_one(escaped)?;
        text.push(meant);
        rest = escaped.get(width..)?;
    }
    text.push_str(std::str::from_utf8(rest).ok()?);
    Some(Cow::Owned(text))
}

/// What the escape means that `text` begins with, and how long it is.
fn unescape_one(text: &[u8]) -> Option<(char, usize)> {
    let short = |meant| Some((meant, 2));
    match *text.get(1)? {
        same @ (b'"' | b'\\' | b'/') => short(char::from(same)),
        b'n' => short('\n'),
        b'r' => short('\r'),
        b't' => short('\t'),
        b'b' => short('\x08'),
        b'f' => short('\x0C'),
        b'u' => {
            let first = hex(text.get(2..6)?)?;
            if !(0xD800..0xDC00).contains(&first) {
                return char::from_u32(first).map(|meant| (meant, 6));
            }
            let second = hex(text.get(6..12)?.strip_prefix(b"\\u")?)?;
            let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
            char::from_u32(0x1_0000 + ((first - 0xD800) << 10) + low).map(|meant| (meant, 12))
        }
        _ => None,
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| Some(value * 16 + char::from(*digit).to_digit(16)?))
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

/// What stands for a byte within quotes, if not itself. As `serde_json` has it.
fn escape(byte: u8) -> Option<[u8; 6]> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = |letter| Some([b'\\', letter, 0, 0, 0, 0]);
    match byte {
        b'"' | b'\\' => short(byte),
        b'\n' => short(b'n'),
        b'\r' => short(b'r'),
        b'\t' => short(b't'),
        0x08 => short(b'b'),
        0x0C => short(b'f'),
        0..0x20 => {
            let digit = HEX.get(usize::from(byte % 16)).copied().unwrap_or(b'0');
            Some([b'\\', b'u', b'0', b'0', b'0' + byte / 16, digit])
        }
        _ => None,
    }
}

/// Bytes that [`escape`] takes.
fn width(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 2,
        0..0x20 => 6,
        _ => 1,
    }
}

/// A string between `before` and `after`, quoted and escaped in the room that the text has: only what is more is
/// added.
pub(super) fn quote_in_place(before: &str, text: String, after: &str) -> Vec<u8> {
    let length = text.len();
    let quoted: usize = text.bytes().map(width).sum();
    let mut bytes = text.into_bytes();
    let more = before.len() + after.len() + 2 + quoted - length;
    bytes.reserve_exact(more);
    bytes.resize(length + more, 0);
    // The text is moved back by all that comes before its last byte, and then forward, piece by piece: what is
    // written never gets ahead of what is read.
    let mut write = before.len() + 1;
    let mut read = write + quoted - length;
    let end = read + length;
    bytes.copy_within(..length, read);
    put(&mut bytes, 0, before.as_bytes());
    put(&mut bytes, write - 1, b"\"");
    while write < read {
        let rest = bytes.get(read..end).unwrap_or_default();
        let plain = rest.iter().position(|byte| width(*byte) > 1).unwrap_or(rest.len());
        let special = rest.get(plain).copied().and_then(escape).unwrap_or_default();
        bytes.copy_within(read..read + plain, write);
        write += plain;
        read += plain + 1;
        let special = special.split(|byte| *byte == 0).next().unwrap_or_default();
        put(&mut bytes, write, special);
        write += special.len();
    }
    put(&mut bytes, end, b"\"");
    put(&mut bytes, end + 1, after.as_bytes());
    bytes
}

/// Writes over what is there.
fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    if let Some(there) = bytes.get_mut(at..at + part.len()) {
        there.copy_from_slice(part);
    }
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

/// A peer's text as it may stand in an error of ours: at most 64 characters, escaped.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(64).collect::<String>().escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::{quote_in_place, unescape};
    use std::borrow::Cow;

    #[test]
    fn unescaping_is_what_serde_json_does() {
        let escapes = [
            r#"\""#,
            r"\\",
            r"\/",
            r"\n",
            r"\r",
            r"\t",
            r"\b",
            r"\f",
            r"\u00e9",
            r"\u0000",
            r"\uFFFF",
            r"\ud83d\uDE00",
        ];
        let broken = [r"\ud83d", r"\ude00", r"\ud83d\n", r"\ud83d\ud83d", r"\u12", r"\x", r"\", r"\u+123", r"\ud83d\u"];
        for escape in escapes.iter().chain(&broken) {
            for text in [escape.to_string(), format!("é{escape}x{escape}"), format!("{escape}{escape}é")] {
                let expect: Option<String> = serde_json::from_str(&format!("\"{text}\"")).ok();
                assert_eq!(unescape(text.as_bytes()).map(Cow::into_owned), expect, "{text}");
            }
        }
        assert_eq!(unescape(b"\\n\xff"), None);
    }

    #[test]
    fn quoting_in_place_is_what_serde_json_does() {
        let all: String = (0..=u8::MAX).map(char::from).collect();
        let texts =
            ["", "plain", "\"", "\\\\", "\n at both ends \n", "\0\u{1f}\u{7f}é\u{2028}𝄞", "\u{1}\u{2}\u{3}", &all];
        for text in texts {
            for (before, after) in [("", ""), ("[", "]"), ("{\"long enough\":", "}")] {
                let expect = format!("{before}{}{after}", serde_json::to_string(text).unwrap());
                let quoted = quote_in_place(before, text.to_owned(), after);
                assert_eq!(String::from_utf8(quoted).unwrap(), expect);
            }
        }
    }
}
