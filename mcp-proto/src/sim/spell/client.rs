//! A client's commands and events as text.

use super::escape::{duration, escape, number, seconds, unescape, word};
use super::{Spell, Tell, Unreadable, from_json, json, violation};
use crate::client::{AskId, CallId, CallRequest, Command, Event, InputPolicy, ResultKind, ServerInfo};
use crate::error::{CallError, Fault};
use crate::model::{Level, TaskMetadata};
use crate::rpc::{ErrorObject, Name, Raw};
use serde::{Deserialize, Serialize};

/// A call as an object; what is not said is the default.
#[derive(Serialize, Deserialize)]
struct Call {
    method: Name,
    params: Raw,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    meta: Option<Raw>,
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deadline: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    progress: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pass_input: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    task: Option<Box<TaskMetadata>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    any_result: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_level: Option<Level>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unchecked: bool,
}

#[derive(Serialize)]
struct Server<'a> {
    identity: &'a Option<crate::model::Implementation>,
    /// Nothing if it said nothing of them.
    capabilities: Option<&'a crate::model::ServerCapabilities>,
    instructions: &'a Option<String>,
}

impl Spell for Command {
    fn spell(&self) -> String {
        match self {
            Self::Call { call: CallId(call), request } => {
                let CallRequest {
                    method,
                    params,
                    meta,
                    deadline,
                    progress,
                    log_level,
                    task,
                    any_result,
                    input,
                    unchecked,
                } = request.clone();
                let pass_input = input == InputPolicy::Pass;
                let deadline = deadline.map(seconds);
                let request = Call {
                    method,
                    params,
                    meta,
                    deadline,
                    progress,
                    pass_input,
                    log_level,
                    task,
                    any_result,
                    unchecked,
                };
                format!("call {call} {}", json(&request))
            }
            Self::Cancel { call: CallId(call), reason: None } => format!("cancel {call}"),
            Self::Cancel { call: CallId(call), reason: Some(reason) } => format!("cancel {call} {reason}"),
            Self::Answer { ask: AskId(ask), answer: Ok(result) } => format!("answer {ask} result {}", result.as_str()),
            Self::Answer { ask: AskId(ask), answer: Err(error) } => format!("answer {ask} error {}", json(error)),
            Self::Notify { method, params: None } => format!("notify {}", json(method)),
            Self::Notify { method, params: Some(params) } => {
                // The name is the peer's business and may hold anything: JSON keeps it apart.
                format!("notify {}", json(&(method, params)))
            }
            Self::SetLogLevel(None) => "log-level none".to_owned(),
            Self::SetLogLevel(Some(level)) => format!("log-level {level}"),
            Self::Reopened(Ok(())) => "reopened".to_owned(),
            // What went wrong is told as a broken stream, whatever it was.
            Self::Reopened(Err(Fault::Broken(why))) => format!("reopened {}", escape(why.as_bytes())),
            Self::Reopened(Err(fault)) => format!("reopened {}", escape(fault.to_string().as_bytes())),
            Self::Close => "close".to_owned(),
        }
    }

    fn read(text: &str) -> Result<Self, Unreadable> {
        let (what, rest) = word(text);
        Ok(match what {
            "call" => {
                let (call, rest) = number(rest)?;
                let Call {
                    method,
                    params,
                    meta,
                    deadline,
                    progress,
                    pass_input,
                    log_level,
                    task,
                    any_result,
                    unchecked,
                } = from_json("a call", rest)?;
                let deadline = deadline.map(|d| duration(&d)).transpose()?;
                let mut request = CallRequest::new(method, params, deadline);
                (request.meta, request.progress, request.unchecked) = (meta, progress, unchecked);
                (request.log_level, request.task, request.any_result) = (log_level, task, any_result);
                request.input = if pass_input { InputPolicy::Pass } else { InputPolicy::Answer };
                Self::Call { call: CallId(call), request }
            }
            "cancel" => {
                let (call, reason) = number(rest)?;
                let reason = rest.contains(' ').then(|| reason.to_owned());
                Self::Cancel { call: CallId(call), reason }
            }
            "answer" => {
                let (ask, rest) = number(rest)?;
                let answer = match word(rest) {
                    ("result", result) => Ok(from_json("a result", result)?),
                    ("error", error) => Err(from_json::<ErrorObject>("an error", error)?),
                    _ => return Err(Unreadable::new("an answer", rest)),
                };
                Self::Answer { ask: AskId(ask), answer }
            }
            "notify" if rest.starts_with('[') => {
                let (method, params) = from_json("a notification", rest)?;
                Self::Notify { method, params: Some(params) }
            }
            "notify" => Self::Notify { method: from_json("a notification", rest)?, params: None },
            "log-level" if rest == "none" => Self::SetLogLevel(None),
            "log-level" => Self::SetLogLevel(Some(rest.parse().map_err(|_| Unreadable::new("a level", rest))?)),
            "reopened" if rest.is_empty() => Self::Reopened(Ok(())),
            "reopened" => {
                let why = String::from_utf8(unescape(rest)?.into()).map_err(|_| Unreadable::new("a reason", rest))?;
                Self::Reopened(Err(Fault::Broken(why)))
            }
            "close" => Self::Close,
            _ => return Err(Unreadable::new("a client's command", text)),
        })
    }
}

impl Tell for Event {
    fn tell(&self) -> String {
        match self {
            Self::Ready(info) => {
                let ServerInfo { revision, identity, capabilities, declared, instructions } = &**info;
                let capabilities = declared.then_some(capabilities);
                format!("ready {revision} {}", json(&Server { identity, capabilities, instructions }))
            }
            Self::Ended { call: CallId(call), outcome, .. } => match outcome {
                Ok(reply) => {
                    let kind = match &reply.kind {
                        ResultKind::Complete => "complete",
                        ResultKind::InputRequired => "input-required",
                        ResultKind::Other(name) => name,
                    };
                    format!("ended {call} {kind} {}", reply.result.raw().as_str())
                }
                Err(CallError::Peer(error)) => format!("ended {call} error {}", json(error)),
                Err(CallError::Unanswered(error)) => format!("ended {call} unanswered {}", json(error)),
                Err(error) => format!("ended {call} failed: {error}"),
            },
            Self::Progress { call: CallId(call), progress } => format!("progress {call} {}", json(progress)),
            Self::Ask { ask: AskId(ask), call, method, params } => {
                let of = call.map(|CallId(call)| format!(" of call {call}")).unwrap_or_default();
                format!("ask {ask}{of} {method} {}", params.as_str())
            }
            Self::Update { call: CallId(call), method, params } => {
                format!("update {call} {method} {}", params.raw().as_str())
            }
            Self::Reopen { why } => format!("reopen: {why}"),
            Self::Withdrawn { ask: AskId(ask) } => format!("withdrawn {ask}"),
            Self::Notification { method, params } => format!("notification {method} {}", params.raw().as_str()),
            Self::Violation(refused) => violation(refused),
        }
    }
}
