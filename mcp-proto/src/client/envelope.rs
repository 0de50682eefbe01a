//! What the core writes into the parameters of a client's requests: who asks, and what a retry carries.

use super::call::CallRequest;
use super::config::Config;
use super::input::Round;
use crate::model::{Level, Restrict as _, Revision, TaskMetadata, meta};
use crate::rpc::{self, Object, Raw};
use bytes::BytesMut;

/// The members of `_meta` that every modern request carries.
pub(super) fn about(config: &Config, revision: Revision) -> String {
    let (mut identity, mut capabilities) = (config.identity.clone(), config.capabilities.clone());
    identity.restrict(revision);
    capabilities.restrict(revision);
    let json = |v: Result<String, serde_json::Error>| v.unwrap_or_else(|_| "{}".to_owned());
    format!(
        "\"{}\":\"{revision}\",\"{}\":{},\"{}\":{}",
        meta::PROTOCOL_VERSION,
        meta::CLIENT_INFO,
        json(serde_json::to_string(&identity)),
        meta::CLIENT_CAPABILITIES,
        json(serde_json::to_string(&capabilities)),
    )
}

/// The level of log messages a modern request asks for: its own, or the connection's if it names none by itself, as a
/// gateway's may.
pub(super) fn level_of(request: &CallRequest, connection: Option<Level>) -> Option<Level> {
    let names_one = || {
        let more = request.meta.clone().and_then(Object::from_raw);
        more.is_some_and(|more| more.get(meta::LOG_LEVEL).is_some())
    };
    request.log_level.or_else(|| connection.filter(|_| !names_one()))
}

/// Writes a `_meta` member: what the era demands, the token, and what the caller adds.
pub(super) fn put_meta(w: &mut BytesMut, about: &str, token: Option<i64>, level: Option<Level>, more: Option<&Raw>) {
    w.extend_from_slice(b"\"_meta\":{");
    w.extend_from_slice(about.as_bytes());
    if let Some(token) = token {
        let comma = if about.is_empty() { "" } else { "," };
        w.extend_from_slice(format!("{comma}\"{}\":{token}", meta::PROGRESS_TOKEN).as_bytes());
    }
    // Only where there is something before it.
    if let Some(level) = level {
        w.extend_from_slice(format!(",\"{}\":\"{level}\"", meta::LOG_LEVEL).as_bytes());
    }
    if let Some(more) = more {
        // A gateway passes on what its own client said of itself; what we say stands once.
        let mut ours = Vec::new();
        if !about.is_empty() {
            ours.extend([meta::PROTOCOL_VERSION, meta::CLIENT_INFO, meta::CLIENT_CAPABILITIES]);
        }
        ours.extend(token.map(|_| meta::PROGRESS_TOKEN));
        ours.extend(level.map(|_| meta::LOG_LEVEL));
        rpc::splice::members_but(w, more, &ours);
    }
    w.extend_from_slice(b"}");
}

/// Writes what asks for a task (2025-11-25).
pub(super) fn put_task(w: &mut BytesMut, task: Option<&TaskMetadata>) {
    let Some(Ok(task)) = task.map(serde_json::to_string) else { return };
    if w.last() != Some(&b'{') {
        w.extend_from_slice(b",");
    }
    w.extend_from_slice(b"\"task\":");
    w.extend_from_slice(task.as_bytes());
}

/// Writes what a retry adds: the answers, and the state as it came.
pub(super) fn put_round(w: &mut BytesMut, round: &Round) {
    if !round.responses.is_empty()
        && let Ok(responses) = serde_json::to_string(&round.responses)
    {
        w.extend_from_slice(b",\"inputResponses\":");
        w.extend_from_slice(responses.as_bytes());
    }
    if let Some(state) = &round.state {
        w.extend_from_slice(b",\"requestState\":");
        w.extend_from_slice(state.as_bytes());
    }
}
