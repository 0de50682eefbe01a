//! What may be said to whom, decided by the tables of facts.

use super::config::Config;
use crate::model::{Era, Listen, Method as _, Receiver, Revision, facts};
use crate::rpc::{self, ErrorObject};
use std::borrow::Cow;

/// Why a request of a client is not taken: its revision has no such request, or the server does not offer what it
/// needs (2026-07-28: MUST be -32601; before: only what was negotiated may be used).
pub(super) fn illegal(config: &Config, revision: Revision, method: &str) -> Option<ErrorObject> {
    let facts = facts(method)?;
    let refuse = |text| Some(ErrorObject::new(rpc::METHOD_NOT_FOUND, text));
    if !facts.is_legal(revision, Receiver::Server) {
        return refuse(format!("servers have no method `{method}` in {revision}"));
    }
    if method == Listen::FACTS.name && !config.tells_of_changes() {
        return refuse(
            "this server tells of no changes: it offers no `listChanged` and no `resources.subscribe`".to_owned(),
        );
    }
    let missing = facts.capability_in(revision).filter(|capability| !config.capabilities.offers(capability));
    missing.and_then(|capability| refuse(format!("this server does not offer `{capability}`, which `{method}` needs")))
}

/// A handler's error, with a code that means to this client what the handler means. 2026-07-28 keeps -32020 to
/// -32099 for itself, and has no -32002 (resource not found) and no -32042 any more.
pub(super) fn error(error: &ErrorObject, revision: Revision) -> Cow<'_, ErrorObject> {
    let code = match (revision.era(), error.code) {
        (Era::Legacy, _) | (_, -32022..=-32020) => return Cow::Borrowed(error),
        (Era::Modern, -32002) => rpc::INVALID_PARAMS,
        (Era::Modern, -32099..=-32023) => rpc::INTERNAL_ERROR,
        (Era::Modern, _) => return Cow::Borrowed(error),
    };
    Cow::Owned(ErrorObject { code, ..error.clone() })
}
