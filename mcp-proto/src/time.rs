//! The core's own time: it reads no clock, so every instant is handed in.

use std::time::Duration;

/// An instant: nanoseconds since the origin of the [`Clock`] that made it.
///
/// The standard library's `Instant` can be neither made on every target nor written down, and a
/// recorded session needs both. Times of two clocks do not compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The origin of the clock.
    pub const ORIGIN: Self = Self(0);

    /// The instant `nanos` nanoseconds after the origin.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the origin.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant `elapsed` after the origin; at the far end of time (584 years) it stays there.
    #[must_use]
    pub fn from_elapsed(elapsed: Duration) -> Self {
        Self(u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// This instant moved on by `by`, at most to the far end of time.
    #[must_use]
    pub fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(Self::from_elapsed(by).0))
    }
}

/// Where [`Time`] begins, and what the wall clock said there.
///
/// An adapter makes one per process; a test makes one at zero. The wall time is the only source for
/// stamps and expiries that leave the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Wall time of [`Time::ORIGIN`], as the time since the Unix epoch.
    pub origin: Duration,
}

impl Clock {
    /// A clock whose origin was `origin` after the Unix epoch.
    #[must_use]
    pub const fn new(origin: Duration) -> Self {
        Self { origin }
    }

    /// Wall time at `at`, as the time since the Unix epoch.
    #[must_use]
    pub fn wall(self, at: Time) -> Duration {
        self.origin.saturating_add(Duration::from_nanos(at.as_nanos()))
    }
}
