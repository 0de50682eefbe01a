//! A server's side of a conversation: routes each message to the era it belongs to.

use super::call::{Answer, CallId, Calls, Entry, Peer, Request};
use super::command::{Command, Event};
use super::config::Config;
use super::legacy::Legacy;
use super::legality;
use super::log;
use super::modern;
use super::seal::{Broken, State};
use super::subscription::Subscriptions;
use crate::binding::{self, Outbox, Reply};
use crate::error::Closed;
use crate::model::{
    CANCELLED, Cancelled, Era, Method as _, Progress, Receiver, Revision, SetLevel, meta, notification_facts,
};
use crate::rpc::{self, ErrorObject, Id, Message, Name, Object, Raw, Refused};
use crate::stats::{End, Levels};
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A server's side of a conversation.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) legacy: Legacy,
    pub(super) calls: Calls,
    /// Who is told of changes, if anybody asked for any.
    pub(super) subscriptions: Option<Box<Subscriptions>>,
    /// On whose behalf the client speaks, if the transport knows.
    caller: Option<Arc<str>>,
    /// No more requests are taken.
    draining: Option<Box<Draining>>,
    /// The client will say nothing more.
    pub(super) read_ended: bool,
}

/// How a connection ends whose calls in flight may still end.
#[derive(Debug)]
struct Draining {
    why: Closed,
    /// When they have had their time.
    until: Option<Time>,
}

pub(super) type Out = Outbox<Event>;

impl Session {
    pub(super) fn new(config: Arc<Config>, caller: Option<Arc<str>>) -> Self {
        Self {
            config,
            legacy: Legacy::default(),
            calls: Calls::default(),
            subscriptions: None,
            caller,
            draining: None,
            read_ended: false,
        }
    }

