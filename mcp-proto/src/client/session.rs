//! A client's side of a conversation.

use super::call::{Call, CallId, CallRequest, Calls, InputPolicy, Reply, ResultKind};
use super::command::{Command, Event};
use super::config::Config;
use super::counts::ended;
use super::envelope::{about, level_of, put_meta, put_round, put_task};
use super::input::{Asked, Asks, Round};
use super::legality;
use super::listening::Listening;
use super::open::{Ladder, ServerInfo, Step, handshake_params, probe_params};
use super::restart::Away;
use crate::binding::{self, Outbox, Reply as Place, Route};
use crate::error::{CallError, Closed, OpenError, RefusedCall};
use crate::model::{
    CANCELLED, Cancelled, Discover, Era, INITIALIZED, Initialize, Level, Listen, Method as _, PROGRESS, Revision,
    UNSUPPORTED_VERSION, UnsupportedVersion, meta,
};
use crate::rpc::{self, ErrorObject, Id, Message, Name, Object, Raw, Refused};
use crate::stats::{Levels, Timing};
use crate::time::Time;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

pub(super) type Out = Outbox<Event>;

/// How a client answers: on a line of its own, whatever the question came with.
pub(super) const ALONE: Place = Place { route: Route::Unsolicited, batch: None };

/// A client's side of a conversation.
#[derive(Debug)]
pub struct Session {
    pub(super) config: Arc<Config>,
    pub(super) phase: Phase,
    pub(super) calls: Calls,
    pub(super) asks: Asks,
    pub(super) last_wire: i64,
    /// Whether the server has sent anything that is a message.
    pub(super) heard: bool,
    /// Whether a server was ever known.
    pub(super) was_ready: bool,
    /// Restarts in a row.
    pub(super) restarts: u32,
    /// The era of the server that was known.
    pub(super) known_era: Option<Era>,
    /// Notifications that wait until it is known what may be said.
    pub(super) early: VecDeque<(Name, Option<Raw>)>,
    /// The level of log messages that are wanted, and the id of the request that says so while it is open.
    pub(super) log_level: Option<Level>,
    pub(super) level_wire: Option<i64>,
    /// Subscriptions in the older era.
    pub(super) listening: Option<Box<Listening>>,
    /// `_meta` of every modern request, but for what changes: its inner members.
    about: String,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// The stream is over, and another is awaited.
    Away(Away),
    Opening(Ladder),
    Ready(Arc<ServerInfo>),
}

impl Session {
    pub(super) fn new(config: Arc<Config>) -> Self {
        let log_level = config.log_level;
        let phase = Phase::Opening(Ladder::new(&config, config.opening, Time::ORIGIN));
        Self {
            config,
            phase,
            calls: Calls::default(),
            asks: Asks::default(),
            last_wire: 0,
            heard: false,
            was_ready: false,
            restarts: 0,
            known_era: None,
            early: VecDeque::new(),
            log_level,
            level_wire: None,
            listening: None,
            about: String::new(),
        }
    }

    /// The server, once it is known.
    #[must_use]
    pub fn server(&self) -> Option<&Arc<ServerInfo>> {
        match &self.phase {
            Phase::Ready(info) => Some(info),
            Phase::Opening(_) | Phase::Away(_) => None,
        }
    }

