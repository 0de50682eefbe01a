//! One monotonic clock for the whole process.
//!
//! The protocol core reads no clock: it is told the time as a [`Duration`] since some origin.
//! All connections of a process share this origin, so their times can be compared.

use mcp_proto::time::{Clock, Time};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

struct Origin {
    instant: Instant,
    unix: Duration,
}

fn origin() -> &'static Origin {
    static ORIGIN: OnceLock<Origin> = OnceLock::new();
    ORIGIN.get_or_init(|| Origin {
        instant: Instant::now(),
        // A clock set before 1970 is a wrong clock; zero is as good as any other answer then.
        unix: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
    })
}

/// Time since the origin, which is the first call of any function of this module.
///
/// Never goes backwards and does not follow changes of the wall clock.
#[must_use]
pub fn elapsed() -> Duration {
    origin().instant.elapsed()
}

/// The origin, for runtimes that have a clock of their own over the system's.
#[must_use]
pub fn origin_instant() -> Instant {
    origin().instant
}

/// The wall time of the origin, as time since the Unix epoch.
///
/// `origin_unix() + elapsed()` is a wall time for logs that never jumps.
#[must_use]
pub fn origin_unix() -> Duration {
    origin().unix
}

/// The time now, as the core counts it.
#[must_use]
pub fn now() -> Time {
    Time::from_elapsed(elapsed())
}

/// The process's clock, for the core.
#[must_use]
pub fn clock() -> Clock {
    Clock::new(origin_unix())
}
