//! Extensions (2026-07-28): what both sides can do beyond the protocol.

use super::object::Extra;
use super::restrict::same_everywhere;
use crate::rpc::Raw;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub mod tasks;

/// The extensions one side has, by their names, each with its settings. One is in use when both sides have it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Extensions(Extra);

impl Extensions {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// And this one, with its settings: an object. Its name has a prefix, as in `com.example/thing`, by the rules for
    /// keys of `_meta`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, settings: Raw) -> Self {
        self.0.insert(name.into(), settings);
        self
    }

    /// Whether it is among them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.settings(name).is_some()
    }

    /// Its settings, if it is among them. What has no object for settings is not.
    #[must_use]
    pub fn settings(&self, name: &str) -> Option<&Raw> {
        self.0.get(name).filter(|settings| settings.is_object())
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Raw)> {
        self.0.iter().map(|(name, settings)| (name.as_str(), settings))
    }
}

impl Serialize for Extensions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Extensions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Extra::deserialize(deserializer).map(Self)
    }
}

same_everywhere!(Extensions);
