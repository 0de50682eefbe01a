//! The wire tap: every whole frame as it is read and written, for those who look for faults.
//!
//! A machine hands frames out as [`Output::Frame`](crate::machine::Output::Frame) if its configuration has a
//! [`Tap`]; drivers give them to it. Without one nothing is kept and nothing copied.

use crate::time::Time;
use bytes::Bytes;
use std::fmt;
use std::sync::Arc;

/// Which way a frame went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the peer to us.
    Read,
    /// From us to the peer.
    Written,
}

/// One frame: a line without its end. What was read comes before anybody looks at it, so it may be anything.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// Which way it went.
    pub direction: Direction,
    /// When it was read whole, or said.
    pub time: Time,
    /// Its bytes, or what redaction put in their place. Of a line longer than `Limits::message` only the
    /// beginning, at most [`BEGINNING`] bytes. A slice of what was read: copy it to keep it long.
    pub bytes: Bytes,
    /// How many bytes it had on the wire.
    pub length: u64,
    /// Frames before this one that the sink was too slow for.
    pub missed: u64,
}

/// Bytes shown of a line that is too long.
pub const BEGINNING: usize = 1024;
/// Bytes of a frame in its `Debug`.
const EXCERPT: usize = 64;

impl Frame {
    pub(crate) fn new(direction: Direction, time: Time, bytes: Bytes) -> Self {
        let length = bytes.len() as u64;
        Self { direction, time, bytes, length, missed: 0 }
    }
}

/// Cut short.
impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let excerpt = self.bytes.get(..EXCERPT).unwrap_or(&self.bytes);
        f.debug_struct("Frame")
            .field("direction", &self.direction)
            .field("time", &self.time)
            .field("length", &self.length)
            .field("begins", &format_args!("\"{}\"", excerpt.escape_ascii()))
            .finish_non_exhaustive()
    }
}

type Sink = Arc<dyn Fn(&Frame) + Send + Sync>;
type Redact = Arc<dyn Fn(&Frame) -> Option<String> + Send + Sync>;

/// Where frames go. Cheap to clone; one may serve many connections.
///
/// ```
/// use mcp_proto::tap::Tap;
///
/// let tap = Tap::new(|frame| println!("{:?} {}", frame.direction, frame.bytes.escape_ascii()))
///     .redact(|frame| frame.bytes.windows(8).any(|w| w == b"password").then(|| "(secret)".to_owned()));
/// ```
#[derive(Clone)]
pub struct Tap {
    sink: Sink,
    redact: Option<Redact>,
}

impl Tap {
    /// Gives each frame to `sink`, in order and one at a time, by whichever thread reads or writes: it should
    /// return soon. One that panics is not called again on that connection, which goes on.
    pub fn new(sink: impl Fn(&Frame) + Send + Sync + 'static) -> Self {
        Self { sink: Arc::new(sink), redact: None }
    }

    /// Lets `redact` see each frame before the sink; what it returns takes the place of the frame's bytes. One
    /// that panics ends the tap as a sink does, and the sink never sees that frame.
    #[must_use]
    pub fn redact(mut self, redact: impl Fn(&Frame) -> Option<String> + Send + Sync + 'static) -> Self {
        self.redact = Some(Arc::new(redact));
        self
    }

    /// For drivers: redacts a frame and gives it to the sink. User code, so not to be called under a lock.
    pub fn show(&self, mut frame: Frame) {
        if let Some(text) = self.redact.as_ref().and_then(|redact| redact(&frame)) {
            frame.bytes = text.into();
        }
        (self.sink)(&frame);
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap").field("redacts", &self.redact.is_some()).finish_non_exhaustive()
    }
}
