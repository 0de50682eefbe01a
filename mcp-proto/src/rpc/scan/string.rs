//! Strings, where a scan spends its time.

use super::{Flaw, Scanner};

impl Scanner<'_> {
    /// The string whose opening quote is here. Most strings are names, and over within one word.
    #[inline]
    pub(super) fn string(&mut self) -> Result<(), Flaw> {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        if let Some(word) = rest.first_chunk::<8>() {
            let word = u64::from_le_bytes(*word);
            let length = stops(word).trailing_zeros() & !7;
            if word.checked_shr(length).is_some_and(|rest| rest as u8 == b'"') {
                self.strings |= word;
                self.at += 2 + (length / 8) as usize;
                return Ok(());
            }
        }
        self.long_string()
    }

    #[inline(never)]
    fn long_string(&mut self) -> Result<(), Flaw> {
        self.at += 1;
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let (length, bits) = plain(rest);
            self.strings |= bits;
            self.at += length;
            match rest.get(length) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(_) => return Err(Flaw::Control),
                None => return Err(Flaw::End),
            }
        }
    }

    #[inline(never)]
    fn escape(&mut self) -> Result<(), Flaw> {
        self.escaped = true;
        self.at += 1;
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                self.at += 1;
                for _ in 0..4 {
                    match self.byte() {
                        Some(byte) if byte.is_ascii_hexdigit() => self.at += 1,
                        _ => return self.flaw(Flaw::Escape),
                    }
                }
            }
            _ => return self.flaw(Flaw::Escape),
        }
        Ok(())
    }
}

/// How far it is to the next quote, backslash or control character, and all bytes up to there (or a few
/// more) or-ed together. Eight bytes at a time: JSON text has an escape every line or so, too often for
/// a call into a search over long stretches.
#[inline]
fn plain(text: &[u8]) -> (usize, u64) {
    let mut bits = 0;
    let mut length = 0;
    let (words, _) = text.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let stops = stops(word);
        bits |= word;
        if stops != 0 {
            return (length + (stops.trailing_zeros() / 8) as usize, bits);
        }
        length += 8;
    }
    while let Some(byte) = text.get(length)
        && !matches!(byte, b'"' | b'\\' | 0..=0x1F)
    {
        bits |= u64::from(*byte);
        length += 1;
    }
    (length, bits)
}

const ONES: u64 = 0x0101_0101_0101_0101;
/// The bit that no ASCII byte has.
pub(super) const HIGH: u64 = 0x80 * ONES;

/// The high bit of every byte that is a quote, a backslash or below 0x20. The lowest bit set is exact;
/// bits above it may be false, because a borrow runs upwards.
#[inline]
fn stops(word: u64) -> u64 {
    let quote = (word ^ (ONES * b'"' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let control = word.wrapping_sub(ONES * 0x20);
    (quote | backslash | control) & !word & HIGH
}
