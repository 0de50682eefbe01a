//! A span for each call and events for connections, with the feature `tracing`; without it, nothing at all.
//!
//! They say what happened and never with what: no payload, no parameters, no name of a tool. A subscriber is user
//! code, so nothing is told while a lock is held. What comes up under one waits in [`Notes`].

use super::client::Slot;
use crate::client::{CallId, Reply};
use crate::error::{CallError, Closed};
use crate::model::{Era, Revision};
use crate::rpc::Name;
use crate::server::{Answer, Request};
#[cfg(feature = "tracing")]
use on::{Note, Open, State};
#[cfg(feature = "tracing")]
use std::sync::{Arc, Mutex};

/// The span of a client's call. Cheap to clone; it closes with the last clone.
#[derive(Clone, Debug, Default)]
pub(super) struct CallSpan {
    #[cfg(feature = "tracing")]
    open: Option<Arc<Open>>,
}

/// The span of a run of a handler. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct RunSpan {
    #[cfg(feature = "tracing")]
    state: Arc<Mutex<State>>,
}

/// What is to be told once no lock is held.
#[derive(Debug, Default)]
pub(super) struct Notes {
    #[cfg(feature = "tracing")]
    notes: Vec<Note>,
}

#[cfg(not(feature = "tracing"))]
impl CallSpan {
    pub(super) fn of(_method: &Name) -> Self {
        Self {}
    }

    pub(super) fn begun(&self, _call: CallId, _slot: &Slot) {}
}

#[cfg(not(feature = "tracing"))]
impl RunSpan {
    pub(super) fn open(&self, _request: &Request) {}

    pub(super) fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        run()
    }

    pub(super) fn cancelled(&self) {}

    pub(super) fn ended(&self, _answer: &Answer) {}
}

#[cfg(not(feature = "tracing"))]
impl Notes {
    pub(super) fn is_empty(&self) -> bool {
        true
    }

    pub(super) fn add(&mut self, _more: Self) {}

    pub(super) fn tell(self) {}

    pub(super) fn opened(_revision: Revision) -> Self {
        Self {}
    }

    pub(super) fn closed(_side: &'static str, _why: &Closed) -> Self {
        Self {}
    }

    pub(super) fn ended(_span: CallSpan, _outcome: &Result<Reply, CallError>, _era: Option<Era>) -> Self {
        Self {}
    }
}

/// A server's connection begins.
#[cfg(not(feature = "tracing"))]
pub(super) fn serving() {}

#[cfg(feature = "tracing")]
pub(super) use on::serving;

#[cfg(feature = "tracing")]
mod on {
    use super::*;
    use crate::handle::sync::lock;
    use std::fmt;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tracing::Span;
    use tracing::field::{Empty, display};

    /// Bytes of a method's name.
    const METHOD: usize = 64;

    /// A client's span, and whether it has its outcome: the first one stands.
    #[derive(Debug)]
    pub(in super::super) struct Open {
        span: Span,
        told: AtomicBool,
    }

    /// A run's span while it runs.
    #[derive(Debug, Default)]
    pub(in super::super) struct State {
        span: Option<Arc<Span>>,
        told: bool,
    }

    #[derive(Debug)]
    pub(in super::super) enum Note {
        Opened(Revision),
        Closed(&'static str, &'static str),
        Ended(CallSpan, Outcome, Option<Era>),
    }

    #[derive(Clone, Copy, Debug)]
    pub(in super::super) enum Outcome {
        Ok,
        Asked,
        Error(i64),
        Cancelled,
        Deadline,
        Ended,
        Closed,
        Invalid,
        Refused,
    }

