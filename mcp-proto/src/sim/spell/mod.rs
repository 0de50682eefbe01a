//! Commands and events as text, for recordings.

mod client;
mod server;

use super::escape;
use super::recording::{Spell, Tell, Unreadable};
use crate::rpc::Refused;
use serde::{Deserialize, Serialize};

fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_else(|e| format!("(not JSON: {e})"))
}

fn from_json<'a, T: Deserialize<'a>>(what: &'static str, text: &'a str) -> Result<T, Unreadable> {
    serde_json::from_str(text).map_err(|_| Unreadable::new(what, text))
}

fn violation(refused: &Refused) -> String {
    let Refused { why, id, wants_answer, response, .. } = refused;
    let what = match (wants_answer, response) {
        (true, _) => "request",
        (_, true) => "response",
        _ => "message",
    };
    let id = id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
    format!("violation {what}{id}: {why}")
}
