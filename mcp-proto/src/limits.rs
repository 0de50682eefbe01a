//! Every bound of the core in two places, with its default and what happens at it.

use std::time::Duration;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// Bounds on memory and on work. `None` switches a bound off. No value makes a connection hang: what can't work is
/// raised to what can, or refused at once, as each of them says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest message, in bytes, either way. Default 16 MiB. A longer line is dropped as it comes and
    /// refused, with its id if one was seen; an own message over it is not sent and its call fails. A client whose
    /// first message is over it does not open. The short error that takes the place of a longer answer is sent
    /// however small it is; a notification of the owner that is over it is dropped.
    pub message: Option<usize>,
    /// Deepest nesting of arrays and objects in a message. Default 128. Deeper: a parse error. Less than 8 counts
    /// as 8: the protocol's own messages are that deep.
    pub nesting: usize,
    /// Outbound bytes over which a server stops reading, drops progress and log messages, and tells of changes later and
    /// once; and over which a client lets further calls wait. Default 1 MiB. Zero: it reads, or calls, only when
    /// everything is sent.
    pub outbound_high: usize,
    /// Outbound bytes at which a server reads again. Default 256 KiB. More than the high mark counts as that.
    pub outbound_low: usize,
    /// Inbound bytes retained for calls that have not ended. Default 64 MiB. Past it requests are refused, but
    /// never the only one of a server: waiting would not help it. A client's questions past it are. Zero: a client
    /// is asked nothing.
    pub inbound: Option<usize>,
    /// Calls in flight on one connection. Default 128; zero counts as one. A server refuses more; a client lets
    /// them wait.
    pub calls: usize,
    /// Calls of a client that wait for a place in flight, or for the connection to open. Default 1024. One more is
    /// refused. Zero: none waits, so none is taken before the connection is open.
    pub waiting: usize,
    /// Rounds of questions within one call. Default 16. One more fails the call. Zero: calls may not ask.
    pub rounds: usize,
    /// Subscriptions of a client that a server has open on one connection (2026-07-28, `subscriptions/listen`). They
    /// are no calls in flight. Default 64. One more is refused.
    pub subscriptions: usize,
    /// Resources a server's client is subscribed to on one connection, over all its subscriptions and those of its
    /// session. Default 1024. Whatever would make it more is refused. Their URIs count as inbound bytes retained.
    /// A client subscribes to no more in the older era; one that needs more there is refused.
    pub subscribed: usize,
}

impl Limits {
    /// The protocol's own messages are nested so deep.
    const LEAST_NESTING: usize = 8;

    /// What can't work raised to what can.
    pub(crate) fn legal(mut self) -> Self {
        self.calls = self.calls.max(1);
        self.nesting = self.nesting.max(Self::LEAST_NESTING);
        self.outbound_low = self.outbound_low.min(self.outbound_high);
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: Some(16 * MIB),
            nesting: 128,
            outbound_high: MIB,
            outbound_low: 256 * KIB,
            inbound: Some(64 * MIB),
            calls: 128,
            waiting: 1024,
            rounds: 16,
            subscriptions: 64,
            subscribed: 1024,
        }
    }
}

/// Bounds on waiting. `None` switches a bound off. Zero is a bound like any other: what is not there at once comes
/// too late.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// From sending a request to its answer. Default 60 s; each call can have its own.
    pub request: Option<Duration>,
    /// Whether progress starts the request's time anew. Default no.
    pub progress_extends: bool,
    /// The longest a call may take however much progress it makes. Default 10 min; only used when
    /// progress extends the deadline.
    pub request_total: Option<Duration>,
    /// From the start to a peer that is ready. Default 30 s: package launchers are slow the first time.
    pub open: Option<Duration>,
    /// How long the era probe may stay unanswered before the handshake of the older era is tried as well.
    /// Default 10 s.
    pub probe: Option<Duration>,
    /// How long an outbound backlog may not shrink. Default 60 s; then the connection is lost.
    pub write_stall: Option<Duration>,
    /// How long a server lets calls in flight end once its client has ended. Default 10 s.
    pub drain: Option<Duration>,
    /// How long answering a question of the server may take, while the time of the call it belongs to
    /// ([`request`](Self::request)) stands still; and how long the answer stays usable (wall time). Default 15 min.
    pub input: Option<Duration>,
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = |n| Some(Duration::from_secs(n));
        Self {
            request: seconds(60),
            progress_extends: false,
            request_total: seconds(600),
            open: seconds(30),
            probe: seconds(10),
            write_stall: seconds(60),
            drain: seconds(10),
            input: seconds(15 * 60),
        }
    }
}
