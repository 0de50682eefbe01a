//! A server that ended, and the fresh one in its place.

use super::command::Event;
use super::config::Opening;
use super::open::Ladder;
use super::session::{Out, Phase, Session};
use crate::error::{CallError, Closed, Fault};
use crate::model::{Era, Listen, Method as _};
use crate::time::Time;

/// The stream is over; another will come.
#[derive(Debug)]
pub(super) struct Away {
    /// When the owner is asked for it. `None`: it was.
    pub at: Option<Time>,
    /// How the fresh server is opened. `None`: as one that was known.
    ladder: Option<Ladder>,
    /// Why the old server is gone.
    why: Closed,
}

impl Session {
    /// The server ended. Whether a fresh one will take its place.
    pub(super) fn start_afresh(&mut self, now: Time, why: &Closed, out: &mut Out) -> bool {
        if !self.config.reopens {
            return false;
        }
        let away = match &self.phase {
            // Some servers of the older era end at a request they do not know (the digest's detection ladder).
            Phase::Opening(ladder) if !self.was_ready && ladder.probe_may_have_killed(&self.config) => {
                Away { at: Some(now), ladder: Some(ladder.for_a_fresh_one(&self.config)), why: why.clone() }
            }
            _ if self.was_ready && self.restarts < self.config.restarts.attempts => {
                self.leave(why, out);
                self.next_attempt(now, why)
            }
            _ => return false,
        };
        self.phase = Phase::Away(away);
        self.heard = false;
        out.await_stream();
        self.ask_for_stream(now, out);
        true
    }

    fn next_attempt(&mut self, now: Time, why: &Closed) -> Away {
        self.restarts += 1;
        let at = now.after(self.config.restarts.delay_before(self.restarts));
        Away { at: Some(at), ladder: None, why: why.clone() }
    }

    /// Calls in flight fail: nobody knows how far they came. Subscriptions are asked for again.
    fn leave(&mut self, why: &Closed, out: &mut Out) {
        if let Phase::Ready(info) = &self.phase {
            self.known_era = Some(info.revision.era());
        }
        for ask in self.asks.withdraw(|_| true) {
            out.event(Event::Withdrawn { ask });
        }
        // The fresh server knows of none of them.
        self.listening = None;
        for call in self.calls.in_flight_ids().into_iter().rev() {
            if self.calls.is(call, Listen::FACTS.name) {
                self.calls.wait_first(call);
            } else {
                self.end(call, Err(CallError::Closed(why.clone())), out);
            }
        }
    }

    /// If it is time, the owner is asked for another stream.
    pub(super) fn ask_for_stream(&mut self, now: Time, out: &mut Out) {
        if let Phase::Away(away) = &mut self.phase
            && away.at.is_some_and(|at| now >= at)
        {
            away.at = None;
            out.event(Event::Reopen { why: away.why.clone() });
        }
    }

    /// The owner has another stream, or none.
    pub(super) fn reopened(&mut self, now: Time, result: Result<(), Fault>, out: &mut Out) {
        let Phase::Away(away) = &mut self.phase else { return };
        match result {
            Ok(()) => {
                let ladder = away.ladder.take().unwrap_or_else(|| self.known_ladder(now));
                out.stream_replaced();
                self.begin(ladder, out);
            }
            Err(_) if self.was_ready && self.restarts < self.config.restarts.attempts => {
                let why = away.why.clone();
                self.phase = Phase::Away(self.next_attempt(now, &why));
            }
            Err(fault) => out.close(Closed::Lost(fault)),
        }
    }

    /// How a server is opened whose era was seen.
    fn known_ladder(&self, now: Time) -> Ladder {
        let opening = match (self.config.opening, self.known_era) {
            (Opening::Probe | Opening::LegacyFirst, Some(Era::Legacy)) => Opening::LegacyFirst,
            (Opening::Probe | Opening::LegacyFirst, Some(Era::Modern)) => Opening::Probe,
            (opening, _) => opening,
        };
        Ladder::new(&self.config, opening, now)
    }
}
