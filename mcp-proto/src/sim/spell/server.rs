//! A server's commands and events as text.

use super::escape::{duration, number, seconds, word};
use super::{Spell, Tell, Unreadable, from_json, json, violation};
use crate::model::{Change, InputRequest, Level};
use crate::rpc::{ErrorObject, Id, Name, Raw};
use crate::server::{Answer, Ask, CallId, Command, Event, Request};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A result and what it adds to `_meta`.
#[derive(Serialize, Deserialize)]
struct Whole {
    body: Raw,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<Raw>,
}

/// A notification, and of which call.
#[derive(Serialize, Deserialize)]
struct Told {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call: Option<u64>,
    method: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    params: Option<Raw>,
}

/// A log message, and of which call.
#[derive(Serialize, Deserialize)]
struct Logged {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    call: Option<u64>,
    level: Level,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    logger: Option<String>,
    data: Raw,
}

#[derive(Serialize, Deserialize)]
struct Questions {
    questions: BTreeMap<String, InputRequest>,
    kept: BTreeMap<String, Raw>,
}

#[derive(Serialize)]
struct About<'a> {
    capabilities: &'a Raw,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a Raw>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caller: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    progress_token: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_level: Option<Level>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    answers: &'a BTreeMap<String, Raw>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    kept: &'a BTreeMap<String, Raw>,
    round: usize,
}

impl Spell for Command {
    fn spell(&self) -> String {
        match self {
            Self::Respond { call: CallId(call), answer } => match answer {
                Answer::Result { body, meta } => {
                    let result = Whole { body: body.clone(), meta: meta.clone() };
                    format!("respond {call} result {}", json(&result))
                }
                Answer::Extended { result_type, body, meta } => {
                    let result = Whole { body: body.clone(), meta: meta.clone() };
                    format!("respond {call} extended {}", json(&(result_type, result)))
                }
                Answer::Verbatim(raw) => format!("respond {call} verbatim {}", raw.as_str()),
                Answer::Error(error) => format!("respond {call} error {}", json(error)),
                Answer::Ask(Ask { questions, kept }) => {
                    let ask = Questions { questions: questions.clone(), kept: kept.clone() };
                    format!("respond {call} ask {}", json(&ask))
                }
            },
            Self::Progress { call: CallId(call), progress, total, message } => {
                let total = total.map_or_else(|| "-".to_owned(), |total| total.to_string());
                let message = message.as_ref().map(|m| format!(" {m}")).unwrap_or_default();
                format!("progress {call} {progress} {total}{message}")
            }
            Self::Announce(Change::Resource(uri)) => format!("announce resource {uri}"),
            Self::Announce(change) => format!("announce {}", change.notification()),
            Self::Log { call, level, logger, data } => {
                let call = call.map(|CallId(call)| call);
                format!("log {}", json(&Logged { call, level: *level, logger: logger.clone(), data: data.clone() }))
            }
            Self::Notify { call, method, params } => {
                format!(
                    "notify {}",
                    json(&Told { call: call.map(|CallId(call)| call), method: method.clone(), params: params.clone() })
                )
            }
            Self::Drain { within } => format!("drain {}", seconds(*within)),
            Self::Close => "close".to_owned(),
        }
    }

    fn read(text: &str) -> Result<Self, Unreadable> {
        let (what, rest) = word(text);
        Ok(match what {
            "respond" => {
                let (call, rest) = number(rest)?;
                let answer = match word(rest) {
                    ("result", text) => {
                        let Whole { body, meta } = from_json("a result", text)?;
                        Answer::Result { body, meta }
                    }
                    ("extended", text) => {
                        let (result_type, Whole { body, meta }) = from_json("a type and a result", text)?;
                        Answer::Extended { result_type, body, meta }
                    }
                    ("verbatim", text) => Answer::Verbatim(from_json("a result", text)?),
                    ("error", text) => Answer::Error(from_json::<ErrorObject>("an error", text)?),
                    ("ask", text) => {
                        let Questions { questions, kept } = from_json("questions", text)?;
                        Answer::Ask(Ask { questions, kept })
                    }
                    _ => return Err(Unreadable::new("an answer", rest)),
                };
                Self::Respond { call: CallId(call), answer }
            }
            "progress" => {
                let (call, rest) = number(rest)?;
                let (progress, rest) = number(rest)?;
                let total = match word(rest) {
                    ("-", _) => None,
                    _ => Some(number(rest)?.0),
                };
                let message = rest.split_once(' ').map(|(_, message)| message.to_owned());
                Self::Progress { call: CallId(call), progress, total, message }
            }
            "announce" => match word(rest) {
                ("resource", uri) => Self::Announce(Change::Resource(uri.to_owned())),
                _ => {
                    let lists = [Change::ToolsList, Change::PromptsList, Change::ResourcesList];
                    let list = lists.into_iter().find(|list| list.notification() == rest);
                    Self::Announce(list.ok_or_else(|| Unreadable::new("a change", rest))?)
                }
            },
            "log" => {
                let Logged { call, level, logger, data } = from_json("a log message", rest)?;
                Self::Log { call: call.map(CallId), level, logger, data }
            }
            "notify" => {
                let Told { call, method, params } = from_json("a notification", rest)?;
                Self::Notify { call: call.map(CallId), method, params }
            }
            "drain" => Self::Drain { within: duration(rest)? },
            "close" => Self::Close,
            _ => return Err(Unreadable::new("a server's command", text)),
        })
    }
}

impl Tell for Event {
    fn tell(&self) -> String {
        match self {
            Self::Request(request) => {
                let Request { call: CallId(call), method, params, peer, answers, kept, round, .. } = &**request;
                let about = About {
                    capabilities: &peer.capabilities,
                    identity: peer.identity.as_ref(),
                    caller: peer.caller.as_deref(),
                    progress_token: request.progress_token.as_ref(),
                    log_level: request.log_level,
                    answers,
                    kept,
                    round: *round,
                };
                let (revision, params) = (peer.revision, params.raw().as_str());
                format!("request {call} {revision} {method} {params} {}", json(&about))
            }
            Self::Cancelled { call: CallId(call) } => format!("cancelled {call}"),
            Self::Notification { method, params } => format!("notification {method} {}", params.raw().as_str()),
            Self::Violation(refused) => violation(refused),
        }
    }
}
