//! The extension `io.modelcontextprotocol/tasks` (2026-07-28): a server answers a call of a tool by a task, which the
//! client looks at until it is done.
//!
//! It is the server that decides, and only if the request's capabilities have the extension. These are not the tasks
//! of 2025-11-25, although some names are the same: see [`GetTask`](crate::model::GetTask) for those.

use crate::model::initialize::EmptyResult;
use crate::model::input::InputRequest;
use crate::model::method::{Method, MethodFacts, NotificationFacts, SELF_DESCRIBING};
use crate::model::object::object;
use crate::model::restrict::same_everywhere;
use crate::model::subscription::Changes;
use crate::model::{self, TaskStatus};
use crate::rpc::{ErrorObject, Raw};
use std::collections::BTreeMap;

/// Its name, in [`Extensions`](super::Extensions). It has no settings.
pub const TASKS: &str = "io.modelcontextprotocol/tasks";
/// `resultType` of a result that is a [`Task`] instead of what was asked for.
pub const TASK: &str = "task";
/// Says that a task is another one; its parameters are the [`Task`]. Only on a subscription that asked for it.
pub const TASK_CHANGED: &str = "notifications/tasks";

object! {
    /// A call that is being worked on, or was.
    pub struct Task {
        /// Its id, made by the server. Whoever knows it may use it, unless the server knows who asks.
        "taskId" task_id: String,
        /// How far it is.
        "status" status: TaskStatus,
        /// When it was made, as ISO 8601 has it.
        "createdAt" created_at: String,
        /// When it was last changed, as ISO 8601 has it.
        "lastUpdatedAt" last_updated_at: String,
        /// For how many milliseconds it is kept, from its beginning; `None`, written as `null`: without end.
        "ttlMs" ttl_ms: Option<u64>,
        ? /// What to say of it to people.
        "statusMessage" status_message: String,
        ? /// How many milliseconds to wait before looking again.
        "pollIntervalMs" poll_interval_ms: u64,
        ? /// The questions that are open, by keys the server chose; there if it is [`TaskStatus::InputRequired`].
        "inputRequests" input_requests: BTreeMap<String, InputRequest>,
        ? /// What the call is answered with; there if it is [`TaskStatus::Completed`].
        "result" result: Raw,
        ? /// Why not; there if it is [`TaskStatus::Failed`].
        "error" error: ErrorObject,
    }

    /// Looks at a task.
    pub struct GetTask {
        /// Which.
        "taskId" task_id: String,
    }

    /// Answers questions of a task: all that are open, or some.
    pub struct UpdateTask {
        /// Which.
        "taskId" task_id: String,
        /// The answers, by the keys of the questions.
        "inputResponses" input_responses: BTreeMap<String, Raw>,
    }

    /// Asks not to work on a task any more. The answer only says that this was heard.
    pub struct CancelTask {
        /// Which.
        "taskId" task_id: String,
    }
}

same_everywhere!(ErrorObject);

/// What `subscriptions/listen` can ask for, and be granted, beside what the protocol has: to be told of these tasks.
#[must_use]
pub fn with_tasks(mut changes: Changes, task_ids: &[String]) -> Changes {
    if let Ok(ids) = Raw::from_serialize(task_ids) {
        changes.extra.insert("taskIds".to_owned(), ids);
    }
    changes
}

/// The tasks that [`with_tasks`] named; none if there is anything else in their place.
#[must_use]
pub fn tasks_of(changes: &Changes) -> Vec<String> {
    changes.extra.get("taskIds").and_then(|ids| ids.parse().ok()).unwrap_or_default()
}

impl Method for GetTask {
    const FACTS: MethodFacts = model::GetTask::FACTS;
    type Result = Task;
}

impl Method for UpdateTask {
    const FACTS: MethodFacts = MethodFacts::to_server("tasks/update", SELF_DESCRIBING).about("taskId");
    type Result = EmptyResult;
}

impl Method for CancelTask {
    const FACTS: MethodFacts = model::CancelTask::FACTS;
    type Result = EmptyResult;
}

pub(crate) const CHANGED_FACTS: NotificationFacts = NotificationFacts::new(TASK_CHANGED, &[], SELF_DESCRIBING);