    /// Calls that were sent and have not ended.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.calls.in_flight()
    }

    /// Calls that wait for a place in flight, or for the connection to open.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.calls.waiting()
    }

    pub(super) fn open(&mut self, now: Time, out: &mut Out) {
        out.now = now;
        let ladder = Ladder::new(&self.config, self.config.opening, now);
        self.begin(ladder, out);
    }

    pub(super) fn begin(&mut self, mut ladder: Ladder, out: &mut Out) {
        let step = ladder.first(&self.config);
        self.phase = Phase::Opening(ladder);
        self.step(step, out);
    }

    pub(super) fn next_wire(&mut self) -> i64 {
        self.last_wire += 1;
        self.last_wire
    }

    fn step(&mut self, step: Step, out: &mut Out) {
        match step {
            Step::Wait => {}
            Step::Fail(error) => out.close(Closed::NotOpened(error)),
            Step::Probe => {
                let wire = self.next_wire();
                let revision = self.config.best(Era::Modern).unwrap_or(Revision::V2026_07_28);
                self.about = about(&self.config, revision);
                let params = probe_params();
                let inner = &self.about;
                let sent = out.send(Route::Call(wire.unsigned_abs()), |w| {
                    rpc::splice::request_with(w, &Id::from(wire), Discover::FACTS.name, &params, |w| {
                        put_meta(w, inner, None, None, None);
                    });
                });
                if let Err(why) = sent {
                    return out.close(Closed::NotOpened(OpenError::Unsent(why)));
                }
                if let Phase::Opening(ladder) = &mut self.phase {
                    ladder.probe = Some(wire);
                }
            }
            Step::Initialize(revision) => {
                let wire = self.next_wire();
                let params = handshake_params(&self.config, revision);
                let sent = out.send(Route::Call(wire.unsigned_abs()), |w| {
                    rpc::write::request(w, &Id::from(wire), Initialize::FACTS.name, Some(&params));
                });
                if let Err(why) = sent {
                    return out.close(Closed::NotOpened(OpenError::Unsent(why)));
                }
                if let Phase::Opening(ladder) = &mut self.phase {
                    ladder.handshake = Some(wire);
                }
            }
            Step::Ready(info) => {
                match info.revision.era() {
                    Era::Legacy => {
                        let _ = out.send(Route::Unsolicited, |w| rpc::write::notification(w, INITIALIZED, None));
                    }
                    Era::Modern => self.about = about(&self.config, info.revision),
                }
                let info: Arc<ServerInfo> = Arc::from(info);
                self.phase = Phase::Ready(info.clone());
                self.was_ready = true;
                out.event(Event::Ready(info));
                self.say_level(out);
                for (method, params) in std::mem::take(&mut self.early) {
                    self.notify(method, params, out);
                }
                self.start_waiting(out);
            }
        }
    }

    fn call(&mut self, now: Time, id: CallId, request: CallRequest, out: &mut Out) {
        if self.calls.contains(id) {
            return;
        }
        out.stats.started += 1;
        if let Some(key) = request.meta.as_ref().and_then(illegal_key) {
            return ended(id, Timing::begin(now), Err(RefusedCall::MetaKey(key).into()), out);
        }
        let room = self.has_room(out);
        if !room && self.calls.waiting() >= self.config.limits.waiting {
            let refused = RefusedCall::TooMany(self.config.limits.waiting);
            return ended(id, Timing::begin(now), Err(refused.into()), out);
        }
        let until = request.deadline.map(|d| now.after(d));
        let total = self.config.timeouts.request_total.map(|d| now.after(d));
        let timing = Timing::begin(now);
        let round = Round::default();
        let call = Call { request, timing, wire: None, until, total, asked: None, round, version_retried: false };
        self.calls.insert(id, call);
        if room {
            self.transmit(id, out);
        } else {
            self.calls.wait(id);
        }
    }

    /// Sends a call, for the first time or again.
    pub(super) fn transmit(&mut self, id: CallId, out: &mut Out) {
        let Phase::Ready(info) = &self.phase else { return };
        let revision = info.revision;
        if revision.era() == Era::Legacy && self.calls.is(id, Listen::FACTS.name) {
            let server = info.clone();
            return self.listen(id, &server, out);
        }
        let Some(call) = self.calls.get_mut(id) else { return };
        let request = &call.request;
        if let Err(refused) = legality::check(request, info) {
            return self.end(id, Err(refused.into()), out);
        }
        self.last_wire += 1;
        let wire = self.last_wire;
        let restricted = legality::restricted(request, revision);
        let params = restricted.as_ref().unwrap_or(&request.params);
        let task = request.task.as_deref().filter(|_| legality::makes_tasks(request, info));
        let round = &call.round;
        let token = request.progress.then_some(wire);
        let level = level_of(request, self.log_level);
        let about = &self.about;
        let sent = out.send(Route::Call(wire.unsigned_abs()), |w| {
            let wire = Id::from(wire);
            let method = request.method.as_str();
            match revision.era() {
                Era::Legacy if token.is_none() && request.meta.is_none() && task.is_none() => {
                    rpc::write::request(w, &wire, method, Some(params));
                }
                Era::Legacy => rpc::splice::request_with(w, &wire, method, params, |w| {
                    if token.is_some() || request.meta.is_some() {
                        put_meta(w, "", token, None, request.meta.as_ref());
                    }
                    put_task(w, task);
                }),
                Era::Modern => rpc::splice::request_with(w, &wire, method, params, |w| {
                    put_meta(w, about, token, level, request.meta.as_ref());
                    put_round(w, round);
                }),
            }
        });
        match sent {
            Ok(()) => self.calls.sent(id, wire, out.now),
            Err(too_long) => self.end(id, Err(too_long.into()), out),
        }
    }

    /// Whether another call may be sent: not while more is unsent than the high mark allows.
    fn has_room(&self, out: &Out) -> bool {
        let known = matches!(self.phase, Phase::Ready(_));
        known && self.calls.in_flight() < self.config.limits.calls && !out.is_congested()
    }

    pub(super) fn start_waiting(&mut self, out: &mut Out) {
        while self.has_room(out) {
            let Some(next) = self.calls.next_waiting() else { return };
            self.transmit(next, out);
        }
    }

    pub(super) fn end(&mut self, id: CallId, outcome: Result<Reply, CallError>, out: &mut Out) {
        let Some(call) = self.calls.remove(id) else { return };
        if self.asks.len() > 0 {
            for ask in self.asks.withdraw(|a| matches!(a, Asked::Round { call, .. } if *call == id)) {
                out.event(Event::Withdrawn { ask });
            }
        }
        ended(id, call.timing, outcome, out);
        self.unlisten(id, out);
    }

    /// Ends a call the server may still be working on.
    fn give_up(&mut self, id: CallId, why: CallError, reason: Option<String>, out: &mut Out) {
        if let Some(wire) = self.calls.get_mut(id).and_then(|call| call.wire) {
            let mut cancelled = Cancelled::new().request_id(wire);
            cancelled.reason = reason;
            if let Ok(params) = Raw::from_serialize(&cancelled) {
                let _ = out
                    .send(Route::Call(wire.unsigned_abs()), |w| rpc::write::notification(w, CANCELLED, Some(&params)));
            }
        }
        self.end(id, Err(why), out);
        self.start_waiting(out);
    }

    fn response(&mut self, id: &Id, answer: Result<Object, ErrorObject>, out: &mut Out) {
        let Some(wire) = id.as_i64() else { return self.unasked(None, out) };
        if let Phase::Opening(ladder) = &mut self.phase {
            let step = if ladder.probe == Some(wire) {
                ladder.probed(&self.config, answer.as_ref())
            } else if ladder.handshake == Some(wire) {
                ladder.initialized(&self.config, answer.as_ref())
            } else {
                return self.unasked(Some(wire), out);
            };
            return self.step(step, out);
        }
        if self.listen_answered(wire, answer.is_ok(), out) || self.level_answered(wire) {
            return;
        }
        // An answer to nothing is late: to a call that ended, or to a question of the opening.
        let Some(call) = self.calls.arrived(wire) else { return self.unasked(Some(wire), out) };
        self.restarts = 0;
        match answer {
            Ok(result) => self.result(call, result, out),
            Err(error) => self.error(call, error, out),
        }
        self.start_waiting(out);
    }

    fn result(&mut self, id: CallId, result: Object, out: &mut Out) {
        let modern = matches!(&self.phase, Phase::Ready(info) if info.revision.era() == Era::Modern);
        let Some(call) = self.calls.get_mut(id) else { return };
        let any = call.request.any_result;
        // In the older era `resultType` is a member like any other.
        let kind =
            if modern { Reply::kind_of(&result, &self.config.result_types, any) } else { Ok(ResultKind::Complete) };
        match (kind, call.request.input) {
            (Ok(ResultKind::InputRequired), InputPolicy::Answer) => self.asked_back(id, &result, out),
            (Ok(kind), _) => self.end(id, Ok(Reply { kind, result }), out),
            (Err(why), _) => self.end(id, Err(CallError::Invalid(why)), out),
        }
    }

    fn error(&mut self, id: CallId, error: ErrorObject, out: &mut Out) {
        if error.code == UNSUPPORTED_VERSION
            && let Some(call) = self.calls.get_mut(id)
            && !std::mem::replace(&mut call.version_retried, true)
            && let Phase::Ready(info) = &self.phase
            && let Some(named) = error.data.as_ref().and_then(|d| d.parse::<UnsupportedVersion>().ok())
            && let Some(other) = self.config.mutual(Era::Modern, &named.supported)
            && other != info.revision
        {
            let info = Arc::new(ServerInfo { revision: other, ..ServerInfo::clone(info) });
            self.about = about(&self.config, other);
            self.phase = Phase::Ready(info.clone());
            out.event(Event::Ready(info));
            return self.transmit(id, out);
        }
        self.end(id, Err(CallError::Peer(error)), out);
    }
}

