//! Questions of a server: within an answer (2026-07-28), or as requests of its own (before).

use super::call::{AskId, CallId};
use super::command::Event;
use super::input::Asked;
use super::session::{ALONE, Out, Phase, Session};
use super::willing::{self, unknown};
use crate::binding::Route;
use crate::error::CallError;
use crate::model::{Cancelled, Era, InputRequired, Method as _, Ping, Receiver, facts};
use crate::rpc::{self, ErrorObject, Id, Name, Object, Raw};

impl Session {
    /// A result that asks back: its questions go to the owner, the retry waits for all answers.
    pub(super) fn asked_back(&mut self, id: CallId, result: &Object, out: &mut Out) {
        let Some(call) = self.calls.get_mut(id) else { return };
        let invalid = |why: &str| Err(CallError::Invalid(why.to_owned()));
        if !facts(call.request.method.as_str()).is_none_or(|f| f.may_ask) {
            return self.end(id, invalid("this method's answer must not ask back"), out);
        }
        call.round.count += 1;
        if call.round.count > self.config.limits.rounds {
            return self.end(id, invalid("it asked back more often than `Limits::rounds` allows"), out);
        }
        let required: InputRequired = match result.raw().parse() {
            Ok(required) => required,
            Err(e) => return self.end(id, Err(CallError::Invalid(format!("`input_required`: {e}"))), out),
        };
        let questions = required.input_requests.unwrap_or_default();
        if questions.is_empty() && required.request_state.is_none() {
            return self.end(id, invalid("`input_required` asks for nothing"), out);
        }
        let unwilling = questions.values().find_map(|question| {
            let params = question.params.clone().and_then(Object::from_raw).unwrap_or_else(Object::empty);
            willing::refusal(&question.method, &params, &self.config.capabilities)
        });
        if let Some(error) = unwilling {
            return self.end(id, Err(CallError::Unanswered(error)), out);
        }
        let size = result.raw().as_bytes().len();
        if !self.asks.have_room(questions.len(), size, &self.config.limits) {
            return self.end(id, invalid("it asks for more than `Limits::calls` and `Limits::inbound` allow"), out);
        }
        call.round.state = result.get("requestState");
        call.round.responses.clear();
        call.round.open = questions.len();
        if questions.is_empty() {
            return self.transmit(id, out);
        }
        self.calls.asked(id, out.now);
        for (key, question) in questions {
            let params = question.params.unwrap_or_else(Raw::empty_object);
            let ask = self.asks.add(Asked::Round { call: id, key }, params.as_bytes().len());
            out.event(Event::Ask { ask, call: Some(id), method: Name::from(question.method.as_str()), params });
        }
    }

    pub(super) fn answer(&mut self, ask: AskId, answer: Result<Raw, ErrorObject>, out: &mut Out) {
        match (self.asks.take(ask), answer) {
            (None, _) => {}
            (Some(Asked::Request { id }), Ok(result)) => {
                self.time_goes_on(out);
                if out.send(Route::Unsolicited, |w| rpc::write::result(w, &id, &result)).is_err() {
                    refuse(&id, rpc::INTERNAL_ERROR, "the answer is longer than a message may be", out);
                }
            }
            (Some(Asked::Request { id }), Err(error)) => {
                self.time_goes_on(out);
                out.error(ALONE, Some(&id), &error);
            }
            (Some(Asked::Round { call, key }), Ok(result)) => {
                let Some(state) = self.calls.get_mut(call) else { return };
                state.round.responses.insert(key, result);
                state.round.open = state.round.open.saturating_sub(1);
                if state.round.open == 0 {
                    self.calls.answered(call, out.now);
                    self.transmit(call, out);
                    // It may have been too long, and so have ended.
                    self.start_waiting(out);
                }
            }
            // There is no way to send an error for a question: the call is simply not sent again.
            (Some(Asked::Round { call, .. }), Err(error)) => {
                self.end(call, Err(CallError::Unanswered(error)), out);
                self.start_waiting(out);
            }
        }
    }

    /// A request of the server: before 2026-07-28 it may ask, since then it must not.
    pub(super) fn asked(&mut self, id: Id, method: Name, params: Object, size: usize, out: &mut Out) {
        if matches!(&self.phase, Phase::Ready(info) if info.revision.era() == Era::Modern) {
            return;
        }
        let legal = match &self.phase {
            Phase::Ready(info) => facts(method.as_str()).is_some_and(|f| f.is_legal(info.revision, Receiver::Client)),
            Phase::Opening(_) | Phase::Away(_) => true,
        };
        let unwilling = willing::refusal(method.as_str(), &params, &self.config.capabilities);
        if method.as_str() == Ping::FACTS.name {
            out.owing(|out| {
                let _ = out.send(Route::Unsolicited, |w| rpc::write::result(w, &id, &Raw::empty_object()));
            });
        } else if let Some(error) = if legal { unwilling } else { Some(unknown(method.as_str())) } {
            out.owing(|out| out.error(ALONE, Some(&id), &error));
        } else if self.asks.has_request(&id) {
            out.stats.rare().duplicate_ids += 1;
            refuse(&id, rpc::INVALID_REQUEST, format!("id {id} is in flight already"), out);
        } else if !self.asks.have_room(1, size, &self.config.limits) {
            refuse(&id, rpc::INTERNAL_ERROR, "too many questions are open; wait for some to be answered", out);
        } else {
            // Which call it belongs to is not said, so it may be any.
            for call in self.calls.on_the_wire() {
                self.calls.asked(call, out.now);
            }
            let ask = self.asks.add(Asked::Request { id }, size);
            out.event(Event::Ask { ask, call: None, method, params: params.raw().clone() });
        }
    }

    pub(super) fn withdrawn(&mut self, params: &Object, out: &mut Out) {
        let cancelled = params.raw().parse::<Cancelled>().ok();
        // Since 2026-07-28 a server cancels nothing but subscriptions.
        let subscription = cancelled.as_ref().is_some_and(|cancelled| self.subscription_ended(cancelled, out));
        let id = cancelled.and_then(|cancelled| cancelled.request_id);
        let gone = self.asks.withdraw(|a| matches!(a, Asked::Request { id: other } if Some(other) == id.as_ref()));
        if gone.is_empty() && !subscription {
            out.stats.rare().notifications_dropped += 1;
        }
        for ask in gone {
            out.event(Event::Withdrawn { ask });
        }
        self.time_goes_on(out);
    }

    /// Once no request of a server of the older era is open, calls may time out again.
    fn time_goes_on(&mut self, out: &Out) {
        if !self.asks.have_requests() {
            for call in self.calls.on_the_wire() {
                self.calls.answered(call, out.now);
            }
        }
    }
}

fn refuse(id: &Id, code: i64, text: impl Into<String>, out: &mut Out) {
    let error = ErrorObject::new(code, text);
    out.owing(|out| out.error(ALONE, Some(id), &error));
}
