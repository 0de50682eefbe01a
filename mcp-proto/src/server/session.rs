//! A server's side of a conversation: routes each message to the era it belongs to.

use super::call::{Answer, Ask, CallId, Calls, Entry, Peer, Request};
use super::config::Config;
use super::legacy::Legacy;
use super::legality::{self, unable};
use super::modern;
use super::seal::{Broken, State};
use crate::binding::{self, Outbox, Reply, Route};
use crate::error::Closed;
use crate::model::{CANCELLED, Cancelled, Era, PROGRESS, Progress, Receiver, Revision, meta, notification_facts};
use crate::rpc::{self, ErrorObject, Id, Message, Name, Object, Raw, Refused};
use crate::stats::{End, Levels};
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What a server's owner may ask for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Command {
    /// Answers a call. Nothing happens if it was cancelled meanwhile.
    Respond {
        /// Which.
        call: CallId,
        /// How.
        answer: Answer,
    },
    /// Reports progress of a call, if its client asked for it. Values that do not grow are dropped, and all while
    /// the backlog is over its high mark: a client that reads too slowly gets the later ones.
    Progress {
        /// Which.
        call: CallId,
        /// How far.
        progress: f64,
        /// How far at the end.
        total: Option<f64>,
        /// For people.
        message: Option<String>,
    },
    /// Takes no more requests; closes when every call in flight has ended, at the latest after `within`.
    Drain {
        /// How long calls in flight may still take.
        within: Duration,
    },
    /// Fails what is in flight, writes what was said, closes.
    Close,
}

/// What a server's owner is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// To be answered by [`Command::Respond`]. The same call comes again when its questions are answered.
    Request(Arc<Request>),
    /// Its client no longer wants it, or the connection is over. No answer will be sent.
    Cancelled {
        /// Which.
        call: CallId,
    },
    /// A notification the core has no use for.
    Notification {
        /// Its name.
        method: Name,
        /// Its parameters.
        params: Object,
    },
    /// The peer sent something that is no message; if it could be answered, it was.
    Violation(Refused),
}

/// A server's side of a conversation.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) legacy: Legacy,
    pub(super) calls: Calls,
    /// No more requests are taken.
    draining: Option<Box<Closed>>,
    /// When calls in flight have had their time.
    drained_by: Option<Time>,
    /// The client will say nothing more.
    read_ended: bool,
}

pub(super) type Out = Outbox<Event>;

impl Session {
    pub(super) fn new(config: Arc<Config>) -> Self {
        Self {
            config,
            legacy: Legacy::default(),
            calls: Calls::default(),
            draining: None,
            drained_by: None,
            read_ended: false,
        }
    }