/// A key of `_meta` that must not be sent, cut short and escaped.
fn illegal_key(about: &Raw) -> Option<String> {
    let object = Object::from_raw(about.clone())?;
    let illegal = object.members().map(|(key, _)| key).find(|key| !meta::is_key(key))?;
    Some(rpc::short(&illegal))
}

impl binding::Session for Session {
    type Command = Command;
    type Event = Event;
    const BACKLOG_STOPS_READING: bool = false;
    const KEEPS_ROOM: bool = true;

    fn message(&mut self, now: Time, message: Message, size: usize, out: &mut Out) {
        self.heard = true;
        match message {
            Message::Response { id, result } => self.response(&id, Ok(result), out),
            Message::Error { id: Some(id), error } => self.response(&id, Err(error), out),
            // An answer to something the server could not read: nobody's.
            Message::Error { id: None, .. } => self.unasked(None, out),
            Message::Batch(_) => {}
            Message::Request { id, method, params } => {
                self.asked(id, method, params.unwrap_or_else(Object::empty), size, out);
            }
            Message::Notification { method, params } => {
                let params = params.unwrap_or_else(Object::empty);
                match method.as_str() {
                    PROGRESS => self.progressed(now, &params, out),
                    CANCELLED => self.withdrawn(&params, out),
                    _ => self.notified(method, params, out),
                }
            }
        }
    }

