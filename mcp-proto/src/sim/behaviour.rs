//! How a stream treats what it carries.

use super::chance::Chance;
use crate::time::Time;
use std::time::Duration;

/// How one direction of a stream treats what it carries.
///
/// What is left to chance is decided by the seed of the [`World`](super::World): the same seed cuts at the same
/// places. Bytes arrive in order, whatever happens to them.
///
/// ```
/// use mcp_proto::sim::{Behaviour, Cut, Point, Stall};
/// use std::time::Duration;
///
/// // Far away and narrow, and after a second and a half nothing passes for a minute.
/// let behaviour = Behaviour {
///     cut: Cut::Random,
///     delay: Duration::from_millis(80),
///     jitter: Duration::from_millis(20),
///     bytes_per_second: Some(2_000),
///     stall: Some(Stall { from: Point::after(Duration::from_millis(1500)), lasts: Some(Duration::from_secs(60)) }),
///     ..Behaviour::default()
/// };
/// # let _ = behaviour;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behaviour {
    /// What one read brings. Default: what one write brought.
    pub cut: Cut,
    /// Bytes wait until everybody has come to rest, and arrive together. Default no.
    pub glue: bool,
    /// How long bytes are on their way, at least. Default: no time.
    pub delay: Duration,
    /// How much longer what one write brought may be on its way. Default: not at all.
    pub jitter: Duration,
    /// How many bytes pass in a second. `None`, the default: any number.
    pub bytes_per_second: Option<u64>,
    /// Bytes written and not yet read, at most. Writes beyond it wait. Default 64 KiB; zero counts as one.
    pub capacity: usize,
    /// Takes nothing for a while, as if the reader were busy: writes wait. What was taken before arrives.
    pub stall: Option<Stall>,
    /// From here on the stream is reset, in *both* directions: what was taken before still arrives, then both ends
    /// are told that the stream broke.
    pub reset: Option<Point>,
    /// From here on this direction is dead and nobody is told: what is written is taken and never arrives, the
    /// end of the stream neither. The other direction goes on (a half-open connection).
    pub silence: Option<Point>,
}

/// What one read brings of what is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// What one write brought.
    #[default]
    Whole,
    /// One byte.
    EachByte,
    /// Some of it; the seed of the world decides how much.
    Random,
}

/// Where in the life of one direction something begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// When it has taken so many bytes.
    Byte(u64),
    /// At that time of the world.
    Time(Time),
}

impl Point {
    /// So long after the world began.
    #[must_use]
    pub fn after(elapsed: Duration) -> Self {
        Self::Time(Time::from_elapsed(elapsed))
    }
}

/// A direction that takes nothing for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// When it begins. At a byte: with the first write beyond it.
    pub from: Point,
    /// How long it lasts. `None`: for ever.
    pub lasts: Option<Duration>,
}

impl Default for Behaviour {
    /// Whole, at once, with room for 64 KiB, and nothing ever happens to it.
    fn default() -> Self {
        Self {
            cut: Cut::Whole,
            glue: false,
            delay: Duration::ZERO,
            jitter: Duration::ZERO,
            bytes_per_second: None,
            capacity: 64 * 1024,
            stall: None,
            reset: None,
            silence: None,
        }
    }
}

impl Behaviour {
    /// Some way to carry bytes that loses none: the seed decides how they are cut, glued, held up and slowed down.
    /// Whatever works on the default should work on all of these, only later: within a minute for some 100 KiB.
    ///
    /// ```
    /// use mcp_proto::sim::{Behaviour, World, seeds};
    ///
    /// seeds(0..20, |seed| {
    ///     let world = World::new(seed);
    ///     let (near, far) = world.link(Behaviour::from_seed(seed));
    ///     let (mut near, mut far) = (near.into_peer(), far.into_peer());
    ///     world.spawn(async move { near.send_line("hello").await });
    ///     assert_eq!(world.run(far.line()), Ok(Some("hello".to_owned())));
    /// });
    /// ```
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let mut one_of = |count| chance.below(count);
        let millis = |n| Duration::from_millis(u64::try_from(n).unwrap_or_default());
        Self {
            cut: match one_of(4) {
                0 => Cut::EachByte,
                1 | 2 => Cut::Random,
                _ => Cut::Whole,
            },
            glue: one_of(3) == 0,
            delay: if one_of(2) == 0 { Duration::ZERO } else { millis(one_of(200)) },
            jitter: if one_of(2) == 0 { Duration::ZERO } else { millis(one_of(100)) },
            bytes_per_second: (one_of(3) == 0).then(|| 10_000 + one_of(100_000) as u64),
            capacity: if one_of(2) == 0 { 64 * 1024 } else { 256 + one_of(4096) },
            stall: (one_of(4) == 0)
                .then(|| Stall { from: Point::Byte(one_of(2_000) as u64), lasts: Some(millis(one_of(1_000))) }),
            ..Self::default()
        }
    }
}
