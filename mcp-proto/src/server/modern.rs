//! 2026-07-28: every request describes itself, nothing is remembered between them.

use super::call::{Ask, Entry, Peer};
use super::config::Config;
use super::legality::illegal;
use super::log;
use super::question;
use super::seal::State;
use super::session::{Out, refuse, respond_error};
use super::subscription::tag_member;
use crate::binding::Reply;
use crate::error::RefusedCall;
use crate::model::meta::{RequestMeta, SERVER_INFO, SUBSCRIPTION_ID};
use crate::model::{
    COMPLETE, Cacheable as _, DiscoverResult, Era, INPUT_REQUIRED, InputRequired, Restrict as _, Revision,
    UnsupportedVersion,
};
use crate::rpc::{self, ErrorObject, Id, Name, Object, Raw};
use bytes::BytesMut;
use std::time::Duration;

/// Whether a request is taken, after the checks in the order of the digest's ladder. What the core answers
/// itself is answered here.
pub(super) fn admit(
    config: &Config,
    id: &Id,
    method: &Name,
    meta: RequestMeta,
    about: Option<&Object>,
    out: &mut Out,
) -> Option<Peer> {
    let revision = match meta.version {
        Ok(revision) if revision.era() == Era::Modern && config.serves(revision) => revision,
        Ok(other) => {
            unsupported(config, id, other.as_str(), out);
            return None;
        }
        Err(unknown) => {
            unsupported(config, id, &unknown, out);
            return None;
        }
    };
    if let Some(error) = illegal(config, revision, method.as_str()) {
        respond_error(id, &error, out.at_once(), out);
        return None;
    }
    if let Some(Err(unknown)) = about.map(log::asked_for) {
        refuse(id, rpc::INVALID_PARAMS, unknown, out);
        return None;
    }
    if method.as_str() == "server/discover" {
        discover(config, revision, id, out);
        return None;
    }
    Some(Peer { revision, capabilities: meta.capabilities, identity: meta.client, caller: None })
}

fn unsupported(config: &Config, id: &Id, requested: &str, out: &mut Out) {
    respond_error(id, &UnsupportedVersion::error(&config.revisions, requested), out.at_once(), out);
}

fn discover(config: &Config, revision: Revision, id: &Id, out: &mut Out) {
    let versions: Vec<String> = config.revisions.iter().map(|r| r.as_str().to_owned()).collect();
    let mut answer = DiscoverResult::new(versions, config.capabilities.clone());
    answer.instructions = config.instructions.clone();
    answer = answer.cached(config.discover_cache.clone());
    answer.restrict(revision);
    match Raw::from_serialize(&answer) {
        Ok(body) => {
            if let Err(too_long) = result(config, id, &Final::default(), &body, out.at_once(), out) {
                refuse(id, rpc::INTERNAL_ERROR, too_long.to_string(), out);
            }
        }
        Err(e) => refuse(id, rpc::INTERNAL_ERROR, e.to_string(), out),
    }
}

/// What a final result says beside its body.
#[derive(Default)]
pub(super) struct Final<'a> {
    /// Its `resultType`, if it is another than `complete`.
    pub result_type: Option<&'a str>,
    /// More for its `_meta`.
    pub meta: Option<&'a Raw>,
    /// It ends a subscription, and so names it.
    pub subscription: bool,
}

/// Writes a final result: with `resultType`, and with who answers in its `_meta`.
pub(super) fn result(
    config: &Config,
    id: &Id,
    how: &Final<'_>,
    body: &Raw,
    reply: Reply,
    out: &mut Out,
) -> Result<(), RefusedCall> {
    let others: &[&str] = if how.subscription { &[SERVER_INFO, SUBSCRIPTION_ID] } else { &[SERVER_INFO] };
    out.answer(reply, |w| {
        rpc::splice::result_with(w, id, body, |w| {
            w.extend_from_slice(b"\"resultType\":");
            rpc::splice::string(w, how.result_type.unwrap_or(COMPLETE));
            w.extend_from_slice(b",\"_meta\":{\"");
            w.extend_from_slice(SERVER_INFO.as_bytes());
            w.extend_from_slice(b"\":");
            identity(config, w);
            if how.subscription {
                w.extend_from_slice(b",");
                tag_member(w, id);
            }
            if let Some(meta) = how.meta {
                rpc::splice::members_but(w, meta, others);
            }
            w.extend_from_slice(b"}");
        });
    })
}

fn identity(config: &Config, w: &mut BytesMut) {
    w.extend_from_slice(config.identity_json().as_bytes());
}

/// Asks: the request ends here, and comes again with the answers and everything known so far.
pub(super) fn ask(config: &Config, entry: &Entry, mut ask: Ask, wall: Duration, out: &mut Out) {
    let request = &entry.request;
    let mut kept = request.kept.clone();
    kept.extend(ask.kept);
    let state = State::new(request.round + 1, request.answers.clone(), kept);
    let mut required = InputRequired::new();
    required.request_state = Some(state.seal(&config.state_key, request, wall, config.timeouts.input));
    for question in ask.questions.values_mut() {
        question.params = question::params(question, request.peer.revision, String::new);
    }
    required.input_requests = (!ask.questions.is_empty()).then_some(ask.questions);
    let reply = entry.reply();
    let sent = Raw::from_serialize(&required).map_err(|e| e.to_string()).and_then(|body| {
        out.answer(reply, |w| {
            rpc::splice::result_with(w, &entry.id, &body, |w| {
                w.extend_from_slice(b"\"resultType\":\"");
                w.extend_from_slice(INPUT_REQUIRED.as_bytes());
                w.extend_from_slice(b"\"");
            });
        })
        .map_err(|e| e.to_string())
    });
    if let Err(text) = sent {
        respond_error(&entry.id, &ErrorObject::new(rpc::INTERNAL_ERROR, text), reply, out);
    }
}
