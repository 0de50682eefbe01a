//! The everyday methods of our client. What waits for them waits aside, since some begin only then: a thread where
//! threads wait, a task where tasks do.

use crate::actor::outcome;
use crate::deed::Named;
use crate::fixture::Heard;
use mcp_proto::client::{Reply, ServerInfo};
use mcp_proto::error::CallError;
use mcp_proto::handle::client::{Call, Canceller, Client, FromReply, Opened, Outcome, Pages, Pong};
use mcp_proto::handle::client::{ProgressStream, Subscription, Update};
use mcp_proto::model::{Changes, Complete, CompletionArgument, CompletionContext, Paged, Reference};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

/// Something that ends, as transcripts write it.
pub trait Job: Send {
    /// Blocks the thread until it does.
    fn wait(self: Box<Self>) -> Value;
    /// The same, as a task.
    fn run(self: Box<Self>) -> Running;
}

/// A job as a task.
pub type Running = Pin<Box<dyn Future<Output = Value> + Send>>;

fn gives<T: Serialize>(end: Result<T, CallError>) -> Value {
    match end {
        Ok(value) => json!({ "gives": value }),
        Err(error) => outcome(Err(error)),
    }
}

/// Begins it. What brings updates brings them to `reports`.
#[must_use]
pub fn named(client: &Client, named: Named, reports: Heard) -> (Box<dyn Job>, Option<Canceller>) {
    match named {
        Named::List(what) => {
            let list: Box<dyn Job> = match what.as_str() {
                "tools" => Box::new(client.list_tools()),
                "resources" => Box::new(client.list_resources()),
                "templates" => Box::new(client.list_resource_templates()),
                "prompts" => Box::new(client.list_prompts()),
                other => unreachable!("there is no list of {other}"),
            };
            (list, None)
        }
        Named::Tool(name, arguments) => typed(client.call_tool(&name, arguments)),
        Named::Read(uri) => typed(client.read_resource(uri)),
        Named::Get(name, arguments) => typed(client.get_prompt(&name, arguments)),
        Named::Complete(reference, argument, value, others) => {
            let reference: Reference = read(reference);
            let Value::Null = others else {
                let others: BTreeMap<String, String> = read(others);
                let asked = Complete::new(reference, CompletionArgument::new(argument, value));
                return typed(client.call(asked.context(CompletionContext::new().arguments(others))));
            };
            typed(client.complete(reference, argument, value))
        }
        Named::Ping => (Box::new(client.ping()), None),
        Named::Discover => (Box::new(client.discover()), None),
        Named::Listen(changes) => {
            let subscription = client.listen(read::<Changes>(changes));
            let canceller = subscription.canceller();
            (Box::new(Listened { subscription, reports }), Some(canceller))
        }
    }
}

/// What a transcript writes as JSON.
fn read<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|e| unreachable!("{e}"))
}

fn typed<R: FromReply + Serialize + Send + 'static>(call: Call<R>) -> (Box<dyn Job>, Option<Canceller>) {
    let canceller = call.canceller();
    (Box::new(Typed(call)), Some(canceller))
}

struct Typed<R>(Call<R>);

impl<R: FromReply + Serialize + Send + 'static> Job for Typed<R> {
    fn wait(self: Box<Self>) -> Value {
        gives(self.0.wait())
    }

    fn run(self: Box<Self>) -> Running {
        Box::pin(async move { gives(self.0.await) })
    }
}

impl<M: Paged<Item: Serialize + Send> + 'static> Job for Pages<M> {
    fn wait(self: Box<Self>) -> Value {
        // As threads do it: one by one.
        gives(self.into_iter().collect::<Result<Vec<M::Item>, CallError>>())
    }

    fn run(self: Box<Self>) -> Running {
        Box::pin(async move { gives((*self).await) })
    }
}

impl Job for Pong {
    fn wait(self: Box<Self>) -> Value {
        gives((*self).wait())
    }

    fn run(self: Box<Self>) -> Running {
        Box::pin(async move { gives((*self).await) })
    }
}

fn discovered(server: Arc<ServerInfo>) -> Value {
    let ServerInfo { revision, capabilities, instructions, .. } = &*server;
    json!({"revision": revision.as_str(), "capabilities": capabilities, "instructions": instructions})
}

impl Job for Opened {
    fn wait(self: Box<Self>) -> Value {
        gives((*self).wait().map(discovered))
    }

    fn run(self: Box<Self>) -> Running {
        Box::pin(async move { gives((*self).await.map(discovered)) })
    }
}

/// A subscription, by the names of its updates.
struct Listened {
    subscription: Subscription,
    reports: Heard,
}

fn told(update: Update) -> Value {
    match update {
        Update::Acknowledged(changes) => json!({"acknowledged": changes}),
        Update::ToolsListChanged => json!("tools"),
        Update::PromptsListChanged => json!("prompts"),
        Update::ResourcesListChanged => json!("resources"),
        Update::ResourceUpdated(uri) => json!({"updated": uri}),
        Update::Other(method, params) => {
            json!([method.as_str(), params.raw().parse::<Value>().unwrap_or_default()])
        }
        _ => json!("otherwise"),
    }
}

impl Job for Listened {
    fn wait(self: Box<Self>) -> Value {
        for update in self.subscription {
            match update {
                Ok(update) => self.reports.push(told(update)),
                Err(error) => return outcome(Err(error)),
            }
        }
        json!("ended")
    }

    fn run(mut self: Box<Self>) -> Running {
        Box::pin(async move {
            while let Some(update) = self.subscription.next().await {
                match update {
                    Ok(update) => self.reports.push(told(update)),
                    Err(error) => return outcome(Err(error)),
                }
            }
            json!("ended")
        })
    }
}

/// A call whose progress comes as a stream, to `reports`.
#[must_use]
pub fn streamed(call: Call<Reply>, progress: ProgressStream, reports: Heard) -> Box<dyn Job> {
    Box::new(Streamed { call, progress, reports })
}

struct Streamed {
    call: Call<Reply>,
    progress: ProgressStream,
    reports: Heard,
}

impl Job for Streamed {
    fn wait(self: Box<Self>) -> Value {
        self.progress.into_iter().for_each(|report| self.reports.push(json!(report.progress)));
        outcome(self.call.wait())
    }

    fn run(mut self: Box<Self>) -> Running {
        Box::pin(async move {
            while let Some(report) = self.progress.next().await {
                self.reports.push(json!(report.progress));
            }
            outcome(self.call.await)
        })
    }
}

/// A call that may become a task.
#[must_use]
pub fn or_task(call: Call<Outcome<Reply>>) -> Box<dyn Job> {
    Box::new(OrTask(call))
}

struct OrTask(Call<Outcome<Reply>>);

fn became(end: Result<Outcome<Reply>, CallError>) -> Value {
    match end {
        Ok(Outcome::Done(reply)) => outcome(Ok(reply)),
        Ok(Outcome::Task(task)) => json!({"gives": {"task": task}}),
        Ok(Outcome::ExtensionTask(task)) => json!({"gives": {"extension task": task}}),
        Ok(_) => json!("otherwise"),
        Err(error) => outcome(Err(error)),
    }
}

impl Job for OrTask {
    fn wait(self: Box<Self>) -> Value {
        became(self.0.wait())
    }

    fn run(self: Box<Self>) -> Running {
        Box::pin(async move { became(self.0.await) })
    }
}
