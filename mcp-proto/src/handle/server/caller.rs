//! Who is at the other end, as the program that serves knows it.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Who is at the other end of a connection, as the program that serves knows it. What the client says of itself is
/// [`Cx::client`](super::Cx::client), and proves nothing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Caller {
    /// Whom the program has authenticated, by a name that is nobody else's. A question asked of one caller is not
    /// answered by another (2026-07-28, `requestState`). Default: nobody.
    pub principal: Option<Arc<str>>,
    /// What the program wants its handlers to find: addresses, claims, connections.
    pub extensions: Extensions,
}

impl Caller {
    /// Somebody of whom nothing is known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Who it is.
    #[must_use]
    pub fn principal(mut self, principal: impl Into<Arc<str>>) -> Self {
        self.principal = Some(principal.into());
        self
    }

    /// Something for handlers to find by its type: [`Cx::extension`](super::Cx::extension).
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }
}

/// Values of any types, one of each.
#[derive(Clone, Default)]
pub struct Extensions(BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl Extensions {
    /// Puts a value in the place of another of its type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of that type.
    #[must_use]
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>()).and_then(|value| value.downcast_ref())
    }
}

/// Says how many there are: what they are may be secret.
impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extensions").field("count", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_each_type() {
        let caller = Caller::new().principal("ann").extension(1u8).extension("text").extension(2u8);
        let found = (caller.extensions.get::<u8>(), caller.extensions.get::<&str>(), caller.extensions.get::<u16>());
        assert_eq!(found, (Some(&2), Some(&"text"), None));
        let shown = r#"Caller { principal: Some("ann"), extensions: Extensions { count: 2 } }"#;
        assert_eq!(format!("{caller:?}"), shown);
    }
}
