//! What a question needs of the client it is put to, and how its revision writes it.

use super::call::{Ask, Request};
use crate::model::{
    ClientCapabilities, CreateMessage, Elicit, Era, InputRequest, Method as _, QUESTIONS, Receiver, Restrict, Revision,
    declares, facts, missing_capability,
};
use crate::rpc::{self, ErrorObject, Object, Raw};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why these questions can't be asked: the method may not (2026-07-28, multi-round-trip requests), the client's
/// revision has no such question, or the client lacks what it needs (all revisions: only what was declared).
pub(super) fn unable(request: &Request, ask: &Ask) -> Option<ErrorObject> {
    let revision = request.peer.revision;
    let internal = |text| Some(ErrorObject::new(rpc::INTERNAL_ERROR, text));
    let may_ask = facts(request.method.as_str()).is_none_or(|f| f.may_ask);
    if revision.era() == Era::Modern && !may_ask {
        return internal(format!("`{}` must not ask for input in {revision}", request.method));
    }
    for question in ask.questions.values() {
        let method = question.method.as_str();
        let Some(facts) = facts(method).filter(|_| QUESTIONS.contains(&method)) else {
            return internal(format!("`{method}` is no question a server may ask"));
        };
        if revision.era() == Era::Legacy && !facts.is_legal(revision, Receiver::Client) {
            return Some(too_old(method, revision));
        }
        let needs = needs(question, revision);
        // Whoever declares only this would be asked for a part of it next; but a form is what it means.
        let whole = needs.first().is_none_or(|(part, _)| part == "elicitation.form");
        let whole = whole.then(|| (facts.capability.unwrap_or_default().to_owned(), revision));
        for (capability, since) in whole.into_iter().chain(needs) {
            match revision.era() {
                _ if !revision.is_since(since) => return Some(too_old(&capability, revision)),
                _ if able(&request.peer.capabilities, &capability) => {}
                Era::Legacy => {
                    let text = format!("this needs a client that declares the capability `{capability}`");
                    return Some(ErrorObject::new(rpc::INVALID_REQUEST, text));
                }
                Era::Modern => return Some(missing_capability(&capability)),
            }
        }
    }
    None
}

fn too_old(what: &str, revision: Revision) -> ErrorObject {
    let text = format!("this needs `{what}`, which {revision} does not have; use a newer client");
    ErrorObject::new(rpc::INVALID_REQUEST, text)
}

/// The capabilities a question needs beyond that of its method, and the first revision that has each.
fn needs(question: &InputRequest, revision: Revision) -> Vec<(String, Revision)> {
    let params = question.params.clone().and_then(Object::from_raw).unwrap_or_else(Object::empty);
    let since = Revision::V2025_11_25;
    let mut needs = Vec::new();
    if question.method == Elicit::FACTS.name {
        // A form is the mode of who names none (2025-11-25, elicitation), and the only one before.
        match params.get("mode").and_then(|mode| mode.text()) {
            Some(mode) if mode != *"form" => needs.push((format!("elicitation.{mode}"), since)),
            _ if revision.is_since(since) => needs.push(("elicitation.form".to_owned(), since)),
            _ => {}
        }
    }
    if question.method == CreateMessage::FACTS.name {
        if params.get("tools").or_else(|| params.get("toolChoice")).is_some() {
            needs.push(("sampling.tools".to_owned(), since));
        }
        // Before 2025-11-25 every client that samples takes it.
        let context = params.get("includeContext").and_then(|context| context.text());
        if context.is_some_and(|context| context != *"none") && revision.is_since(since) {
            needs.push(("sampling.context".to_owned(), since));
        }
    }
    needs
}

fn able(declared: &Raw, capability: &str) -> bool {
    if capability == "elicitation.form" {
        declared.parse::<ClientCapabilities>().is_ok_and(|able| able.can_show_form())
    } else {
        declares(declared, capability)
    }
}

/// The parameters of a question as `revision` has them. What cannot be read as the question it is goes out as it is.
/// `id` names what a user is sent to a web page for, if the owner did not: 2025-11-25 requires a name.
pub(super) fn params(question: &InputRequest, revision: Revision, id: impl FnOnce() -> String) -> Option<Raw> {
    let raw = question.params.as_ref()?;
    let named = |mut elicit: Elicit| {
        if let Elicit::Url(url) = &mut elicit {
            url.elicitation_id.get_or_insert_with(id);
        }
        elicit
    };
    let restricted = match question.method.as_str() {
        name if name == Elicit::FACTS.name => restricted(raw, revision, named),
        name if name == CreateMessage::FACTS.name => restricted(raw, revision, |sampling: CreateMessage| sampling),
        _ => None,
    };
    Some(restricted.unwrap_or_else(|| raw.clone()))
}

fn restricted<T: DeserializeOwned + Serialize + Restrict>(
    raw: &Raw,
    revision: Revision,
    completed: impl FnOnce(T) -> T,
) -> Option<Raw> {
    let mut typed = completed(raw.parse().ok()?);
    typed.restrict(revision);
    Raw::from_serialize(&typed).ok()
}