    impl fmt::Display for Outcome {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(match self {
                Self::Error(code) => return write!(f, "error {code}"),
                Self::Ok => "ok",
                Self::Asked => "asked",
                Self::Cancelled => "cancelled",
                Self::Deadline => "deadline",
                Self::Ended => "ended",
                Self::Closed => "closed",
                Self::Invalid => "invalid",
                Self::Refused => "refused",
            })
        }
    }

    impl Outcome {
        fn of(outcome: &Result<Reply, CallError>) -> Self {
            match outcome {
                Ok(_) => Self::Ok,
                Err(CallError::Peer(error) | CallError::Unanswered(error)) => Self::Error(error.code),
                Err(CallError::Cancelled) => Self::Cancelled,
                Err(CallError::Deadline(_)) => Self::Deadline,
                Err(CallError::Ended(_)) => Self::Ended,
                Err(CallError::Closed(_)) => Self::Closed,
                Err(CallError::Refused(_)) => Self::Refused,
                Err(CallError::Invalid(_) | CallError::Unreadable(_)) => Self::Invalid,
            }
        }
    }

    fn method(name: &Name) -> String {
        name.as_str().chars().take(METHOD).collect()
    }

    fn era(era: Era) -> &'static str {
        match era {
            Era::Legacy => "legacy",
            Era::Modern => "modern",
        }
    }

    impl CallSpan {
        pub(in super::super) fn of(name: &Name) -> Self {
            let method = method(name);
            let (id, era, outcome) = (Empty, Empty, Empty);
            let span = tracing::info_span!(target: "mcp", "mcp.call", side = "client", method, id, era, outcome);
            Self { open: Some(Arc::new(Open { span, told: AtomicBool::new(false) })) }
        }

        /// The call has its number. It may have ended already, if the connection had.
        pub(in super::super) fn begun(&self, call: CallId, slot: &Slot) {
            if let Some(open) = &self.open {
                open.span.record("id", display(call.0));
            }
            if slot.is_there()
                && let Some(outcome) = slot.peek(|ended| Outcome::of(&ended.outcome))
            {
                self.tell(outcome, None);
            }
        }

        fn tell(&self, outcome: Outcome, of: Option<Era>) {
            let Some(open) = &self.open else { return };
            if let Some(of) = of {
                open.span.record("era", era(of));
            }
            if !open.told.swap(true, Ordering::Relaxed) {
                open.span.record("outcome", display(outcome));
            }
        }
    }

    impl RunSpan {
        /// The run begins.
        pub(in super::super) fn open(&self, request: &Request) {
            let (method, era, outcome) = (method(&request.method), era(request.peer.era()), Empty);
            let id = display(request.call.0);
            let span = tracing::info_span!(target: "mcp", "mcp.call", side = "server", method, id, era, outcome);
            lock(&self.state).span = Some(Arc::new(span));
        }

        /// Does a part of the run.
        pub(in super::super) fn within<R>(&self, run: impl FnOnce() -> R) -> R {
            let span = lock(&self.state).span.clone();
            match span {
                Some(span) => span.in_scope(run),
                None => run(),
            }
        }

        /// Nobody waits for it any more; it may go on all the same.
        pub(in super::super) fn cancelled(&self) {
            let span = lock(&self.state).span.clone();
            self.tell(span, Outcome::Cancelled);
        }

        /// The run has ended, and its span with it.
        pub(in super::super) fn ended(&self, answer: &Answer) {
            let span = lock(&self.state).span.take();
            let outcome = match answer {
                Answer::Result { .. } | Answer::Extended { .. } | Answer::Verbatim(_) => Outcome::Ok,
                Answer::Error(error) => Outcome::Error(error.code),
                Answer::Ask(_) => Outcome::Asked,
            };
            self.tell(span, outcome);
        }

        fn tell(&self, span: Option<Arc<Span>>, outcome: Outcome) {
            if let Some(span) = span
                && !std::mem::replace(&mut lock(&self.state).told, true)
            {
                span.record("outcome", display(outcome));
            }
        }
    }

    impl Notes {
        pub(in super::super) fn is_empty(&self) -> bool {
            self.notes.is_empty()
        }

        pub(in super::super) fn add(&mut self, more: Self) {
            self.notes.extend(more.notes);
        }

        /// To be called when no lock is held.
        pub(in super::super) fn tell(self) {
            for note in self.notes {
                match note {
                    Note::Opened(revision) => {
                        tracing::debug!(target: "mcp", side = "client", revision = revision.as_str(), "connection open");
                    }
                    Note::Closed(side, why) => tracing::debug!(target: "mcp", side, why, "connection closed"),
                    Note::Ended(span, outcome, era) => span.tell(outcome, era),
                }
            }
        }

        pub(in super::super) fn opened(revision: Revision) -> Self {
            Self { notes: vec![Note::Opened(revision)] }
        }

        /// Only the kind of the reason: the rest may be what a process printed.
        pub(in super::super) fn closed(side: &'static str, why: &Closed) -> Self {
            let why = match why {
                Closed::ByUs => "by us",
                Closed::ByPeer(_) => "by peer",
                Closed::Early(_) => "early",
                Closed::Lost(_) => "lost",
                Closed::NotOpened(_) => "not opened",
            };
            Self { notes: vec![Note::Closed(side, why)] }
        }

        pub(in super::super) fn ended(span: CallSpan, outcome: &Result<Reply, CallError>, era: Option<Era>) -> Self {
            Self { notes: vec![Note::Ended(span, Outcome::of(outcome), era)] }
        }
    }

    /// A server's connection begins.
    pub(in super::super) fn serving() {
        tracing::debug!(target: "mcp", side = "server", "connection open");
    }
}
