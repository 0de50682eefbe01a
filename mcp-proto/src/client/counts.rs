//! What a client counts, and when its calls began and ended.

use super::call::{CallId, Reply};
use super::command::Event;
use super::session::{Out, Session};
use crate::error::CallError;
use crate::stats::{End, Timing};

impl Session {
    /// The instants of a call that has not ended.
    #[must_use]
    pub fn timing(&self, call: CallId) -> Option<Timing> {
        self.calls.get(call).map(|call| call.timing)
    }

    /// An answer that nobody waits for. Our ids are counted up, so the ones we have used are known.
    pub(super) fn unasked(&self, wire: Option<i64>, out: &mut Out) {
        let used = wire.is_some_and(|wire| (1..=self.last_wire).contains(&wire));
        *(if used { &mut out.stats.rare().late } else { &mut out.stats.rare().unmatched }) += 1;
    }
}

/// Tells how a call ended, and counts it.
pub(super) fn ended(call: CallId, mut timing: Timing, outcome: Result<Reply, CallError>, out: &mut Out) {
    timing.ended = Some(out.now);
    out.stats.ended(match &outcome {
        Ok(_) => End::Completed,
        Err(CallError::Deadline(_)) => End::TimedOut,
        Err(CallError::Cancelled) => End::Cancelled,
        Err(_) => End::Failed,
    });
    out.event(Event::Ended { call, outcome, timing });
}
