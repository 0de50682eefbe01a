//! Request ids.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use bytes::BufMut;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::raw::Raw;
use super::scan;
use super::text::{inside, quote, unescape};

/// The longest id accepted, in bytes of its JSON text.
pub const MAX_ID: usize = 1024;

/// The id of a request: a string or an integer. `1` and `"1"` are two ids.
///
/// Equal by type and value: `1` and `1.0` are one id, strings are compared by what they mean. A number
/// is written back exactly as it was read, also beyond 64 bits or as `1.0` or `1e3`. A clone is cheap
/// and keeps no input alive.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Id(Kind);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Kind {
    Integer(Integer),
    Text(Arc<str>),
}

#[derive(Clone)]
enum Integer {
    Small(i64),
    /// Beyond 64 bits, or not written as we would.
    Written(Arc<Written>),
}

struct Written {
    text: Box<str>,
    value: Value,
}

/// The value of an integer: one for each, so that it can be compared.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Value {
    Small(i64),
    /// Digits without zeros at either end, and how many zeros follow them.
    Large {
        negative: bool,
        digits: Box<str>,
        zeros: u64,
    },
}

impl Value {
    /// The value of a JSON number; None if it is not an integer, or its exponent is beyond 64 bits.
    fn of(number: &str) -> Option<Self> {
        let (negative, rest) = match number.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, number),
        };
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let kept = digits.trim_end_matches('0');
        let exponent: i64 = exponent.parse().ok()?;
        let cut = i64::try_from(digits.len() - kept.len()).ok()?;
        let zeros = exponent.checked_sub_unsigned(fraction.len() as u64)?.checked_add(cut)?;
        let digits = kept.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self::Small(0));
        }
        let zeros = u64::try_from(zeros).ok()?;
        let small = || {
            let power = 10i128.checked_pow(u32::try_from(zeros).ok()?)?;
            let value = digits.parse::<i128>().ok()?.checked_mul(power)?;
            i64::try_from(if negative { -value } else { value }).ok()
        };
        Some(match small() {
            Some(value) => Self::Small(value),
            None => Self::Large { negative, digits: digits.into(), zeros },
        })
    }
}

impl Integer {
    fn of(number: &str) -> Option<Self> {
        // "-0" is an integer, but not one that is written like that.
        if let Ok(value) = number.parse()
            && number != "-0"
        {
            return Some(Self::Small(value));
        }
        let value = Value::of(number)?;
        Some(Self::Written(Arc::new(Written { text: number.into(), value })))
    }

    fn small(&self) -> Option<i64> {
        match self {
            Self::Small(value) => Some(*value),
            Self::Written(written) => match written.value {
                Value::Small(value) => Some(value),
                Value::Large { .. } => None,
            },
        }
    }
}

impl PartialEq for Integer {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Written(a), Self::Written(b)) => a.value == b.value,
            _ => self.small().is_some() && self.small() == other.small(),
        }
    }
}

impl Eq for Integer {}

impl Hash for Integer {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Small(value) => Value::Small(*value).hash(state),
            Self::Written(written) => written.value.hash(state),
        }
    }
}

impl Id {
    /// The id whose JSON text this is; None for a fraction, any other type, a string that is not
    /// Unicode text (a lone surrogate), or more than [`MAX_ID`] bytes.
    #[must_use]
    pub fn from_raw(raw: &Raw) -> Option<Self> {
        Self::from_text(raw.as_bytes())
    }

    /// As [`Self::from_raw`], for the text of one value that was scanned.
    pub(super) fn from_text(text: &[u8]) -> Option<Self> {
        if text.len() > MAX_ID {
            return None;
        }
        match text.first()? {
            b'1'..=b'9' if text.len() < 19 && text.iter().all(u8::is_ascii_digit) => {
                let value = text.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
                Some(Self::from(value))
            }
            b'"' => unescape(inside(text)?).map(|text| Self(Kind::Text(text.into()))),
            b'-' | b'0'..=b'9' => Integer::of(std::str::from_utf8(text).ok()?).map(|n| Self(Kind::Integer(n))),
            _ => None,
        }
    }

    /// As [`Self::from_raw`], for bytes that may be anything.
    pub(super) fn from_untrusted(text: &[u8]) -> Option<Self> {
        scan::whole(text, 0).ok()?;
        Self::from_text(text)
    }

    /// The integer, if it is one and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Kind::Integer(integer) => integer.small(),
            Kind::Text(_) => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Kind::Integer(_) => None,
            Kind::Text(text) => Some(text),
        }
    }

    /// Appends the id as JSON.
    pub fn write_json<B: BufMut>(&self, out: &mut B) {
        match &self.0 {
            Kind::Integer(Integer::Small(value)) => out.put_slice(itoa::Buffer::new().format(*value).as_bytes()),
            Kind::Integer(Integer::Written(written)) => out.put_slice(written.text.as_bytes()),
            Kind::Text(text) => quote(out, text),
        }
    }
}

impl From<i64> for Id {
    fn from(id: i64) -> Self {
        Self(Kind::Integer(Integer::Small(id)))
    }
}

impl From<&str> for Id {
    fn from(id: &str) -> Self {
        Self(Kind::Text(id.into()))
    }
}

impl From<String> for Id {
    fn from(id: String) -> Self {
        Self(Kind::Text(id.into()))
    }
}

/// As JSON: strings with quotes.
impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write_json(&mut text);
        f.write_str(&String::from_utf8_lossy(&text))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Kind::Integer(Integer::Small(value)) => serializer.serialize_i64(*value),
            Kind::Integer(Integer::Written(written)) => {
                let raw: &serde_json::value::RawValue =
                    serde_json::from_str(&written.text).map_err(serde::ser::Error::custom)?;
                raw.serialize(serializer)
            }
            Kind::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Only from `serde_json`.
impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        Self::from_raw(&raw).ok_or_else(|| de::Error::custom("an id must be a string or an integer"))
    }
}

#[cfg(test)]
mod tests;
