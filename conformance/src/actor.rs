//! What a script does with our client, the same in every column.

use crate::deed::{Calling, Deed};
use crate::fixture::{Heard, raw};
use crate::job::{self, Job};
use mcp_proto::client::{Reply, ServerInfo};
use mcp_proto::error::{CallError, Closed, Fault, OpenError, RefusedCall};
use mcp_proto::handle::Once;
use mcp_proto::handle::client::{Call, Canceller, Client};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Our client, and its calls by the names the transcript gives them.
#[derive(Debug)]
pub struct Actor {
    /// The client.
    pub client: Client,
    /// What it was told that belongs to no call.
    pub heard: Heard,
    begun: HashMap<String, Begun>,
    reports: HashMap<String, Heard>,
}

/// What has begun.
#[derive(Debug)]
struct Begun {
    canceller: Option<Canceller>,
    end: End,
}

/// How it can be waited for.
#[derive(Debug)]
pub enum End {
    /// As a call.
    Call(Call<Reply>),
    /// By what somebody else who waits for it tells.
    Told(Arc<Once<Value>>),
}

/// Something to be waited for aside, and whom to tell how it ended.
pub type Aside = (Box<dyn Job>, Arc<Once<Value>>);

impl Actor {
    /// Nothing was called yet.
    #[must_use]
    pub fn new((client, heard): (Client, Heard)) -> Self {
        Self { client, heard, begun: HashMap::new(), reports: HashMap::new() }
    }

    /// Does it. What begins only when somebody waits for it is to be waited for aside.
    #[must_use]
    pub fn perform(&mut self, deed: Deed) -> Option<Aside> {
        match deed {
            Deed::Call(calling) => return self.call(calling),
            Deed::Named(name, named) => {
                let reports = self.reported(&name);
                let (job, canceller) = job::named(&self.client, named, reports);
                return Some(self.aside(name, canceller, job));
            }
            Deed::Cancel(name, reason) => {
                if let Some(Begun { canceller: Some(canceller), .. }) = self.begun.get(&name) {
                    canceller.cancel(reason.as_deref());
                }
            }
            Deed::Drop(name) => drop(self.begun.remove(&name)),
            Deed::LogLevel(level) => self.client.set_log_level(level),
            Deed::RootsChanged => self.client.roots_changed(),
            Deed::Notify(method, params) => self.client.notify(method, Some(raw(&params))),
            Deed::Close => self.client.close(),
        }
        None
    }

    fn call(&mut self, calling: Calling) -> Option<Aside> {
        let Calling { name, method, mut params, progress, streamed, updates, pass, unchecked, task, level, deadline } =
            calling;
        // A client has `_meta` of its own; a caller's comes beside the parameters.
        let meta = params.as_object_mut().and_then(|params| params.remove("_meta"));
        let mut prepared = self.client.prepare_raw(method.as_str(), raw(&params));
        if let Some(meta) = meta {
            prepared = prepared.meta(raw(&meta));
        }
        let reports = self.reported(&name);
        if progress {
            let reports = reports.clone();
            prepared = prepared.on_progress(move |report| reports.push(json!(report.progress)));
        }
        if updates {
            let reports = reports.clone();
            prepared = prepared.on_update(move |method, params| {
                let params: Value = params.raw().parse().unwrap_or_default();
                reports.push(json!([method.as_str(), params]));
            });
        }
        if pass {
            prepared = prepared.pass_input();
        }
        if unchecked {
            prepared = prepared.unchecked();
        }
        if let Some(level) = level {
            prepared = prepared.log_level(level);
        }
        if deadline.is_some() {
            prepared = prepared.deadline(deadline);
        }
        if streamed {
            let (call, stream) = prepared.send_with_progress();
            let canceller = call.canceller();
            return Some(self.aside(name, Some(canceller), job::streamed(call, stream, reports)));
        }
        if task {
            let call = prepared.or_task(Some(Duration::from_secs(60))).send();
            let canceller = call.canceller();
            return Some(self.aside(name, Some(canceller), job::or_task(call)));
        }
        let call = prepared.send();
        self.begun.insert(name, Begun { canceller: Some(call.canceller()), end: End::Call(call) });
        None
    }

    fn aside(&mut self, name: String, canceller: Option<Canceller>, job: Box<dyn Job>) -> Aside {
        let told = Once::new();
        self.begun.insert(name, Begun { canceller, end: End::Told(told.clone()) });
        (job, told)
    }

    fn reported(&mut self, name: &str) -> Heard {
        self.reports.entry(name.to_owned()).or_default().clone()
    }

    /// What has begun, to be waited for.
    pub fn take(&mut self, name: &str) -> Option<End> {
        self.begun.remove(name).map(|begun| begun.end)
    }

    /// All that was not waited for.
    pub fn take_all(&mut self) -> Vec<End> {
        self.begun.drain().map(|(_, begun)| begun.end).collect()
    }

    /// What a call has reported so far.
    #[must_use]
    pub fn reports(&self, name: &str) -> Value {
        self.reports.get(name).map_or_else(|| json!([]), Heard::all)
    }
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
        // The sentence is all that the caller learns.
        Err(CallError::Refused(why @ RefusedCall::NotOffered { .. })) => json!(why.to_string()),
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
