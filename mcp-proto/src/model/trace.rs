//! Trace context (2026-07-28, `_meta`): where a message stands in a trace of somebody's. The names are those of the
//! W3C's Trace Context and Baggage, without a prefix.

use super::object::Extra;
use crate::rpc::{Object, Raw};

const TRACEPARENT: &str = "traceparent";
const TRACESTATE: &str = "tracestate";
const BAGGAGE: &str = "baggage";

/// Where a message stands in a trace. Whoever passes a call on passes it on, too; what a peer says here is not to be
/// trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TraceContext {
    /// The trace, and what in it sends this.
    pub traceparent: Option<String>,
    /// What the makers of tracing systems add. Means nothing without `traceparent`.
    pub tracestate: Option<String>,
    /// What goes along with the trace, for anybody in it to read.
    pub baggage: Option<String>,
}

/// What a `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent<'a> {
    /// The trace: 32 lower-case hexadecimal digits.
    pub trace_id: &'a str,
    /// What in it sends this: 16 lower-case hexadecimal digits.
    pub parent_id: &'a str,
    /// Whether the sender keeps what it records.
    pub sampled: bool,
}

impl TraceContext {
    /// What a message's `_meta` says of it. What is no string is taken as absent.
    #[must_use]
    pub fn of(meta: &Object) -> Self {
        let member = |name| meta.get(name).and_then(|value| value.parse().ok());
        Self { traceparent: member(TRACEPARENT), tracestate: member(TRACESTATE), baggage: member(BAGGAGE) }
    }

    /// Puts it into the `_meta` of a message, in place of what is there. What is absent here is left as it is.
    pub fn put(&self, meta: &mut Extra) {
        let members = [(TRACEPARENT, &self.traceparent), (TRACESTATE, &self.tracestate), (BAGGAGE, &self.baggage)];
        for (name, value) in members {
            if let Some(value) = value.as_ref().and_then(|value| Raw::from_serialize(value).ok()) {
                meta.insert(name.to_owned(), value);
            }
        }
    }

    /// What `traceparent` says; `None` if it is absent or not as W3C Trace Context has it. Then a new trace begins.
    #[must_use]
    pub fn parent(&self) -> Option<TraceParent<'_>> {
        let mut parts = self.traceparent.as_deref()?.split('-');
        let (version, trace_id, parent_id, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, digits: usize| {
            text.len() == digits && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let names = |id: &str, digits: usize| is_hex(id, digits) && id.bytes().any(|b| b != b'0');
        // Versions to come may have more parts; what is known stays where it is.
        let version_is_legal = is_hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
        if !(version_is_legal && names(trace_id, 32) && names(parent_id, 16) && is_hex(flags, 2)) {
            return None;
        }
        let sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(TraceParent { trace_id, parent_id, sampled })
    }
}
