//! What a client's owner says, and is told.

use super::call::{AskId, CallId, CallRequest, Reply};
use super::open::ServerInfo;
use crate::error::{CallError, Closed, Fault};
use crate::model::{Level, Progress};
use crate::rpc::{ErrorObject, Name, Object, Raw, Refused};
use crate::stats::Timing;
use std::sync::Arc;

/// What a client's owner may ask for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Command {
    /// Begins a call. It waits while the connection opens, and while too many are in flight.
    Call {
        /// Its name, new on this connection.
        call: CallId,
        /// What to call.
        request: CallRequest,
    },
    /// Ends a call as cancelled and tells the server. Nothing happens if it has ended.
    Cancel {
        /// Which.
        call: CallId,
        /// Why, for people.
        reason: Option<String>,
    },
    /// Answers a question. An error ends the call that led to it (2026-07-28) or goes to the server (before).
    Answer {
        /// Which.
        ask: AskId,
        /// How.
        answer: Result<Raw, ErrorObject>,
    },
    /// Sends a notification, once the server is known. One that the revision does not have is not sent; nor is one
    /// more than [`Limits::waiting`](crate::limits::Limits::waiting) while the connection opens.
    Notify {
        /// Its name.
        method: Name,
        /// Its parameters, an object.
        params: Option<Raw>,
    },
    /// From here on log messages of this level and worse are wanted, as
    /// [`Config::log_level`](super::Config::log_level) says it.
    SetLogLevel(Option<Level>),
    /// The stream was replaced by a fresh one, as [`Event::Reopen`] asked for; or could not be.
    Reopened(Result<(), Fault>),
    /// Fails what is pending, writes what was said, closes.
    Close,
}

/// What a client's owner is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// The server is known; calls go out.
    Ready(Arc<ServerInfo>),
    /// A call has ended. Every call ends exactly once.
    Ended {
        /// Which.
        call: CallId,
        /// How.
        outcome: Result<Reply, CallError>,
        /// When.
        timing: Timing,
    },
    /// How far a call has come.
    Progress {
        /// Which.
        call: CallId,
        /// How far.
        progress: Progress,
    },
    /// Something of a subscription: first what the server accepted of it, then the changes.
    Update {
        /// The call that subscribed.
        call: CallId,
        /// The notification's name.
        method: Name,
        /// Its parameters.
        params: Object,
    },
    /// The server ended. To be replaced by a fresh one, whose stream takes the place of this one, and then
    /// [`Command::Reopened`]: nothing is read or written before that. Only with
    /// [`Config::reopens`](super::Config::reopens).
    Reopen {
        /// Why the old one is gone.
        why: Closed,
    },
    /// The server asks something. To be answered by [`Command::Answer`].
    Ask {
        /// By what it is answered.
        ask: AskId,
        /// The call it belongs to, where that is known.
        call: Option<CallId>,
        /// What is asked for.
        method: Name,
        /// Its parameters, an object.
        params: Raw,
    },
    /// A question needs no answer any more.
    Withdrawn {
        /// Which.
        ask: AskId,
    },
    /// A notification the core has no use for.
    Notification {
        /// Its name.
        method: Name,
        /// Its parameters.
        params: Object,
    },
    /// The server sent something that is no message. Never answered.
    Violation(Refused),
}
