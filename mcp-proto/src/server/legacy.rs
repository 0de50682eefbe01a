//! The era of the handshake, 2024-11-05 to 2025-11-25: a session, and questions as requests of the server.

use super::call::{Ask, Asking, Entry, Peer, Request};
use super::config::Config;
use super::legality::illegal;
use super::question;
use super::session::{Out, refuse, respond_error};
use crate::binding::{Reply, Route};
use crate::error::RefusedCall;
use crate::model::{
    CANCELLED, Cancelled, Era, Initialize, InitializeResult, Level, Restrict as _, Revision, UnsupportedVersion, meta,
};
use crate::rpc::{self, ErrorObject, Id, Name, Object, Raw};
use crate::time::Time;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Where the session stands.
#[derive(Debug, Default)]
pub(super) struct Legacy {
    state: State,
    /// Our last request id in this session.
    last_question: i64,
    /// The least level of log messages its client wants, once it has said so.
    pub level: Option<Level>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Uninitialized,
    /// `initialize` was answered. Requests are served from here on, also before `initialized`: clients send
    /// them early, and nothing is gained by refusing.
    Initialized { peer: Arc<Peer>, ready: bool },
}

impl Legacy {
    /// Whether a request without modern `_meta` is taken. What the core answers itself is answered here.
    pub(super) fn admit(
        &mut self,
        config: &Config,
        caller: Option<&Arc<str>>,
        id: &Id,
        method: &Name,
        params: &Object,
        out: &mut Out,
    ) -> Option<Arc<Peer>> {
        match (method.as_str(), &self.state) {
            ("initialize", State::Uninitialized) => {
                self.initialize(config, caller, id, params, out);
                None
            }
            ("initialize", State::Initialized { .. }) => {
                refuse(id, rpc::INVALID_REQUEST, "the session is initialized already", out);
                None
            }
            ("ping", _) if config.newest_legacy().is_some() => {
                let _ = out.answer(out.at_once(), |w| rpc::write::result(w, id, &Raw::empty_object()));
                None
            }
            (_, State::Uninitialized) => {
                let (code, text) = not_opened(config);
                refuse(id, code, text, out);
                None
            }
            (name, State::Initialized { peer, .. }) => {
                if let Some(error) = illegal(config, peer.revision, name) {
                    respond_error(id, &error, out.at_once(), out);
                    return None;
                }
                Some(peer.clone())
            }
        }
    }

    /// The revision of the session, once there is one.
    pub(super) fn revision(&self) -> Option<Revision> {
        match &self.state {
            State::Uninitialized => None,
            State::Initialized { peer, .. } => Some(peer.revision),
        }
    }

    /// `notifications/initialized`: the client is ready too.
    pub(super) fn initialized(&mut self) {
        if let State::Initialized { ready, .. } = &mut self.state {
            *ready = true;
        }
    }

    fn initialize(&mut self, config: &Config, caller: Option<&Arc<str>>, id: &Id, params: &Object, out: &mut Out) {
        let Some(newest) = config.newest_legacy() else {
            // Any error names what is served, whatever else is wrong (2026-07-28, stdio).
            let asked: Option<String> = params.get("protocolVersion").and_then(|v| v.parse().ok());
            let error = UnsupportedVersion::error(&config.revisions, &asked.unwrap_or_default());
            return respond_error(id, &error, out.at_once(), out);
        };
        let asked: Initialize = match params.raw().parse() {
            Ok(asked) => asked,
            Err(e) => return refuse(id, rpc::INVALID_PARAMS, format!("params of `initialize`: {e}"), out),
        };
        let revision = Revision::from_name(&asked.protocol_version)
            .filter(|r| r.era() == Era::Legacy && config.serves(*r))
            .unwrap_or(newest);
        let mut answer = InitializeResult::new(revision.as_str(), config.capabilities.clone(), config.identity.clone());
        answer.instructions = config.instructions.clone();
        answer.restrict(revision);
        let sent =
            Raw::from_serialize(&answer).map(|body| out.send(Route::Unsolicited, |w| rpc::write::result(w, id, &body)));
        if !matches!(sent, Ok(Ok(()))) {
            return refuse(id, rpc::INTERNAL_ERROR, "the answer could not be written", out);
        }
        // Kept as long as the session: what they came in is not.
        let capabilities = params.get("capabilities").map_or_else(Raw::empty_object, |c| c.detached());
        let identity = params.get("clientInfo").map(|i| i.detached());
        let peer = Arc::new(Peer { revision, capabilities, identity, caller: caller.cloned() });
        self.state = State::Initialized { peer, ready: false };
    }

