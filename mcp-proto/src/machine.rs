//! The three verbs every machine is driven by.

use crate::error::{Closed, Fault};
use crate::tap::Frame;
use crate::time::Time;
use bytes::Bytes;

/// What a stream binding is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input<C> {
    /// Bytes were read. Empty ones are ignored: the end is [`Input::ReadEnd`].
    Read(Bytes),
    /// The peer ended its output; with what is known of why, such as the exit status of a process and the end
    /// of its stderr.
    ReadEnd(Option<String>),
    /// So many of the bytes handed out by [`Output::Write`] are out of our hands.
    Written(usize),
    /// Nothing can be written any more. What the peer said before is still read, for a moment: its end often
    /// says why.
    WriteFailed(Fault),
    /// The way in between broke.
    Failed(Fault),
    /// The owner wants something.
    Command(C),
    /// The time of [`Machine::poll_timeout`] has come.
    Timeout,
}

/// What a stream binding wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Output<E> {
    /// Write these bytes, in this order. They count as unsent until [`Input::Written`] says otherwise.
    Write(Bytes),
    /// Nothing will be written any more: close our side once everything is written.
    Finish,
    /// The connection is over. Always the last output.
    Closed(Closed),
    /// Something the owner wants to know.
    Event(E),
    /// A frame for the tap, if the configuration has one: told before what comes of it.
    Frame(Frame),
}

/// A protocol machine over a byte stream: a client or a server on one connection.
///
/// It performs no I/O and reads no clock. Exactly one owner feeds and drains it: after an input,
/// [`poll_output`](Self::poll_output) is called until it returns `None`.
pub trait Machine {
    /// What the owner may ask for.
    type Command;
    /// What the owner is told.
    type Event;

    /// Takes one input. Never fails and never runs user code.
    fn handle_input(&mut self, now: Time, input: Input<Self::Command>);

    /// The next thing to do. Events come before bytes, so that what their handling adds is written together.
    fn poll_output(&mut self) -> Option<Output<Self::Event>>;

    /// As [`poll_output`](Self::poll_output), but nothing more is looked at of what was read. For those who write in
    /// the place of whoever reads: requests are taken in as the reader gets to them, so that a chunk full of quick ones
    /// is not a chunk full of calls in flight.
    fn poll_said(&mut self) -> Option<Output<Self::Event>>;

    /// Whether something that was read was not looked at and can be now, by [`poll_output`](Self::poll_output).
    fn has_unread(&self) -> bool;

    /// When [`Input::Timeout`] is due, if ever.
    fn poll_timeout(&self) -> Option<Time>;

    /// Whether the owner should read now. A server that cannot get its answers out does not.
    fn wants_read(&self) -> bool;
}
