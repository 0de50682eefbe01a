//! Questions to the client's side: within an answer (2026-07-28), or as requests of our own (before).

use super::call::{Answer, Ask, CallId};
use super::command::Event;
use super::legacy::Legacy;
use super::modern;
use super::question::unable;
use super::session::{Out, Session};
use crate::model::Era;
use crate::rpc::{self, ErrorObject, Id, Raw};
use crate::stats::End;
use crate::time::Time;

impl Session {
    pub(super) fn ask(&mut self, now: Time, call: CallId, ask: Ask, out: &mut Out) {
        let Some(entry) = self.calls.get_mut(call) else { return };
        let error = if entry.request.round >= self.config.limits.rounds {
            Some(ErrorObject::new(rpc::INTERNAL_ERROR, format!("the call asked {} times", entry.request.round)))
        } else if self.read_ended && entry.request.peer.era() == Era::Legacy {
            Some(ErrorObject::new(rpc::INTERNAL_ERROR, "the client ended before it could be asked"))
        } else {
            unable(&entry.request, &ask)
        };
        if let Some(error) = error {
            return self.respond(call, Answer::Error(error), out);
        }
        match entry.request.peer.era() {
            Era::Legacy => {
                let until = self.config.timeouts.input.map(|t| now.after(t));
                match self.legacy.ask(entry, ask, until, out) {
                    Ok(None) => {}
                    Ok(Some(request)) => out.event(Event::Request(request)),
                    Err(too_long) => {
                        let error = ErrorObject::new(rpc::INTERNAL_ERROR, too_long.to_string());
                        self.calls_end(call, &error, End::Failed, out);
                    }
                }
            }
            Era::Modern => {
                if let Some(entry) = self.calls.remove(call) {
                    out.stats.ended(End::Completed);
                    modern::ask(&self.config, &entry, ask, self.config.clock.wall(now), out);
                }
                self.close_if_drained(out);
            }
        }
    }

    /// An answer, if it is one to a question of ours.
    pub(super) fn response(&mut self, id: &Id, answer: Result<Raw, ErrorObject>, size: usize, out: &mut Out) {
        if !self.answered(id, answer, size, out) {
            *(if self.legacy.has_asked(id) { &mut out.stats.rare().late } else { &mut out.stats.rare().unmatched }) +=
                1;
        }
    }

    /// Takes an answer to one of our questions. Whether it is one that is open.
    pub(super) fn answered(&mut self, id: &Id, answer: Result<Raw, ErrorObject>, size: usize, out: &mut Out) -> bool {
        let Some(call) = id.as_i64().and_then(|question| self.calls.asking(question)) else { return false };
        // Answers are kept, whatever else is kept already: the call waits for them.
        self.calls.retain(call, size);
        let Some(entry) = self.calls.get_mut(call) else { return false };
        match Legacy::answered(entry, id, answer) {
            Ok(Some(request)) => out.event(Event::Request(request)),
            Ok(None) => {}
            Err(error) => {
                Legacy::withdraw(entry, out);
                self.calls_end(call, &error, End::Failed, out);
            }
        }
        true
    }
}
