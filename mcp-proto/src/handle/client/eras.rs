//! What is known of servers from earlier connections.

use crate::handle::sync::lock;
use crate::model::Era;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// Remembers which era each server belongs to, so that one of the older era is not probed again: a server that does
/// not answer what it does not know costs [`Timeouts::probe`](crate::limits::Timeouts::probe) each time. Cheap to
/// clone; given to clients by [`ClientBuilder::eras`](super::ClientBuilder::eras).
///
/// The era is a property of the server, not of a connection (2026-07-28, versioning). What turns out to be wrong is
/// corrected: the client of a server remembered as older probes if `initialize` is refused.
#[derive(Clone, Debug, Default)]
pub struct Eras(Arc<Mutex<BTreeMap<String, Era>>>);

impl Eras {
    /// Servers remembered at most; then an arbitrary one is forgotten for each that is new.
    pub const MOST: usize = 1024;

    /// Nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The era of a server: of a program with its arguments, of an address.
    #[must_use]
    pub fn get(&self, target: &str) -> Option<Era> {
        lock(&self.0).get(target).copied()
    }

    /// Remembers. Programs that start often can keep what [`get`](Self::get) says and begin with it.
    pub fn remember(&self, target: impl Into<String>, era: Era) {
        let mut known = lock(&self.0);
        known.insert(target.into(), era);
        if known.len() > Self::MOST {
            known.pop_first();
        }
    }

    /// Forgets a server, which is then probed anew.
    pub fn forget(&self, target: &str) {
        lock(&self.0).remove(target);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_and_forgets() {
        let eras = Eras::new();
        assert_eq!(eras.get("a"), None);
        eras.remember("a", Era::Legacy);
        let clone = eras.clone();
        clone.remember("a", Era::Modern);
        assert_eq!(eras.get("a"), Some(Era::Modern));
        eras.forget("a");
        assert_eq!(clone.get("a"), None);
        for number in 0..=Eras::MOST {
            eras.remember(format!("{number:05}"), Era::Legacy);
        }
        let count = lock(&eras.0).len();
        assert_eq!((count, eras.get("00000"), eras.get("01024")), (Eras::MOST, None, Some(Era::Legacy)));
    }
}