    fn relieved(&mut self, _now: Time, out: &mut Out) {
        self.start_waiting(out);
    }

    fn has_batches(&self) -> bool {
        matches!(&self.phase, Phase::Ready(info) if info.revision.has_batches())
    }

    fn refused(&mut self, _now: Time, refused: Refused, out: &mut Out) {
        // A broken answer ends the call it names; nothing else is ever said to a server about its mistakes.
        let broken = refused.response_to.as_ref().and_then(Id::as_i64);
        if let Phase::Opening(ladder) = &mut self.phase
            && broken.is_some()
            && broken == ladder.handshake
        {
            let step = ladder.handshake_unreadable(&self.config, &refused.why);
            self.step(step, out);
        }
        if broken.is_some_and(|wire| self.listen_answered(wire, false, out)) {
            // Nobody waits for more of it.
        } else if let Some(call) = broken.and_then(|wire| self.calls.arrived(wire)) {
            self.end(call, Err(CallError::Unreadable(refused.why.clone())), out);
            self.start_waiting(out);
        }
        out.event(Event::Violation(refused));
    }

    fn command(&mut self, now: Time, command: Command, out: &mut Out) {
        match command {
            Command::Call { call, request } => self.call(now, call, request, out),
            Command::Cancel { call, reason } => self.give_up(call, CallError::Cancelled, reason, out),
            Command::Answer { ask, answer } => self.answer(ask, answer, out),
            Command::Notify { method, params } => self.notify(method, params, out),
            Command::SetLogLevel(level) => self.set_level(level, out),
            Command::Reopened(result) => self.reopened(now, result, out),
            Command::Close => out.close(Closed::ByUs),
        }
    }

    fn timeout(&mut self, now: Time, out: &mut Out) {
        if let Phase::Opening(ladder) = &mut self.phase {
            let step = ladder.timeout(&self.config, now);
            self.step(step, out);
        }
        self.ask_for_stream(now, out);
        let input = self.config.timeouts.input;
        for id in self.calls.late(now, input) {
            let Some(call) = self.calls.get_mut(id) else { continue };
            let bounded = self.config.timeouts.progress_extends && call.total.is_some_and(|total| now >= total);
            let total = bounded.then_some(self.config.timeouts.request_total);
            let theirs = total.flatten().or(call.request.deadline);
            let took: Duration = if call.asked.is_some() { input } else { theirs }.unwrap_or_default();
            self.give_up(id, CallError::Deadline(took), Some("deadline".to_owned()), out);
        }
    }

    fn poll_timeout(&self) -> Option<Time> {
        match &self.phase {
            Phase::Opening(ladder) => [ladder.poll_timeout(), self.calls.earliest()].into_iter().flatten().min(),
            Phase::Away(away) => [away.at, self.calls.earliest()].into_iter().flatten().min(),
            Phase::Ready(_) => self.calls.earliest(),
        }
    }

    fn read_end(&mut self, now: Time, why: Option<String>, out: &mut Out) {
        let why = if self.heard { Closed::ByPeer(why) } else { Closed::Early(why) };
        if !self.start_afresh(now, &why, out) {
            out.close(why);
        }
    }

    fn levels(&self) -> Levels {
        Levels { in_flight: self.calls.in_flight(), waiting: self.calls.waiting(), ..Levels::default() }
    }

    fn closed(&mut self, why: &Closed, out: &mut Out) {
        for ask in self.asks.withdraw(|_| true) {
            out.event(Event::Withdrawn { ask });
        }
        for (id, call) in self.calls.drain() {
            ended(id, call.timing, Err(CallError::Closed(why.clone())), out);
        }
    }
}
