//! What a revision lacks is not sent to a peer that speaks it.

use super::version::Revision;
use crate::rpc::{Id, Raw};
use std::collections::BTreeMap;

/// Leaves out what a revision does not have, here and in everything within. Members this library does not know are
/// left alone.
///
/// A content kind that the revision lacks becomes a text that says what it was.
pub trait Restrict {
    /// Leaves out what `revision` does not have.
    fn restrict(&mut self, revision: Revision);
}

/// Values that are the same in every revision.
macro_rules! same_everywhere {
    ($($name:ty),* $(,)?) => { $(
        impl $crate::model::restrict::Restrict for $name {
            fn restrict(&mut self, _: $crate::model::version::Revision) {}
        }
    )* };
}

pub(crate) use same_everywhere;

same_everywhere!(bool, u32, u64, i64, f64, String, Raw, Id);

impl<T: Restrict> Restrict for Option<T> {
    fn restrict(&mut self, revision: Revision) {
        if let Some(value) = self {
            value.restrict(revision);
        }
    }
}

impl<T: Restrict> Restrict for Box<T> {
    fn restrict(&mut self, revision: Revision) {
        self.as_mut().restrict(revision);
    }
}

impl<T: Restrict> Restrict for Vec<T> {
    fn restrict(&mut self, revision: Revision) {
        self.iter_mut().for_each(|value| value.restrict(revision));
    }
}

impl<T: Restrict> Restrict for BTreeMap<String, T> {
    fn restrict(&mut self, revision: Revision) {
        self.values_mut().for_each(|value| value.restrict(revision));
    }
}
