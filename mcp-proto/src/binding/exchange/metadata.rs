//! What a request of 2026-07-28 says in its head as well, so that what stands between can route by it (transports,
//! request metadata): the version, the method, what it is about, and some arguments of tools.
//!
//! A client writes the headers with [`put`]. A server holds them against the body, which comes first, at three places
//! of its ladder: [`check_version`], [`check_method`], [`check_arguments`].

use super::field::trim;
use super::names;
use crate::model::{CallTool, HEADER_MISMATCH, HeaderParam, Method as _, facts};
use crate::rpc::{ErrorObject, Object, Raw};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{HeaderMap, HeaderName, HeaderValue, MaxSizeReached};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

// ---- Values.

const OPENING: &str = "=?base64?";
const CLOSING: &str = "?=";

/// A text as the value of a header: as it is, or as `=?base64?…?=` if a header could not carry it, or it would be taken
/// for that.
#[must_use]
pub fn encode(text: &str) -> Cow<'_, str> {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && trim(text) == text
        && !(text.starts_with(OPENING) && text.ends_with(CLOSING));
    if plain { Cow::Borrowed(text) } else { Cow::Owned(format!("{OPENING}{}{CLOSING}", STANDARD.encode(text))) }
}

/// The text that [`encode`] made a value of; `None` if it has both marks, but between them no Base64 of the standard
/// alphabet with its padding, or no UTF-8. With one mark only, or another spelling of them, it means what it says.
#[must_use]
pub fn decode(value: &str) -> Option<Cow<'_, str>> {
    match value.strip_prefix(OPENING).and_then(|rest| rest.strip_suffix(CLOSING)) {
        None => Some(Cow::Borrowed(value)),
        Some(encoded) => STANDARD.decode(encoded).ok().and_then(|bytes| String::from_utf8(bytes).ok()).map(Cow::Owned),
    }
}

// ---- What a client says.

/// Adds the headers for a message of a client. Those that are there already are replaced.
///
/// `params` are those of the body, `mirrored` what the newest known schema of the tool wants in headers, from
/// [`header_params`](crate::model::header_params); it counts for `tools/call` only. What the body does not have gets no
/// header.
///
/// # Errors
/// There are more headers than an [`HeaderMap`] can hold (about 30,000); some were added.
pub fn put(
    headers: &mut HeaderMap,
    version: &str,
    method: &str,
    params: Option<&Object>,
    mirrored: &[HeaderParam],
) -> Result<(), MaxSizeReached> {
    let mut put = |name: HeaderName, text: &str| match HeaderValue::from_str(&encode(text)) {
        Ok(value) => headers.try_insert(name, value).map(drop),
        // Never so: what is encoded is safe.
        Err(_) => Ok(()),
    };
    put(names::PROTOCOL_VERSION, version)?;
    put(names::METHOD, method)?;
    if let Some(name) = about(method, params) {
        put(names::NAME, &name)?;
    }
    let mirrored = if method == CallTool::FACTS.name { mirrored } else { &[] };
    let arguments = arguments(params, mirrored);
    for param in mirrored {
        if let (Some(name), Some(text)) = (header_of(param), param.text(&arguments)) {
            put(name, &text)?;
        }
    }
    Ok(())
}

/// What a request is about, if its method has such a member and that is a string.
fn about<'a>(method: &str, params: Option<&'a Object>) -> Option<Cow<'a, str>> {
    params?.string(facts(method)?.about?)
}

/// The header of a parameter. `None` never for one that [`header_params`](crate::model::header_params) found.
fn header_of(param: &HeaderParam) -> Option<HeaderName> {
    HeaderName::from_bytes(format!("{}{}", names::PARAM_PREFIX, param.name).as_bytes()).ok()
}

/// The arguments of a call that `mirrored` is about; the others, which may be long, are not looked at.
fn arguments(params: Option<&Object>, mirrored: &[HeaderParam]) -> Value {
    let mut found = Map::new();
    let all = if mirrored.is_empty() { None } else { params.and_then(|params| params.get("arguments")) };
    // Of two members of one name the last counts, as for who parses the arguments.
    let all: BTreeMap<Cow<'_, str>, &RawValue> =
        all.as_ref().and_then(|all: &Raw| all.parse().ok()).unwrap_or_default();
    for member in mirrored.iter().filter_map(|param| param.path.first()) {
        if let Some(Ok(value)) = all.get(member.as_str()).map(|raw| serde_json::from_str(raw.get())) {
            found.insert(member.clone(), value);
        }
    }
    Value::Object(found)
}

// ---- What a server makes of it.

