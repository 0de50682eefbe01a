//! What a connection did so far, in plain numbers.
//!
//! The machines count where they know; nothing here is shared, and nothing is sent anywhere. A program that wants
//! rates or histograms takes snapshots and subtracts.

use crate::rpc::Kind;
use crate::time::Time;

/// A number of messages and their bytes, without line ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// How many.
    pub messages: u64,
    /// How long together, in bytes.
    pub bytes: u64,
}

impl Tally {
    /// So many messages, together so long.
    #[must_use]
    pub const fn new(messages: u64, bytes: u64) -> Self {
        Self { messages, bytes }
    }

    pub(crate) fn add(&mut self, bytes: u64) {
        self.messages += 1;
        self.bytes += bytes;
    }
}

/// Messages in one direction, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Requests.
    pub requests: Tally,
    /// Notifications.
    pub notifications: Tally,
    /// Answers to requests that succeeded.
    pub responses: Tally,
    /// Answers to requests that failed.
    pub errors: Tally,
    /// Batches. One counts as one, with all its bytes; what is within is not counted again.
    pub batches: Tally,
}

impl Traffic {
    /// All of them.
    #[must_use]
    pub fn total(&self) -> Tally {
        let kinds = [self.requests, self.notifications, self.responses, self.errors, self.batches];
        kinds
            .iter()
            .fold(Tally::default(), |sum, kind| Tally::new(sum.messages + kind.messages, sum.bytes + kind.bytes))
    }

    pub(crate) fn add(&mut self, kind: Kind, bytes: usize) {
        let tally = match kind {
            Kind::Request => &mut self.requests,
            Kind::Notification => &mut self.notifications,
            Kind::Response => &mut self.responses,
            Kind::Error => &mut self.errors,
            Kind::Batch => &mut self.batches,
        };
        tally.add(bytes as u64);
    }
}

/// Calls by how they ended: of a client the ones it made, of a server the ones it took in. What a server refuses
/// before it begins, and what the core answers by itself, is none.
///
/// `started` is the sum of the others and of the calls that are open ([`Levels::in_flight`], [`Levels::waiting`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Calls {
    /// Begun.
    pub started: u64,
    /// Ended with a result. On a server also a question to the client that ends the request (2026-07-28).
    pub completed: u64,
    /// Ended with an error, be it the connection's end.
    pub failed: u64,
    /// Ended by a deadline; on a server one for the answer to its question.
    pub timed_out: u64,
    /// Ended by the caller; on a server also by the connection's end.
    pub cancelled: u64,
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Completed,
    Failed,
    TimedOut,
    Cancelled,
}

impl Calls {
    pub(crate) fn ended(&mut self, how: End) {
        *match how {
            End::Completed => &mut self.completed,
            End::Failed => &mut self.failed,
            End::TimedOut => &mut self.timed_out,
            End::Cancelled => &mut self.cancelled,
        } += 1;
    }
}

/// How much there is of something at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Levels {
    /// Calls sent or taken in that have not ended.
    pub in_flight: usize,
    /// Calls of a client that wait for a place in flight, or for the connection to open.
    pub waiting: usize,
    /// Bytes to be written that are not out of our hands.
    pub queued_out: usize,
    /// Bytes read that are still needed: calls of a server that have not ended, and what is not looked at yet.
    pub retained_in: usize,
}

/// What a connection did so far, and how it stands. Numbers only grow, but for [`levels`](Self::levels).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Messages read.
    pub read: Traffic,
    /// Messages written: handed to the stream, in the order they were said.
    pub written: Traffic,
    /// Lines read that are no message.
    pub malformed: Tally,
    /// Lines read that were longer than `Limits::message`.
    pub oversize: Tally,
    /// Answers read to what was never asked, or without an id.
    pub unmatched: u64,
    /// Answers read to what had ended by then, by deadline, cancellation or an earlier answer.
    pub late: u64,
    /// Requests read whose id was in flight already.
    pub duplicate_ids: u64,
    /// Notifications read that nobody may take: those nobody listens to, and those about what is not open.
    pub notifications_dropped: u64,
    /// Notifications of a server's owner that were not written: too much was unsent already, or the peer may not get
    /// them. Progress and changes are not counted: later ones stand for them.
    pub notifications_withheld: u64,
    /// Streams that took the place of one that had ended.
    pub reconnects: u64,
    /// Calls.
    pub calls: Calls,
    /// How it stands now.
    pub levels: Levels,
}

/// The counters of one connection. What most connections never count is made room for when it first comes up: a
/// server has thousands of connections that are idle.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    read: [Tally; 3],
    written: [Tally; 3],
    /// Calls begun.
    pub started: u64,
    completed: u64,
    rare: Option<Box<Stats>>,
}

impl Counts {
    /// What hardly ever comes up. The rest is not counted there.
    pub(crate) fn rare(&mut self) -> &mut Stats {
        self.rare.get_or_insert_default()
    }

    pub(crate) fn read(&mut self, kind: Kind, bytes: usize) {
        match usual(kind).and_then(|at| self.read.get_mut(at)) {
            Some(tally) => tally.add(bytes as u64),
            None => self.rare().read.add(kind, bytes),
        }
    }

    pub(crate) fn written(&mut self, kind: Kind, bytes: usize) {
        match usual(kind).and_then(|at| self.written.get_mut(at)) {
            Some(tally) => tally.add(bytes as u64),
            None => self.rare().written.add(kind, bytes),
        }
    }

    pub(crate) fn ended(&mut self, how: End) {
        match how {
            End::Completed => self.completed += 1,
            how => self.rare().calls.ended(how),
        }
    }

    pub(crate) fn snapshot(&self, levels: Levels) -> Stats {
        let mut stats = self.rare.as_deref().copied().unwrap_or_default();
        for (traffic, usual) in [(&mut stats.read, self.read), (&mut stats.written, self.written)] {
            [traffic.requests, traffic.notifications, traffic.responses] = usual;
        }
        (stats.calls.started, stats.calls.completed, stats.levels) = (self.started, self.completed, levels);
        stats
    }
}

/// Where a kind is counted that comes up on most connections.
fn usual(kind: Kind) -> Option<usize> {
    match kind {
        Kind::Request => Some(0),
        Kind::Notification => Some(1),
        Kind::Response => Some(2),
        Kind::Error | Kind::Batch => None,
    }
}

/// The instants of one call of a client, of the connection's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// When it was begun.
    pub began: Time,
    /// When it was first put among the bytes to be written; `None` while it waits, or if it never was.
    pub sent: Option<Time>,
    /// When it ended; `None` while it has not.
    pub ended: Option<Time>,
}

impl Timing {
    /// Of a call that begins.
    pub(crate) const fn begin(now: Time) -> Self {
        Self { began: now, sent: None, ended: None }
    }
}
