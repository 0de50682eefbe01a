//! What a server's owner asks for and is told.

use super::call::{Answer, CallId, Request};
use crate::model::{Change, Level};
use crate::rpc::{Name, Object, Raw, Refused};
use std::sync::Arc;
use std::time::Duration;

/// What a server's owner may ask for.
#[derive(Debug)]
#[non_exhaustive]
pub enum Command {
    /// Answers a call. Nothing happens if it was cancelled meanwhile.
    Respond {
        /// Which.
        call: CallId,
        /// How.
        answer: Answer,
    },
    /// Reports progress of a call, if its client asked for it. Values that do not grow are dropped, and all while
    /// the backlog is over its high mark: a client that reads too slowly gets the later ones.
    Progress {
        /// Which.
        call: CallId,
        /// How far.
        progress: f64,
        /// How far at the end.
        total: Option<f64>,
        /// For people.
        message: Option<String>,
    },
    /// Tells of a change, everybody who wants to know: each subscription that asked for it (2026-07-28), and the
    /// session of the older era, of lists if the capabilities say so and of resources it is subscribed to. While the
    /// backlog is over its high mark, a change that comes again before it was told is told once.
    Announce(Change),
    /// Logs, of a call or of none. Only who asked for it hears of it, and only if the server offers `logging`:
    ///
    /// - since 2026-07-28 a request that named a level, and that has not ended (logging: MUST NOT without one);
    /// - before, a session: from the level on that its client has set (`logging/setLevel`), or from
    ///   [`Level::Info`] on if it has set none.
    ///
    /// Dropped, but counted ([`Stats::notifications_withheld`](crate::stats::Stats::notifications_withheld)), while
    /// the backlog is over its high mark.
    Log {
        /// Of which.
        call: Option<CallId>,
        /// How bad it is.
        level: Level,
        /// Which part of the server says it.
        logger: Option<String>,
        /// What there is to say: a text, or any other value. No secrets, nothing personal.
        data: Raw,
    },
    /// Sends a notification that belongs to a call, or to none. Not sent, but counted
    /// ([`Stats::notifications_withheld`](crate::stats::Stats::notifications_withheld)), is
    ///
    /// - whatever the call's revision, or the session's, does not have; unknown names are had by all;
    /// - since 2026-07-28 what belongs to no call, and changes that belong to no `subscriptions/listen`;
    /// - what has rules of its own: `notifications/cancelled`, and log messages;
    /// - all while the backlog is over its high mark, but for the acknowledgement of a subscription.
    Notify {
        /// To what it belongs. For a `subscriptions/listen` it is tagged with that subscription.
        call: Option<CallId>,
        /// Its name.
        method: Name,
        /// Its parameters, an object.
        params: Option<Raw>,
    },
    /// Takes no more requests; ends subscriptions; closes when every call in flight has ended, at the latest after
    /// `within`.
    Drain {
        /// How long calls in flight may still take.
        within: Duration,
    },
    /// Ends subscriptions, fails what is in flight, writes what was said, closes.
    Close,
}

/// What a server's owner is told.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    /// To be answered by [`Command::Respond`]. The same call comes again when its questions are answered.
    Request(Arc<Request>),
    /// Its client no longer wants it, or the connection is over. No answer will be sent.
    Cancelled {
        /// Which.
        call: CallId,
    },
    /// A notification the core has no use for.
    Notification {
        /// Its name.
        method: Name,
        /// Its parameters.
        params: Object,
    },
    /// The peer sent something that is no message; if it could be answered, it was.
    Violation(Refused),
}
