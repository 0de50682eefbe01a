//! Caching hints (2026-07-28, caching): how long a result may be kept, and for whom.

use super::word::words;

words! {
    /// Who may share a result that was kept. It is a hint for caches, not access control.
    pub enum CacheScope {
        /// Everybody.
        Public = "public",
        /// Only who asked, with the credentials that were used.
        Private = "private",
    }
}

/// How long a result may be kept, and for whom. Results of `server/discover`, of the lists and of `resources/read`
/// carry one since 2026-07-28. The default is not at all, and private.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheHint {
    /// For how many milliseconds from its arrival. 0: not at all.
    pub ttl_ms: u64,
    /// For whom.
    pub scope: CacheScope,
}

impl Default for CacheHint {
    fn default() -> Self {
        Self { ttl_ms: 0, scope: CacheScope::Private }
    }
}

impl CacheHint {
    /// Anybody may keep it for so many milliseconds.
    #[must_use]
    pub const fn public(ttl_ms: u64) -> Self {
        Self { ttl_ms, scope: CacheScope::Public }
    }

    /// Who asked may keep it for so many milliseconds.
    #[must_use]
    pub const fn private(ttl_ms: u64) -> Self {
        Self { ttl_ms, scope: CacheScope::Private }
    }
}

/// A result that carries caching hints since 2026-07-28.
pub trait Cacheable {
    /// What it says. Without hints, or with a negative time, it may not be kept; without a scope it is private.
    fn cache(&self) -> CacheHint;

    /// Says it.
    #[must_use]
    fn cached(self, hint: CacheHint) -> Self;
}

macro_rules! cacheable {
    ($($name:ty),* $(,)?) => { $(
        impl $crate::model::cache::Cacheable for $name {
            fn cache(&self) -> $crate::model::cache::CacheHint {
                let ttl_ms = self.ttl_ms.and_then(|ttl| u64::try_from(ttl).ok()).unwrap_or(0);
                let scope = self.cache_scope.clone().unwrap_or($crate::model::cache::CacheScope::Private);
                $crate::model::cache::CacheHint { ttl_ms, scope }
            }

            fn cached(mut self, hint: $crate::model::cache::CacheHint) -> Self {
                self.ttl_ms = Some(i64::try_from(hint.ttl_ms).unwrap_or(i64::MAX));
                self.cache_scope = Some(hint.scope);
                self
            }
        }
    )* };
}

pub(crate) use cacheable;
