//! What a script does with our client, the same in every column.

use crate::fixture::raw;
use crate::step::Deed;
use mcp_proto::client::{Reply, ServerInfo};
use mcp_proto::error::{CallError, Closed, Fault, OpenError};
use mcp_proto::handle::client::{Call, Client};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Our client, and its calls by the names the transcript gives them.
#[derive(Debug)]
pub struct Actor {
    /// The client.
    pub client: Client,
    calls: HashMap<String, Call<Reply>>,
    reports: HashMap<String, Reports>,
}

impl Actor {
    /// Nothing was called yet.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, calls: HashMap::new(), reports: HashMap::new() }
    }

    /// Does it.
    pub fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Call { name, method, mut params, progress, updates, pass, deadline } => {
                // A client has `_meta` of its own; a caller's comes beside the parameters.
                let meta = params.as_object_mut().and_then(|params| params.remove("_meta"));
                let mut prepared = self.client.prepare_raw(method.as_str(), raw(&params));
                if let Some(meta) = meta {
                    prepared = prepared.meta(raw(&meta));
                }
                if progress || updates {
                    let reports = Reports::default();
                    self.reports.insert(name.clone(), reports.clone());
                    let told = reports.clone();
                    if progress {
                        prepared = prepared.on_progress(move |report| push(&reports, json!(report.progress)));
                    }
                    if updates {
                        prepared = prepared.on_update(move |method, params| {
                            let params: Value = params.raw().parse().unwrap_or_default();
                            push(&told, json!([method.as_str(), params]));
                        });
                    }
                }
                if pass {
                    prepared = prepared.pass_input();
                }
                if deadline.is_some() {
                    prepared = prepared.deadline(deadline);
                }
                self.calls.insert(name, prepared.send());
            }
            Deed::Cancel(name, reason) => {
                if let Some(call) = self.calls.get(&name) {
                    call.canceller().cancel(reason.as_deref());
                }
            }
            Deed::Drop(name) => drop(self.calls.remove(&name)),
            Deed::Close => self.client.close(),
        }
    }

    /// A call, to be waited for.
    pub fn take(&mut self, name: &str) -> Option<Call<Reply>> {
        self.calls.remove(name)
    }

    /// Every call that was not waited for.
    pub fn take_all(&mut self) -> Vec<Call<Reply>> {
        self.calls.drain().map(|(_, call)| call).collect()
    }

    /// What a call has reported so far.
    #[must_use]
    pub fn reports(&self, name: &str) -> Value {
        let reports = self.reports.get(name);
        json!(reports.map(|r| r.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default())
    }
}

/// Progress, or what a subscription brought.
type Reports = Arc<Mutex<Vec<Value>>>;

fn push(reports: &Reports, report: Value) {
    reports.lock().unwrap_or_else(PoisonError::into_inner).push(report);
}

/// The end of a call, as transcripts write it.
#[must_use]
pub fn outcome(end: Result<Reply, CallError>) -> Value {
    match end {
        Ok(reply) => json!({"result": reply.result.raw().parse::<Value>().unwrap_or_default()}),
        Err(CallError::Peer(error)) => json!({"error": error}),
        Err(CallError::Invalid(_)) => json!("invalid"),
        Err(CallError::Unreadable(_)) => json!("unreadable"),
        Err(CallError::Unanswered(_)) => json!("unanswered"),
        Err(CallError::Deadline(_)) => json!("deadline"),
        Err(CallError::Cancelled) => json!("cancelled"),
        Err(CallError::Closed(why)) => json!(format!("closed {}", closed(&why))),
        Err(CallError::Refused(_)) => json!("refused"),
        Err(other) => json!(other.to_string()),
    }
}

/// Whom our client is connected to, as transcripts write it.
#[must_use]
pub fn opened(server: Result<Arc<ServerInfo>, CallError>) -> Value {
    server.map_or_else(|error| outcome(Err(error)), |info| json!(info.revision.as_str()))
}

/// Why a connection is over, as transcripts write it.
#[must_use]
pub fn closed(why: &Closed) -> &'static str {
    match why {
        Closed::ByUs => "by-us",
        Closed::ByPeer(_) => "by-peer",
        Closed::Early(_) => "early",
        Closed::Lost(Fault::WriteStalled(_)) => "lost stalled",
        Closed::Lost(_) => "lost",
        Closed::NotOpened(OpenError::Deadline(_)) => "not-opened deadline",
        Closed::NotOpened(OpenError::Version { .. }) => "not-opened version",
        Closed::NotOpened(OpenError::Refused(_)) => "not-opened refused",
        Closed::NotOpened(OpenError::Invalid { .. }) => "not-opened invalid",
        _ => "otherwise",
    }
}