    /// Sends the questions of a call as requests of our own. Without any the request comes again at once.
    ///
    /// # Errors
    /// A question is longer than a message may be; those sent before it are withdrawn.
    pub(super) fn ask(
        &mut self,
        entry: &mut Entry,
        ask: Ask,
        until: Option<Time>,
        out: &mut Out,
    ) -> Result<Option<Arc<Request>>, RefusedCall> {
        // Asking anew replaces what is still out.
        Self::withdraw(entry, out);
        let request = &entry.request;
        let mut kept = request.kept.clone();
        kept.extend(ask.kept);
        let mut asking = Asking { open: HashMap::new(), answers: request.answers.clone(), kept, until };
        for (key, question) in ask.questions {
            self.last_question += 1;
            let id = Id::from(self.last_question);
            let route = Route::Call(request.call.0);
            let name = || format!("elicitation-{id}");
            let params = question::params(&question, request.peer.revision, name);
            let method = &question.method;
            if let Err(too_long) = out.send(route, |w| rpc::write::request(w, &id, method, params.as_ref())) {
                entry.asking = Some(Box::new(asking));
                Self::withdraw(entry, out);
                return Err(too_long);
            }
            asking.open.insert(self.last_question, key);
        }
        if asking.open.is_empty() {
            return Ok(Some(Self::again(entry, asking)));
        }
        entry.asking = Some(Box::new(asking));
        Ok(None)
    }

    /// Whether we have asked a question of this id. Our ids are counted up.
    pub(super) fn has_asked(&self, id: &Id) -> bool {
        id.as_i64().is_some_and(|id| (1..=self.last_question).contains(&id))
    }

    /// All questions are answered: the request comes again.
    fn again(entry: &mut Entry, asking: Asking) -> Arc<Request> {
        let mut request = Request::clone(&entry.request);
        (request.answers, request.kept) = (asking.answers, asking.kept);
        request.round += 1;
        entry.asking = None;
        entry.request = Arc::new(request);
        entry.request.clone()
    }

    /// Takes one answer; with the last one the request comes again.
    pub(super) fn answered(
        entry: &mut Entry,
        id: &Id,
        answer: Result<Raw, ErrorObject>,
    ) -> Result<Option<Arc<Request>>, ErrorObject> {
        let Some((asking, key)) = entry
            .asking
            .as_mut()
            .and_then(|asking| id.as_i64().and_then(|id| asking.open.remove(&id)).map(|key| (asking, key)))
        else {
            return Ok(None);
        };
        let answer = answer.map_err(|e| {
            ErrorObject::new(rpc::INTERNAL_ERROR, format!("the client could not answer a question: {}", e.message))
        })?;
        asking.answers.insert(key, answer);
        if !asking.open.is_empty() {
            return Ok(None);
        }
        Ok(entry.asking.take().map(|asking| Self::again(entry, *asking)))
    }

    /// Tells the client that questions of a call need no answer any more.
    pub(super) fn withdraw(entry: &Entry, out: &mut Out) {
        let Some(asking) = &entry.asking else { return };
        let open: BTreeMap<&i64, &String> = asking.open.iter().collect();
        for question in open.into_keys() {
            let cancelled = Cancelled::new().request_id(*question);
            if let Ok(params) = Raw::from_serialize(&cancelled) {
                let route = Route::Call(entry.request.call.0);
                let _ = out.send(route, |w| rpc::write::notification(w, CANCELLED, Some(&params)));
            }
        }
    }
}

/// What a request gets that belongs to no era yet.
fn not_opened(config: &Config) -> (i64, String) {
    if config.newest_legacy().is_some() {
        (rpc::INVALID_REQUEST, "not initialized: send `initialize` first, or name the version in `_meta`".to_owned())
    } else {
        (rpc::INVALID_PARAMS, format!("`_meta` lacks `{}`", meta::PROTOCOL_VERSION))
    }
}

/// Writes a result as the older era has it: nothing is added but what the handler put into `_meta`.
pub(super) fn result(id: &Id, body: &Raw, meta: Option<&Raw>, reply: Reply, out: &mut Out) -> Result<(), RefusedCall> {
    out.answer(reply, |w| match meta {
        None => rpc::write::result(w, id, body),
        Some(meta) => rpc::splice::result_with(w, id, body, |w| {
            w.extend_from_slice(b"\"_meta\":");
            w.extend_from_slice(meta.as_bytes());
        }),
    })
}
