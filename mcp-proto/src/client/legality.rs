//! What may be sent to this server: what its revision has, and what it offers.

use super::call::CallRequest;
use super::open::ServerInfo;
use crate::error::RefusedCall;
use crate::model::{CallTool, Complete, Method as _, Receiver, Restrict as _, Revision, facts};
use crate::rpc::{Raw, short};

/// Refuses a call the server can't answer: one that its revision does not have, or that needs what it does not offer
/// (since 2025-06-18, lifecycle: both respect what was agreed). Names the specification does not have pass.
pub(super) fn check(request: &CallRequest, server: &ServerInfo) -> Result<(), RefusedCall> {
    let Some(facts) = facts(request.method.as_str()) else { return Ok(()) };
    if !facts.is_legal(server.revision, Receiver::Server) {
        let method = facts.name.to_owned();
        return Err(RefusedCall::NoSuchMethod { method, revision: server.revision });
    }
    match facts.capability_in(server.revision) {
        Some(capability) if server.declared && !request.unchecked && !server.capabilities.offers(capability) => {
            Err(RefusedCall::NotOffered { method: facts.name, capability, server: name(server) })
        }
        _ => Ok(()),
    }
}

/// Whether the server may be asked to make a task of this call: only calls of tools, only in 2025-11-25, and only if it
/// offers that (2025-11-25, tasks).
pub(super) fn makes_tasks(request: &CallRequest, server: &ServerInfo) -> bool {
    let offered = || request.unchecked || server.capabilities.offers("tasks.requests.tools.call");
    server.revision == Revision::V2025_11_25 && request.method == *CallTool::FACTS.name && offered()
}

/// What is sent in the place of the parameters, if they have something the revision lacks. Calls of methods whose
/// parameters are the same everywhere are not looked into.
pub(super) fn restricted(request: &CallRequest, revision: Revision) -> Option<Raw> {
    let cares = !revision.is_since(Revision::V2025_06_18) && request.method == *Complete::FACTS.name;
    let mut params = cares.then(|| request.params.parse::<Complete>().ok()).flatten()?;
    params.restrict(revision);
    Raw::from_serialize(&params).ok()
}

/// Who the server says it is, cut short and escaped.
fn name(server: &ServerInfo) -> String {
    let Some(identity) = &server.identity else { return String::new() };
    format!(" ({} {})", short(&identity.name), short(&identity.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Implementation, ListCapability, Revision, ServerCapabilities};
    use crate::rpc::{Name, Raw};

    #[test]
    fn a_server_that_has_not_said_what_it_offers_is_asked() {
        let mut capabilities = ServerCapabilities::new();
        capabilities.tools = Some(ListCapability::new());
        let revision = Revision::V2026_07_28;
        let identity = Some(Implementation::new("s\u{1b}", "x".repeat(100)));
        let told = ServerInfo { revision, identity, capabilities, declared: true, instructions: None };
        let silent =
            ServerInfo { capabilities: ServerCapabilities::new(), identity: None, declared: false, ..told.clone() };
        let checked = |method: &'static str, server: &ServerInfo| {
            let request = CallRequest::new(Name::from_static(method), Raw::empty_object(), None);
            check(&request, server)
        };
        let server = format!(" (s\\u{{1b}} {})", "x".repeat(64));
        let refused = RefusedCall::NotOffered { method: "prompts/list", capability: "prompts", server };
        for (method, server, expected) in [
            ("tools/list", &told, Ok(())),
            ("prompts/list", &told, Err(refused)),
            ("prompts/list", &silent, Ok(())),
            ("tools/list", &silent, Ok(())),
            ("x/y", &told, Ok(())),
            ("ping", &silent, Err(RefusedCall::NoSuchMethod { method: "ping".to_owned(), revision })),
        ] {
            assert_eq!(checked(method, server), expected, "{method}");
        }
    }
}
