//! Tasks as 2025-11-25 has them: a request whose answer can be fetched later.
//!
//! Whoever sends `tools/call`, `sampling/createMessage` or `elicitation/create` adds a `task` to it and gets a
//! [`CreateTaskResult`] at once. 2026-07-28 took them out and has an extension of the same name and other shapes:
//! [`extension::tasks`](super::extension::tasks).

use super::method::{Method, MethodFacts, NotificationFacts};
use super::object::object;
use super::page::paged;
use super::version::Revision::{self, V2025_11_25, V2026_07_28};
use super::word::words;
use crate::rpc::Raw;

/// Says that a task's status is another one (2025-11-25); its parameters are the [`Task`]. Nobody has to send it.
pub const TASK_STATUS: &str = "notifications/tasks/status";

object! {
    /// Asks for a task instead of an answer.
    pub struct TaskMetadata {
        ? /// For how many milliseconds the task is to be kept, from its beginning. The receiver may decide otherwise.
        "ttl" ttl: u64,
    }

    /// A request that is being worked on, or was.
    pub struct Task {
        /// Its id, made by whoever works on it.
        "taskId" task_id: String,
        /// How far it is.
        "status" status: TaskStatus,
        /// When it was made, as ISO 8601 has it.
        "createdAt" created_at: String,
        /// When it was last changed, as ISO 8601 has it.
        "lastUpdatedAt" last_updated_at: String,
        /// For how many milliseconds it is kept, from its beginning; `None`, written as `null`: without end.
        "ttl" ttl: Option<u64>,
        ? /// What to say of it to people, such as why it failed.
        "statusMessage" status_message: String,
        ? /// How many milliseconds to wait before asking again.
        "pollInterval" poll_interval: u64,
    }

    /// The answer to a request that asked for a task.
    pub struct CreateTaskResult {
        /// The task.
        "task" task: Task,
    }

    /// Asks how far a task is.
    pub struct GetTask {
        /// Which.
        "taskId" task_id: String,
    }

    /// Asks for the answer to the request the task was made for, and waits until there is one.
    pub struct GetTaskPayload {
        /// Which.
        "taskId" task_id: String,
    }

    /// Asks not to work on a task any more.
    pub struct CancelTask {
        /// Which.
        "taskId" task_id: String,
    }

    /// Asks for the tasks there are, a page at a time.
    pub struct ListTasks {
        ? /// Where the page begins: `next_cursor` of the page before. Absent: at the beginning.
        "cursor" cursor: String,
    }

    /// A page of tasks.
    pub struct ListTasksResult {
        /// The tasks.
        "tasks" tasks: Vec<Task>,
        ? /// Where the next page begins. Absent: this is the last.
        "nextCursor" next_cursor: String,
    }

    /// Names the task that a message belongs to. In `_meta`, as [`RELATED_TASK`](super::meta::RELATED_TASK).
    pub struct RelatedTask {
        /// Which.
        "taskId" task_id: String,
    }
}

words! {
    /// How far a task is. The words are the same in 2025-11-25 and in the extension of 2026-07-28.
    pub enum TaskStatus {
        /// It is being worked on. Every task begins so.
        Working = "working",
        /// It goes on when questions are answered.
        InputRequired = "input_required",
        /// It is done, and there is a result.
        Completed = "completed",
        /// It has failed. In 2025-11-25 also if a tool says so of itself.
        Failed = "failed",
        /// It was cancelled.
        Cancelled = "cancelled",
    }
}

impl TaskStatus {
    /// Whether it stays as it is.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

const BOTH_WAYS: &[Revision] = &[V2025_11_25];
/// The extension of 2026-07-28 has a request of this name, too, for servers.
const EXTENDED: &[Revision] = &[V2025_11_25, V2026_07_28];

impl Method for GetTask {
    const FACTS: MethodFacts = MethodFacts::to_server("tasks/get", EXTENDED).to_client(BOTH_WAYS).about("taskId");
    type Result = Task;
}

impl Method for GetTaskPayload {
    const FACTS: MethodFacts = MethodFacts::to_server("tasks/result", BOTH_WAYS).to_client(BOTH_WAYS);
    /// What the request would have been answered with.
    type Result = Raw;
}

impl Method for CancelTask {
    const FACTS: MethodFacts = MethodFacts::to_server("tasks/cancel", EXTENDED).to_client(BOTH_WAYS).about("taskId");
    type Result = Task;
}

impl Method for ListTasks {
    const FACTS: MethodFacts = MethodFacts::to_server("tasks/list", BOTH_WAYS).to_client(BOTH_WAYS).needs("tasks.list");
    type Result = ListTasksResult;
}

pub(super) const STATUS_FACTS: NotificationFacts = NotificationFacts::new(TASK_STATUS, BOTH_WAYS, BOTH_WAYS);

paged!(ListTasks => Task: tasks);
