//! Calls that may be answered by a task.

use super::call::FromReply;
use crate::client::{Reply, ResultKind};
use crate::error::CallError;
use crate::model::extension::tasks;
use crate::model::{CreateTaskResult, Task};

/// What a call may come to that takes a task instead of an answer; see [`Prepared::or_task`](super::Prepared::or_task).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome<R> {
    /// The answer.
    Done(R),
    /// A task of 2025-11-25, to be looked at with [`GetTask`](crate::model::GetTask) and fetched with
    /// [`GetTaskPayload`](crate::model::GetTaskPayload).
    Task(Task),
    /// A task of the extension (2026-07-28), to be looked at with [`tasks::GetTask`].
    ExtensionTask(tasks::Task),
    /// A result of another type, of an extension.
    Other(Reply),
}

impl<R> Outcome<R> {
    /// The task's id, if it is one.
    #[must_use]
    pub fn task_id(&self) -> Option<&str> {
        match self {
            Self::Task(task) => Some(&task.task_id),
            Self::ExtensionTask(task) => Some(&task.task_id),
            Self::Done(_) | Self::Other(_) => None,
        }
    }
}

impl<R: FromReply> FromReply for Outcome<R> {
    fn from_reply(reply: Reply) -> Result<Self, CallError> {
        match &reply.kind {
            ResultKind::Other(name) if **name == *tasks::TASK => {
                reply.result.raw().parse().map(Self::ExtensionTask).map_err(|e| CallError::Invalid(e.to_string()))
            }
            ResultKind::Other(_) => Ok(Self::Other(reply)),
            // The answer of a tool has content, and what makes a task does not.
            ResultKind::Complete if reply.result.get("content").is_none() && reply.result.get("task").is_some() => {
                let created = reply.result.raw().parse::<CreateTaskResult>();
                created.map(|created| Self::Task(created.task)).map_err(|e| CallError::Invalid(e.to_string()))
            }
            ResultKind::Complete | ResultKind::InputRequired => R::from_reply(reply).map(Self::Done),
        }
    }
}