/// Theirs: a header does not say what the body says. Shows no value of either.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The header, in lower case.
    pub header: String,
    /// What is wrong with it.
    pub kind: MismatchKind,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MismatchKind {
    /// It is not there, and the body has what it should say.
    Missing,
    /// It is there more than once, or has characters beyond ASCII, or is not the Base64 it says it is.
    Malformed,
    /// It says something else than the body, or something the body does not have.
    Different,
}

impl Mismatch {
    fn new(header: &HeaderName, kind: MismatchKind) -> Self {
        Self { header: header.as_str().to_owned(), kind }
    }

    /// The error for it, -32020. Its status is [`Wrong::Header`](super::status::Wrong::Header)'s.
    #[must_use]
    pub fn error(&self) -> ErrorObject {
        ErrorObject::new(HEADER_MISMATCH, self.to_string())
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As the specification spells them; a long name is that of a parameter.
        let header: String = match self.header.as_str() {
            "mcp-protocol-version" => "MCP-Protocol-Version".to_owned(),
            "mcp-method" => "Mcp-Method".to_owned(),
            "mcp-name" => "Mcp-Name".to_owned(),
            other => other.replacen(names::PARAM_PREFIX, "Mcp-Param-", 1).chars().take(64).collect(),
        };
        let what = match self.kind {
            MismatchKind::Missing => "is missing: it must repeat what the body says",
            MismatchKind::Malformed => "can't be read: it must be there once, in ASCII or as `=?base64?…?=` of UTF-8",
            MismatchKind::Different => "says something else than the body",
        };
        write!(f, "the header `{header}` {what}")
    }
}

impl std::error::Error for Mismatch {}

/// What `MCP-Protocol-Version` says, if it is there; for a look at it before the body is known, and for the older era.
///
/// # Errors
/// It is malformed.
pub fn version(headers: &HeaderMap) -> Result<Option<&str>, Mismatch> {
    value(headers, &names::PROTOCOL_VERSION)
}

/// Whether `MCP-Protocol-Version` is there and says the version of the body's `_meta`.
///
/// # Errors
/// The mismatch.
pub fn check_version(headers: &HeaderMap, version: &str) -> Result<(), Mismatch> {
    let header = &names::PROTOCOL_VERSION;
    match value(headers, header)? {
        None => Err(Mismatch::new(header, MismatchKind::Missing)),
        Some(said) if said == version => Ok(()),
        Some(_) => Err(Mismatch::new(header, MismatchKind::Different)),
    }
}

/// Whether `Mcp-Method` is there and says the method, and, for methods that are about something by name, `Mcp-Name`.
/// Parameters in which that is missing, or is no string, need no `Mcp-Name`: they are refused for themselves.
///
/// # Errors
/// The first mismatch.
pub fn check_method(headers: &HeaderMap, method: &str, params: Option<&Object>) -> Result<(), Mismatch> {
    check(headers, &names::METHOD, true, |said| said == method)?;
    match about(method, params) {
        Some(name) => check(headers, &names::NAME, true, |said| *said == *name),
        None => Ok(()),
    }
}

/// Whether the headers of a call of a tool say what its arguments say, for all that `mirrored` wants in headers. One
/// for an argument that is absent or `null` must be absent, too, or what stands between would be misled.
///
/// # Errors
/// The first mismatch, in the order of `mirrored`.
pub fn check_arguments(headers: &HeaderMap, params: Option<&Object>, mirrored: &[HeaderParam]) -> Result<(), Mismatch> {
    let arguments = arguments(params, mirrored);
    for param in mirrored {
        if let Some(header) = header_of(param) {
            let expected = param.text(&arguments).is_some();
            check(headers, &header, expected, |said| param.agrees(said, &arguments))?;
        }
    }
    Ok(())
}

/// Missing, then malformed, then different.
fn check(
    headers: &HeaderMap,
    header: &HeaderName,
    expected: bool,
    agrees: impl FnOnce(&str) -> bool,
) -> Result<(), Mismatch> {
    let wrong = |kind| Err(Mismatch::new(header, kind));
    match value(headers, header)?.map(decode) {
        None if expected => wrong(MismatchKind::Missing),
        None => Ok(()),
        Some(None) => wrong(MismatchKind::Malformed),
        Some(Some(said)) if agrees(&said) => Ok(()),
        Some(Some(_)) => wrong(MismatchKind::Different),
    }
}

/// The value of a header that may be there once.
fn value<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Result<Option<&'a str>, Mismatch> {
    let mut values = headers.get_all(header).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => match value.to_str() {
            Ok(text) => Ok(Some(trim(text))),
            Err(_) => Err(Mismatch::new(header, MismatchKind::Malformed)),
        },
        (Some(_), Some(_)) => Err(Mismatch::new(header, MismatchKind::Malformed)),
    }
}

#[cfg(test)]
mod tests;