    /// Calls in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    fn request(&mut self, now: Time, id: Id, method: Name, params: Object, size: usize, out: &mut Out) {
        if self.calls.contains(&id) || self.listens(&id) {
            out.stats.rare().duplicate_ids += 1;
            let text = format!("id {id} is in flight already");
            return refuse(&id, rpc::INVALID_REQUEST, text, out);
        }
        let about = params.get("_meta").and_then(Object::from_raw);
        match about.as_ref().and_then(meta::request_meta) {
            Some(Ok(_)) if out.batch().is_some() => {
                refuse(&id, rpc::INVALID_REQUEST, "2026-07-28 has no batches; send it on a line of its own", out);
            }
            Some(Ok(modern)) => {
                let Some(mut peer) = modern::admit(&self.config, &id, &method, modern, about.as_ref(), out) else {
                    return;
                };
                peer.caller.clone_from(&self.caller);
                self.admit(now, id, method, params, about, Arc::new(peer), size, out);
            }
            Some(Err(incomplete)) => refuse(&id, rpc::INVALID_PARAMS, incomplete, out),
            None => {
                let (config, caller) = (&self.config, self.caller.as_ref());
                let Some(peer) = self.legacy.admit(config, caller, &id, &method, &params, out) else { return };
                self.admit(now, id, method, params, about, peer, size, out);
            }
        }
    }

    /// Takes a request in, if there is room, and tells the owner.
    #[allow(clippy::too_many_arguments, reason = "the parts of one request")]
    fn admit(
        &mut self,
        now: Time,
        id: Id,
        method: Name,
        params: Object,
        about: Option<Object>,
        peer: Arc<Peer>,
        size: usize,
        out: &mut Out,
    ) {
        if self.settles(&id, &method, &params, out) {
            return;
        }
        let limits = &self.config.limits;
        if self.is_draining() {
            return refuse(&id, rpc::INTERNAL_ERROR, "the server is shutting down; connect anew", out);
        }
        if self.calls.len() >= limits.calls {
            let text = format!("{} calls are in flight; wait for some to end", limits.calls);
            return refuse(&id, rpc::INTERNAL_ERROR, text, out);
        }
        let over = |most| self.retained().saturating_add(size) > most;
        if !self.calls.is_empty() && limits.inbound.is_some_and(over) {
            return refuse(&id, rpc::INTERNAL_ERROR, "too many bytes are in flight; wait for some calls to end", out);
        }
        let log_level = match peer.era() {
            Era::Legacy => log::of_session(&self.config, self.legacy.level),
            Era::Modern if self.config.capabilities.offers("logging") => {
                about.as_ref().and_then(|about| log::asked_for(about).ok().flatten())
            }
            Era::Modern => None,
        };
        let progress_token = about.and_then(|m| m.get(meta::PROGRESS_TOKEN)).and_then(|t| t.parse().ok());
        let call = self.calls.next_call();
        let mut request = Request {
            call,
            method,
            params,
            peer,
            progress_token,
            log_level,
            answers: BTreeMap::new(),
            kept: BTreeMap::new(),
            round: 0,
            received: now,
        };
        if request.peer.era() == Era::Modern
            && let Err(error) = self.take_up(now, &mut request)
        {
            return respond_error(&id, &error, out.at_once(), out);
        }
        let request = Arc::new(request);
        let batch = out.batch();
        out.expect_answer(batch);
        let progress = f64::NEG_INFINITY;
        self.calls.insert(Entry { id, request: request.clone(), size, batch, progress, asking: None });
        out.stats.started += 1;
        out.event(Event::Request(request));
    }

    /// Answers what begins or ends telling, which needs no owner. Whether it was that.
    fn settles(&mut self, id: &Id, method: &str, params: &Object, out: &mut Out) -> bool {
        if self.config.raw_subscriptions {
            // Log messages pass by us, and so their level is ours to know.
            if let Some(Ok(level)) = (method == SetLevel::FACTS.name).then(|| params.raw().parse()) {
                self.set_level(level);
            }
            return false;
        }
        let invalid = |e: serde_json::Error| (rpc::INVALID_PARAMS, format!("params of `{method}`: {e}"));
        let params = params.raw();
        let done = match method {
            "subscriptions/listen" => {
                params.parse().map_err(invalid).and_then(|asked| self.listen(id, asked, out)).map(|()| false)
            }
            "resources/subscribe" => {
                params.parse().map_err(invalid).and_then(|asked| self.subscribe(asked)).map(|()| true)
            }
            "resources/unsubscribe" => {
                params.parse().map_err(invalid).map(|asked| self.unsubscribe(asked)).map(|()| true)
            }
            "logging/setLevel" => params.parse().map_err(invalid).map(|asked| self.set_level(asked)).map(|()| true),
            _ => return false,
        };
        match done {
            // Its result is its end.
            Ok(false) => {}
            Ok(true) => drop(out.answer(out.at_once(), |w| rpc::write::result(w, id, &Raw::empty_object()))),
            Err((code, text)) => refuse(id, code, text, out),
        }
        true
    }

    /// A retry brings its answers along, and the state we gave it.
    fn take_up(&self, now: Time, request: &mut Request) -> Result<(), ErrorObject> {
        let invalid = |text: &str| ErrorObject::new(rpc::INVALID_PARAMS, text);
        if let Some(state) = request.params.get("requestState") {
            let text: String = state.parse().map_err(|_| invalid("`requestState` must be a string"))?;
            let wall = self.config.clock.wall(now);
            let state = State::open(&text, &self.config.state_key, request, wall).map_err(|broken| match broken {
                Broken::Forged => invalid("`requestState` is not one this server gave for this request; call anew"),
                Broken::Expired => invalid("`requestState` has expired; call anew"),
            })?;
            (request.answers, request.kept, request.round) = (state.answers, state.kept, state.round);
        }
        if let Some(responses) = request.params.get("inputResponses") {
            let given = Object::from_raw(responses).ok_or_else(|| invalid("`inputResponses` must be an object"))?;
            for (key, value) in given.members() {
                request.answers.entry(key.into_owned()).or_insert(value);
            }
        }
        Ok(())
    }

    fn cancel(&mut self, params: &Object, out: &mut Out) {
        // A cancellation that names nothing in flight is ignored (cancellation, all revisions).
        let id = params.raw().parse::<Cancelled>().ok().and_then(|cancelled| cancelled.request_id);
        if id.as_ref().is_some_and(|id| self.unlisten(id)) {
            return;
        }
        let named = id.and_then(|id| self.calls.by_id(&id)).and_then(|call| Some((call, self.calls.remove(call)?)));
        let Some((call, entry)) = named else { return out.stats.rare().notifications_dropped += 1 };
        out.stats.ended(End::Cancelled);
        Legacy::withdraw(&entry, out);
        out.settled(entry.batch);
        out.event(Event::Cancelled { call });
        self.close_if_drained(out);
    }

    pub(super) fn respond(&mut self, call: CallId, answer: Answer, out: &mut Out) {
        let Some(entry) = self.calls.remove(call) else { return };
        Legacy::withdraw(&entry, out);
        let reply = entry.reply();
        let failed = match self.written(&entry, answer, out) {
            Ok(()) => false,
            Err(error) => {
                respond_error(&entry.id, &error, reply, out);
                true
            }
        };
        out.stats.ended(if failed { End::Failed } else { End::Completed });
        out.settled(entry.batch);
        self.close_if_drained(out);
    }

    /// Writes the result that a call ends with, or says with which error it ends.
    fn written(&self, entry: &Entry, answer: Answer, out: &mut Out) -> Result<(), ErrorObject> {
        let (reply, revision) = (entry.reply(), entry.request.peer.revision);
        let (subscription, internal) = (entry.request.is_subscription(), rpc::INTERNAL_ERROR);
        let (result_type, body, meta) = match (answer, revision.era()) {
            (Answer::Error(error), _) => return Err(legality::error(&error, revision).into_owned()),
            (Answer::Verbatim(raw), _) => {
                let sent = out.answer(reply, |w| rpc::write::result(w, &entry.id, &raw));
                return sent.map_err(|too_long| ErrorObject::new(internal, too_long.to_string()));
            }
            (Answer::Result { body, meta }, Era::Legacy) => {
                let sent = super::legacy::result(&entry.id, &body, meta.as_ref(), reply, out);
                return sent.map_err(|too_long| ErrorObject::new(internal, too_long.to_string()));
            }
            (Answer::Extended { result_type, .. }, Era::Legacy) => {
                let text = format!("{revision} has no results of the type `{result_type}`; use a newer client");
                return Err(ErrorObject::new(internal, text));
            }
            (Answer::Result { body, meta }, Era::Modern) => (None, body, meta),
            (Answer::Extended { result_type, body, meta }, Era::Modern) => (Some(result_type), body, meta),
            (Answer::Ask(_), _) => return Err(ErrorObject::new(internal, "questions are no answer")),
        };
        let how = modern::Final { result_type: result_type.as_deref(), meta: meta.as_ref(), subscription };
        modern::result(&self.config, &entry.id, &how, &body, reply, out)
            .map_err(|too_long| ErrorObject::new(internal, too_long.to_string()))
    }

    pub(super) fn calls_end(&mut self, call: CallId, error: &ErrorObject, how: End, out: &mut Out) {
        if let Some(entry) = self.calls.remove(call) {
            out.stats.ended(how);
            respond_error(&entry.id, error, entry.reply(), out);
            out.settled(entry.batch);
            self.close_if_drained(out);
        }
    }

    fn drain(&mut self, why: Closed, until: Option<Time>, out: &mut Out) {
        let draining = self.draining.get_or_insert_with(|| Box::new(Draining { why, until }));
        draining.until = [draining.until, until].into_iter().flatten().min();
        self.end_listening(out);
        self.close_if_drained(out);
    }

    /// Ends subscriptions, be they ours or the owner's: they would hold up the end for ever.
    fn end_listening(&mut self, out: &mut Out) {
        self.end_subscriptions(out);
        for call in self.calls.subscriptions() {
            out.event(Event::Cancelled { call });
            self.respond(call, Answer::Result { body: Raw::empty_object(), meta: None }, out);
        }
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.is_some()
    }

    /// Bytes of the peer that are kept.
    pub(super) fn retained(&self) -> usize {
        self.calls.retained() + self.subscribed_bytes()
    }

    pub(super) fn close_if_drained(&self, out: &mut Out) {
        if let Some(draining) = &self.draining
            && self.calls.is_empty()
        {
            out.close(draining.why.clone());
        }
    }
}