    /// Calls in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.calls.len()
    }

    fn request(&mut self, now: Time, id: Id, method: Name, params: Object, size: usize, out: &mut Out) {
        if self.calls.contains(&id) {
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
                let Some(peer) = modern::admit(&self.config, &id, &method, modern, out) else { return };
                self.admit(now, id, method, params, about, peer, size, out);
            }
            Some(Err(incomplete)) => refuse(&id, rpc::INVALID_PARAMS, incomplete, out),
            None => {
                let Some(peer) = self.legacy.admit(&self.config, &id, &method, &params, out) else { return };
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
        let limits = &self.config.limits;
        if self.draining.is_some() {
            return refuse(&id, rpc::INTERNAL_ERROR, "the server is shutting down; connect anew", out);
        }
        if self.calls.len() >= limits.calls {
            let text = format!("{} calls are in flight; wait for some to end", limits.calls);
            return refuse(&id, rpc::INTERNAL_ERROR, text, out);
        }
        let over = |most| self.calls.retained().saturating_add(size) > most;
        if !self.calls.is_empty() && limits.inbound.is_some_and(over) {
            return refuse(&id, rpc::INTERNAL_ERROR, "too many bytes are in flight; wait for some calls to end", out);
        }
        let progress_token = about.and_then(|m| m.get(meta::PROGRESS_TOKEN)).and_then(|t| t.parse().ok());
        let call = self.calls.next_call();
        let mut request = Request {
            call,
            method,
            params,
            peer,
            progress_token,
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
        let named = id.and_then(|id| self.calls.by_id(&id)).and_then(|call| Some((call, self.calls.remove(call)?)));
        let Some((call, entry)) = named else { return out.stats.rare().notifications_dropped += 1 };
        out.stats.ended(End::Cancelled);
        Legacy::withdraw(&entry, out);
        out.settled(entry.batch);
        out.event(Event::Cancelled { call });
        self.close_if_drained(out);
    }

    fn respond(&mut self, now: Time, call: CallId, answer: Answer, out: &mut Out) {
        if let Answer::Ask(ask) = answer {
            return self.ask(now, call, ask, out);
        }
        let Some(entry) = self.calls.remove(call) else { return };
        Legacy::withdraw(&entry, out);
        let reply = entry.reply();
        let peer = &entry.request.peer;
        let sent = match &answer {
            Answer::Result { body, meta } => match peer.era() {
                Era::Modern => modern::result(&self.config, &entry.id, body, meta.as_ref(), reply, out),
                Era::Legacy => super::legacy::result(&entry.id, body, meta.as_ref(), reply, out),
            },
            Answer::Verbatim(raw) => out.answer(reply, |w| rpc::write::result(w, &entry.id, raw)),
            Answer::Error(error) => {
                respond_error(&entry.id, &legality::error(error, peer.revision), reply, out);
                Ok(())
            }
            Answer::Ask(_) => Ok(()),
        };
        let failed = matches!(answer, Answer::Error(_)) || sent.is_err();
        out.stats.ended(if failed { End::Failed } else { End::Completed });
        if let Err(too_long) = sent {
            respond_error(&entry.id, &ErrorObject::new(rpc::INTERNAL_ERROR, too_long.to_string()), reply, out);
        }
        out.settled(entry.batch);
        self.close_if_drained(out);
    }

    fn ask(&mut self, now: Time, call: CallId, ask: Ask, out: &mut Out) {
        let Some(entry) = self.calls.get_mut(call) else { return };
        let error = if entry.request.round >= self.config.limits.rounds {
            Some(ErrorObject::new(rpc::INTERNAL_ERROR, format!("the call asked {} times", entry.request.round)))
        } else if self.read_ended && entry.request.peer.era() == Era::Legacy {
            Some(ErrorObject::new(rpc::INTERNAL_ERROR, "the client ended before it could be asked"))
        } else {
            unable(&entry.request, &ask)
        };
        if let Some(error) = error {
            return self.respond(now, call, Answer::Error(error), out);
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
    fn response(&mut self, id: &Id, answer: Result<Raw, ErrorObject>, size: usize, out: &mut Out) {
        if !self.answered(id, answer, size, out) {
            *(if self.legacy.has_asked(id) { &mut out.stats.rare().late } else { &mut out.stats.rare().unmatched }) +=
                1;
        }
    }

    /// Takes an answer to one of our questions. Whether it is one that is open.
    fn answered(&mut self, id: &Id, answer: Result<Raw, ErrorObject>, size: usize, out: &mut Out) -> bool {
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

    fn calls_end(&mut self, call: CallId, error: &ErrorObject, how: End, out: &mut Out) {
        if let Some(entry) = self.calls.remove(call) {
            out.stats.ended(how);
            respond_error(&entry.id, error, entry.reply(), out);
            out.settled(entry.batch);
            self.close_if_drained(out);
        }
    }

    fn progress(&mut self, call: CallId, mut report: Progress, out: &mut Out) {
        let Some(entry) = self.calls.get_mut(call) else { return };
        let Some(token) = &entry.request.progress_token else { return };
        // JSON has no way to write what is not finite.
        if !report.progress.is_finite() || report.progress <= entry.progress || out.is_congested() {
            return;
        }
        report.total = report.total.filter(|total| total.is_finite());
        report.message = report.message.filter(|_| entry.request.peer.revision.has_progress_message());
        entry.progress = report.progress;
        report.progress_token = token.clone();
        if let Ok(params) = Raw::from_serialize(&report) {
            // A report that is too long is not worth an error.
            let _ = out.send(Route::Call(call.0), |w| rpc::write::notification(w, PROGRESS, Some(&params)));
        }
    }

    fn drain(&mut self, why: Closed, until: Option<Time>, out: &mut Out) {
        self.draining.get_or_insert_with(|| Box::new(why));
        self.drained_by = [self.drained_by, until].into_iter().flatten().min();
        self.close_if_drained(out);
    }

    fn close_if_drained(&self, out: &mut Out) {
        if let Some(why) = &self.draining
            && self.calls.is_empty()
        {
            out.close(Closed::clone(why));
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

    fn relieved(&mut self, _now: Time, _out: &mut Out) {
        // Reading goes on by itself.
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
            Command::Respond { call, answer } => self.respond(now, call, answer, out),
            Command::Progress { call, progress, total, message } => {
                let mut report = Progress::new(0, progress);
                (report.total, report.message) = (total, message);
                self.progress(call, report, out);
            }
            Command::Drain { within } => self.drain(Closed::ByUs, Some(now.after(within)), out),
            Command::Close => out.close(Closed::ByUs),
        }
    }

    fn timeout(&mut self, now: Time, out: &mut Out) {
        if self.drained_by.is_some_and(|t| now >= t)
            && let Some(why) = self.draining.clone()
        {
            return out.close(*why);
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
        [asking, self.drained_by].into_iter().flatten().min()
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
        Levels { in_flight: self.calls.len(), retained_in: self.calls.retained(), ..Levels::default() }
    }

    fn closed(&mut self, _why: &Closed, out: &mut Out) {
        for call in self.calls.drain() {
            out.stats.ended(End::Cancelled);
            out.event(Event::Cancelled { call });
        }
    }
}
