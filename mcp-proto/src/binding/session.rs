//! What a binding needs of a session: messages in, messages and events out.

use super::outbox::Outbox;
use crate::error::Closed;
use crate::rpc::{Message, Refused};
use crate::stats::Levels;
use crate::time::Time;

/// One side of a conversation, whatever carries it. Implemented by [`client::Session`](crate::client::Session)
/// and [`server::Session`](crate::server::Session).
pub trait Session {
    /// What the owner may ask for.
    type Command;
    /// What the owner is told.
    type Event;

    /// A message of the peer; `size` is its length in bytes.
    fn message(&mut self, now: Time, message: Message, size: usize, out: &mut Outbox<Self::Event>);

    /// Something of the peer that is no message.
    fn refused(&mut self, now: Time, refused: Refused, out: &mut Outbox<Self::Event>);

    /// Whether the revision agreed on has arrays of messages. Where it has not, their elements are refused.
    fn has_batches(&self) -> bool;

    /// The outbound backlog was over the high mark, and has come down to the low one.
    fn relieved(&mut self, now: Time, out: &mut Outbox<Self::Event>);

    /// The owner wants something.
    fn command(&mut self, now: Time, command: Self::Command, out: &mut Outbox<Self::Event>);

    /// The time of [`poll_timeout`](Self::poll_timeout) has come.
    fn timeout(&mut self, now: Time, out: &mut Outbox<Self::Event>);

    /// When the session next wants to be woken.
    fn poll_timeout(&self) -> Option<Time>;

    /// The peer will say nothing more. A session that still owes answers closes later by itself.
    fn read_end(&mut self, now: Time, why: Option<String>, out: &mut Outbox<Self::Event>);

    /// Says how many calls are open, and what they retain.
    fn levels(&self) -> Levels;

    /// The connection is over: everything pending ends with the reason.
    fn closed(&mut self, why: &Closed, out: &mut Outbox<Self::Event>);

    /// Whether an outbound backlog over the high mark stops reading. A client never stops: an answer may be
    /// what its backlog waits for.
    const BACKLOG_STOPS_READING: bool;

    /// Whether the room for what it says is kept while it says nothing. A server has thousands of idle connections, a
    /// client one.
    const KEEPS_ROOM: bool;
}