pub(super) fn refuse(id: &Id, code: i64, text: impl Into<String>, out: &mut Out) {
    respond_error(id, &ErrorObject::new(code, text), out.at_once(), out);
}

pub(super) fn respond_error(id: &Id, error: &ErrorObject, reply: Reply, out: &mut Out) {
    out.error(reply, Some(id), error);
}

impl binding::Session for Session {
    type Command = Command;
    type Event = Event;
    const BACKLOG_STOPS_READING: bool = true;
    const KEEPS_ROOM: bool = false;

    fn message(&mut self, now: Time, message: Message, size: usize, out: &mut Out) {
        match message {
            Message::Request { id, method, params } => {
                self.request(now, id, method, params.unwrap_or_else(Object::empty), size, out);
            }
            Message::Notification { method, params } => {
                let params = params.unwrap_or_else(Object::empty);
                match method.as_str() {
                    CANCELLED => self.cancel(&params, out),
                    crate::model::INITIALIZED => self.legacy.initialized(),
                    name => {
                        // What the revision does not have as a client's is ignored, as unknown ones are by their
                        // handlers.
                        let revision = self.legacy.revision().unwrap_or(Revision::V2026_07_28);
                        if notification_facts(name).is_none_or(|f| f.is_legal(revision, Receiver::Server)) {
                            out.event(Event::Notification { method, params });
                        } else {
                            out.stats.rare().notifications_dropped += 1;
                        }
                    }
                }
            }
            Message::Response { id, result } => self.response(&id, Ok(result.raw().clone()), size, out),
            Message::Error { id: Some(id), error } => self.response(&id, Err(error), size, out),
            Message::Error { id: None, .. } => out.stats.rare().unmatched += 1,
            // The binding takes batches apart.
            Message::Batch(_) => {}
        }
    }

