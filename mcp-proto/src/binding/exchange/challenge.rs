//! What a server demands of who asks: `WWW-Authenticate` (RFC 9110, 11.6.1; since 2025-06-18, authorization).
//!
//! A parser of its own, since the crate for it (`http-auth`) has no `token68` and stops at the first flaw: a `Negotiate`
//! in front would hide the `Bearer` behind it.

use super::field::{elements, trim};
use http::header::{HeaderMap, WWW_AUTHENTICATE};
use std::fmt;

/// The challenges that are read from one head; those behind are left out. The parameters of one, likewise.
const MOST: usize = 16;

/// One way to be let in. `Debug` shows no values.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Challenge {
    /// How, such as `Bearer`; as written, to be compared without regard to case.
    pub scheme: String,
    /// The one value that some schemes have instead of parameters.
    pub token68: Option<String>,
    /// Names, as written, and values without quotes, in their order. At most 16.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges of a response, in their order, over all lines of the header. At most 16.
    ///
    /// What can't be read is left out, and reading goes on at the next comma.
    #[must_use]
    pub fn all(headers: &HeaderMap) -> Vec<Self> {
        let mut found = Vec::new();
        for value in headers.get_all(WWW_AUTHENTICATE) {
            // No challenge goes on in the next line.
            let first = found.len();
            for element in elements(&String::from_utf8_lossy(value.as_bytes()), ',') {
                if let Some(param) = param(element) {
                    if let Some(challenge) = found.get_mut(first..).and_then(<[Self]>::last_mut) {
                        challenge.push(param);
                    }
                } else if let Some(challenge) = Self::begin(element) {
                    if found.len() == MOST {
                        return found;
                    }
                    found.push(challenge);
                }
            }
        }
        found
    }

    /// The first challenge of the scheme that MCP uses, with what it says.
    #[must_use]
    pub fn bearer(challenges: &[Self]) -> Option<Bearer> {
        let challenge = challenges.iter().find(|challenge| challenge.scheme.eq_ignore_ascii_case("Bearer"))?;
        let own = |name| challenge.param(name).map(str::to_owned);
        Some(Bearer {
            resource_metadata: own("resource_metadata"),
            scope: own("scope"),
            error: own("error"),
            error_description: own("error_description"),
        })
    }

    /// The value of a parameter, by its name without regard to case; the first, if there are several.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        let mut named = self.params.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }

    /// The challenge that begins here: a scheme, and its value or its first parameter.
    fn begin(element: &str) -> Option<Self> {
        let (scheme, rest) = element.split_once([' ', '\t']).unwrap_or((element, ""));
        if !is_token(scheme) {
            return None;
        }
        let mut challenge = Self { scheme: scheme.to_owned(), token68: None, params: Vec::new() };
        let rest = trim(rest);
        // `a=` is a value with its padding, `a=b` a parameter.
        if is_token68(rest) {
            challenge.token68 = Some(rest.to_owned());
        } else if let Some(param) = param(rest) {
            challenge.push(param);
        }
        Some(challenge)
    }

    fn push(&mut self, param: (String, String)) {
        if self.params.len() < MOST {
            self.params.push(param);
        }
    }
}

/// What a `Bearer` challenge says (RFC 6750, 3; RFC 9728, 5.1). All of it is the server's word: the address of the
/// metadata is to be checked before it is asked. `Debug` shows only what is there.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bearer {
    /// Where the server says by whom its tokens are given. Without it, well-known addresses are tried (since 2025-11-25).
    pub resource_metadata: Option<String>,
    /// What the token must be good for: names with spaces between them.
    pub scope: Option<String>,
    /// What was wrong with the token that was sent, such as `invalid_token` or `insufficient_scope`.
    pub error: Option<String>,
    /// The same for people.
    pub error_description: Option<String>,
}

impl Bearer {
    /// Whether the token was good, but not for this (since 2025-11-25: another may be asked for, a few times at most).
    #[must_use]
    pub fn wants_more_scope(&self) -> bool {
        self.error.as_deref() == Some("insufficient_scope")
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("scheme", &format_args!("{:.32}", self.scheme))
            .field("params", &self.params.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bearer")
            .field("resource_metadata", &self.resource_metadata.is_some())
            .field("scope", &self.scope.is_some())
            .field("error", &self.error.is_some())
            .finish_non_exhaustive()
    }
}

/// A parameter: a name, `=`, and a token or a text in quotes. Servers forget the quotes, so any text will do that has
/// no white space.
fn param(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let (name, value) = (trim(name), trim(value));
    let value = match value.strip_prefix('"') {
        Some(quoted) => unquote(quoted)?,
        None => Some(value.to_owned()).filter(|value| !value.contains([' ', '\t', '"']))?,
    };
    is_token(name).then(|| (name.to_owned(), value))
}

/// The text that ends with a quote, and nothing behind it.
fn unquote(quoted: &str) -> Option<String> {
    let mut text = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    loop {
        match chars.next()? {
            '"' => return chars.as_str().is_empty().then_some(text),
            '\\' => text.push(chars.next()?),
            c => text.push(c),
        }
    }
}

fn is_token(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(legal)
}

fn is_token68(text: &str) -> bool {
    let unpadded = text.trim_end_matches('=');
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    !unpadded.is_empty() && unpadded.bytes().all(legal)
}

#[cfg(test)]
mod tests;
