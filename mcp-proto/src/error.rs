//! Errors that say who is at fault: us, the peer, or the way in between.

use crate::model::Revision;
use crate::rpc::{ErrorObject, Violation};
use std::time::Duration;
use thiserror::Error;

/// The way in between failed. Adapters translate the errors of their runtime into it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Fault {
    /// The stream was cut: reset, broken pipe, or the like.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// It asked, and asked again, and took none of the answers.
    #[error("the peer asks without reading the answers; {0} bytes of them wait")]
    Flooded(usize),
    /// A backlog did not shrink for the time of `Timeouts::write_stall`.
    #[error("the peer took no bytes for {0:?}")]
    WriteStalled(Duration),
}

/// Why a connection is over. Every call that was pending gets a copy.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Closed {
    /// We closed it.
    #[error("closed by us")]
    ByUs,
    /// The peer ended its output; with what the adapter knows of why.
    #[error("closed by the peer{}", why(.0.as_deref()))]
    ByPeer(Option<String>),
    /// The peer ended before it said anything; with the exit status and the end of stderr of a process.
    #[error("the peer ended before it said anything{}", why(.0.as_deref()))]
    Early(Option<String>),
    /// The way in between failed.
    #[error(transparent)]
    Lost(#[from] Fault),
    /// The connection did not open.
    #[error(transparent)]
    NotOpened(#[from] OpenError),
}

/// Why a connection did not open.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// No peer was ready in the time of `Timeouts::open`.
    #[error("the server was not ready within {0:?}; raise `Timeouts::open` if it starts slowly")]
    Deadline(Duration),
    /// Ours: the first message was not sent, since it is longer than `Limits::message`.
    #[error("the connection could not be opened: {0}")]
    Unsent(RefusedCall),
    /// No common revision.
    #[error("no common protocol revision: the server offers {}, we speak {}", list(.offered), names(.spoken))]
    Version {
        /// What the server named.
        offered: Vec<String>,
        /// What we speak.
        spoken: Vec<Revision>,
    },
    /// The server refused the handshake.
    #[error("the server refused to open: {0}")]
    Refused(ErrorObject),
    /// The server's answer to the handshake is not one.
    #[error("the server's answer to `{method}` is invalid: {why}")]
    Invalid {
        /// The request it answered.
        method: &'static str,
        /// What is wrong with it.
        why: String,
    },
}

fn why(text: Option<&str>) -> String {
    text.map(|text| format!(": {text}")).unwrap_or_default()
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn names(revisions: &[Revision]) -> String {
    list(&revisions.iter().map(|r| r.as_str().to_owned()).collect::<Vec<_>>())
}

/// How a call ended if not with a result.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CallError {
    /// The peer answered with an error.
    #[error("{0}")]
    Peer(ErrorObject),
    /// Theirs: the peer's answer breaks the protocol.
    #[error("the peer's answer is invalid: {0}")]
    Invalid(String),
    /// Theirs: what came could not be read as a message, but named this call.
    #[error("the peer's answer could not be read: {0}")]
    Unreadable(Violation),
    /// A question of the server within this call was not answered, so it was not sent again.
    #[error("a question of the server was not answered: {0}")]
    Unanswered(ErrorObject),
    /// The server ended the subscription before its time; subscribe anew if it is still wanted.
    #[error("the server ended the subscription{}", why(.0.as_deref()))]
    Ended(Option<String>),
    /// The time of the call ran out.
    #[error("no answer within {0:?}")]
    Deadline(Duration),
    /// The caller cancelled it, or dropped it.
    #[error("cancelled")]
    Cancelled,
    /// The connection ended first.
    #[error("{0}")]
    Closed(#[from] Closed),
    /// Ours: refused before anything was sent.
    #[error(transparent)]
    Refused(#[from] RefusedCall),
}

/// Why a call was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RefusedCall {
    /// As many calls wait as `Limits::waiting` allows.
    #[error("{0} calls are waiting already; wait for some to end, or raise `Limits::waiting`")]
    TooMany(usize),
    /// In the older era every resource is subscribed to by itself, and there are as many of them as there may be.
    #[error("a connection can't listen to more than {0} resources; end a subscription, or raise `Limits::subscribed`")]
    TooManyResources(usize),
    /// The message would be longer than `Limits::message`.
    #[error("the message would have {length} bytes, over the limit of {limit} (`Limits::message`)")]
    TooLong {
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The peer's revision has no such method.
    #[error("revision {revision} has no method `{method}`")]
    NoSuchMethod {
        /// The method asked for.
        method: String,
        /// The revision spoken with this peer.
        revision: Revision,
    },
    /// The server does not offer what the method needs. [`Prepared::unchecked`](crate::handle::client::Prepared)
    /// sends it all the same.
    #[error("`{method}` needs the capability `{capability}`, which the server{server} does not offer")]
    NotOffered {
        /// The method asked for.
        method: &'static str,
        /// What it needs, members separated by dots.
        capability: &'static str,
        /// Name and version of the server in parentheses, if it said them.
        server: String,
    },
    /// A key of `_meta` breaks its grammar (since 2025-06-18, `_meta`).
    #[error(
        "`{0}` is no key for `_meta`: a name of letters, digits, `-`, `_` and `.`, with a prefix like `com.example/`"
    )]
    MetaKey(String),
    /// The parameters can't be written as JSON.
    #[error("the parameters are not a JSON object: {0}")]
    Params(String),
    /// Waiting here would wait for ever: this thread is the one that reads.
    #[error("this thread drives the connection and can't wait for it; wait on another, or await")]
    OwnThread,
}
