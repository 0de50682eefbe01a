//! What bodies are, and which of them the other side takes: `Content-Type` and `Accept`. Types are compared without
//! regard to case, and their parameters are nobody's business.

use super::field::{elements, trim};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};

/// A message.
pub const JSON: &str = "application/json";
/// A stream of messages.
pub const EVENT_STREAM: &str = "text/event-stream";
/// What clients accept in answer to a message: both, since it is for the server to choose (since 2025-03-26, transports).
pub const BOTH: &str = "application/json, text/event-stream";

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// A message.
    Json,
    /// A stream of messages.
    EventStream,
    /// Something else, or nobody says what.
    Other,
}

impl Media {
    /// What the body behind a head is. A head that says it twice says nothing.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(CONTENT_TYPE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return Self::Other };
        match value.to_str().map(essence) {
            Ok(said) if said.eq_ignore_ascii_case(JSON) => Self::Json,
            Ok(said) if said.eq_ignore_ascii_case(EVENT_STREAM) => Self::EventStream,
            _ => Self::Other,
        }
    }
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// 415: its body is no message.
    #[error("`Content-Type` must be `application/json`")]
    ContentType,
    /// 406: what it would be answered with is not accepted.
    #[error("`Accept` must list `application/json` and `text/event-stream`; the latter alone will do for GET")]
    Accept,
}

/// Whether a POST brings a message and takes both kinds of answers. One without `Accept` takes none: clients must say
/// it (since 2025-03-26, transports).
///
/// # Errors
/// Why not; what it brings comes first.
pub fn check_post(headers: &HeaderMap) -> Result<(), Unfit> {
    if Media::of(headers) != Media::Json {
        return Err(Unfit::ContentType);
    }
    if accepts(headers, JSON) && accepts(headers, EVENT_STREAM) { Ok(()) } else { Err(Unfit::Accept) }
}

/// Whether a GET takes an event stream.
///
/// # Errors
/// Why not.
pub fn check_get(headers: &HeaderMap) -> Result<(), Unfit> {
    if accepts(headers, EVENT_STREAM) { Ok(()) } else { Err(Unfit::Accept) }
}

/// Whether `Accept` names a type, or a range with it. Of what it says the most precise counts, whatever stands first:
/// `text/event-stream;q=0, */*` is everything but event streams (RFC 9110, 12.5.1).
#[must_use]
pub fn accepts(headers: &HeaderMap, media: &str) -> bool {
    let lines = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let ranges = lines.flat_map(|line| elements(line, ','));
    // What is said twice with the same precision is accepted if it once is.
    let best = ranges.filter_map(|range| Some((precision(essence(range), media)?, is_wanted(range)))).max();
    best.is_some_and(|(_, wanted)| wanted)
}

/// How precisely a range names a type; `None` if it does not.
fn precision(range: &str, media: &str) -> Option<u8> {
    let family = |text: &str| text.split_once('/').map(|(family, _)| family.to_ascii_lowercase());
    if range.eq_ignore_ascii_case(media) {
        Some(2)
    } else if range == "*/*" {
        Some(0)
    } else {
        (range.ends_with("/*") && family(range) == family(media)).then_some(1)
    }
}

/// Whether a range has any weight. One that can't be read is none to refuse for.
fn is_wanted(range: &str) -> bool {
    let weights = elements(range, ';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let mut weights = weights.filter(|(name, _)| trim(name).eq_ignore_ascii_case("q")).map(|(_, weight)| trim(weight));
    weights.next().and_then(|weight| weight.parse().ok()) != Some(0.0_f32)
}

/// A media type without its parameters.
fn essence(text: &str) -> &str {
    trim(text.split_once(';').map_or(text, |(essence, _)| essence))
}

#[cfg(test)]
mod tests;