    fn relieved(&mut self, _now: Time, out: &mut Out) {
        // Reading goes on by itself.
        self.tell_due(out);
    }

    fn has_batches(&self) -> bool {
        self.legacy.revision().is_some_and(Revision::has_batches)
    }

    fn refused(&mut self, _now: Time, refused: Refused, out: &mut Out) {
        if !refused.response && !refused.notification {
            let error = ErrorObject::new(refused.why.code(), refused.why.to_string());
            // Of a text that is not JSON and names no method nobody knows that it was a request: half an answer
            // may carry an id of ours, which the client would take for one of its own.
            let known = refused.wants_answer || error.code == rpc::INVALID_REQUEST;
            let id = refused.id.as_ref().filter(|_| known);
            let revision = self.legacy.revision();
            if id.is_some() || revision.is_none_or(Revision::has_errors_without_id) {
                out.error(out.at_once(), id, &error);
            }
        }
        if let Some(id) = &refused.response_to {
            let text = format!("its answer could not be read: {}", refused.why);
            self.answered(id, Err(ErrorObject::new(rpc::INTERNAL_ERROR, text)), 0, out);
        }
        out.event(Event::Violation(refused));
    }

    fn command(&mut self, now: Time, command: Command, out: &mut Out) {
        match command {
            Command::Respond { call, answer: Answer::Ask(ask) } => self.ask(now, call, ask, out),
            Command::Respond { call, answer } => self.respond(call, answer, out),
            Command::Progress { call, progress, total, message } => {
                let mut report = Progress::new(0, progress);
                (report.total, report.message) = (total, message);
                self.progress(call, report, out);
            }
            Command::Drain { within } => self.drain(Closed::ByUs, Some(now.after(within)), out),
            Command::Announce(change) => self.announce(&change, out),
            Command::Log { call, level, logger, data } => self.log(call, level, logger, data, out),
            Command::Notify { call, method, params } => self.notify(call, &method, params, out),
            Command::Close => {
                self.end_listening(out);
                out.close(Closed::ByUs);
            }
        }
    }

    fn timeout(&mut self, now: Time, out: &mut Out) {
        if let Some(draining) = &self.draining
            && draining.until.is_some_and(|t| now >= t)
        {
            return out.close(draining.why.clone());
        }
        let late: Vec<CallId> =
            self.calls.askings().filter(|(_, until)| until.is_some_and(|t| now >= t)).map(|(call, _)| call).collect();
        for call in late {
            if let Some(entry) = self.calls.get_mut(call) {
                Legacy::withdraw(entry, out);
            }
            let error = ErrorObject::new(rpc::INTERNAL_ERROR, "a question to the client was not answered in time");
            self.calls_end(call, &error, End::TimedOut, out);
        }
    }

    fn poll_timeout(&self) -> Option<Time> {
        let asking = self.calls.askings().filter_map(|(_, until)| until).min();
        let drained = self.draining.as_ref().and_then(|draining| draining.until);
        [asking, drained].into_iter().flatten().min()
    }

    fn read_end(&mut self, now: Time, why: Option<String>, out: &mut Out) {
        self.read_ended = true;
        // Questions that are out will never be answered; other calls end before we do.
        let asking: Vec<CallId> = self.calls.askings().map(|(call, _)| call).collect();
        for call in asking {
            let error = ErrorObject::new(rpc::INTERNAL_ERROR, "the client ended before it answered a question");
            self.calls_end(call, &error, End::Failed, out);
        }
        let until = self.config.timeouts.drain.map(|t| now.after(t));
        self.drain(Closed::ByPeer(why), until, out);
    }

    fn levels(&self) -> Levels {
        Levels { in_flight: self.calls.len(), retained_in: self.retained(), ..Levels::default() }
    }

    fn closed(&mut self, _why: &Closed, out: &mut Out) {
        self.subscriptions = None;
        for call in self.calls.drain() {
            out.stats.ended(End::Cancelled);
            out.event(Event::Cancelled { call });
        }
    }
}
