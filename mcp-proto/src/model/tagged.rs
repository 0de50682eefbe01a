//! Objects whose kind is told by one of their members, wherever it stands among them.

use super::object::{Extra, Word};
use crate::rpc::Raw;
use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, StrDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// The members of an object whose kind is not known yet, in order.
#[derive(Debug)]
pub(crate) struct Members<'de>(Vec<(Cow<'de, str>, Held<'de>)>);

#[derive(Debug)]
enum Held<'de> {
    /// A word that may be what decides.
    Word(Cow<'de, str>),
    /// What may be long, and so is not read twice.
    Text(String),
    Raw(Raw),
}

/// Members that tell kinds apart.
const WORDS: [&str; 2] = ["type", "mode"];
/// Members that hold long strings.
const LONG: [&str; 3] = ["text", "data", "blob"];

impl<'de> Members<'de> {
    /// One member, whose value is a word.
    pub(crate) fn begin(name: &'static str, word: Cow<'de, str>) -> Self {
        Self(vec![(Cow::Borrowed(name), Held::Word(word))])
    }

    /// One member, whose value is still to be read, and those that follow it.
    pub(crate) fn from_key<A: MapAccess<'de>>(key: Cow<'de, str>, mut map: A) -> Result<Self, A::Error> {
        let value = Held::of(&key, &mut map)?;
        Self(vec![(key, value)]).and(map)
    }

    /// And those that follow.
    pub(crate) fn and<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(Word(key)) = map.next_key()? {
            let value = Held::of(&key, &mut map)?;
            self.0.push((key, value));
        }
        Ok(self)
    }
}

impl<'de> Held<'de> {
    fn of<A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error> {
        if WORDS.contains(&key) {
            return Ok(Self::Word(map.next_value::<Word<'de>>()?.0));
        }
        if !LONG.contains(&key) {
            return map.next_value().map(Self::Raw);
        }
        match map.next_value()? {
            Value::String(text) => Ok(Self::Text(text)),
            other => Raw::from_serialize(&other).map(Self::Raw).map_err(A::Error::custom),
        }
    }
}

impl Members<'_> {
    /// Whether there is such a member.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// What `type` or `mode` says.
    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(key, value)| match value {
            Held::Word(word) if key == name => Some(word.as_ref()),
            _ => None,
        })
    }

    /// They are those of a `T`.
    pub(crate) fn read<T: DeserializeOwned, E: Error>(mut self) -> Result<T, E> {
        let access = Access { members: self.0.iter_mut(), value: None };
        T::deserialize(MapAccessDeserializer::new(access)).map_err(E::custom)
    }

    /// They are those of something unknown.
    pub(crate) fn keep<E: Error>(self) -> Result<Extra, E> {
        let raw = |value| match value {
            Held::Word(word) => Raw::from_serialize(&word),
            Held::Text(text) => Raw::from_serialize(&text),
            Held::Raw(raw) => Ok(raw),
        };
        let kept = self.0.into_iter().map(|(key, value)| Ok((key.into_owned(), raw(value)?)));
        kept.collect::<Result<_, serde_json::Error>>().map_err(E::custom)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members<'de>, A::Error> {
                Members(Vec::new()).and(map)
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// Members that were collected, as they are read.
struct Access<'m, 'de> {
    members: std::slice::IterMut<'m, (Cow<'de, str>, Held<'de>)>,
    value: Option<&'m mut Held<'de>>,
}

impl<'m> MapAccess<'m> for Access<'m, '_> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'m>>(&mut self, seed: K) -> Result<Option<K::Value>, Self::Error> {
        let Some((key, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'m>>(&mut self, seed: V) -> Result<V::Value, Self::Error> {
        match self.value.take() {
            Some(value) => seed.deserialize(value),
            None => Err(Self::Error::custom("a value without its key")),
        }
    }
}

impl<'de> Deserializer<'de> for &'de mut Held<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Held::Word(word) => visitor.visit_borrowed_str(word),
            Held::Text(text) => visitor.visit_string(std::mem::take(text)),
            Held::Raw(raw) => serde_json::Deserializer::from_str(raw.as_str()).deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self {
            Held::Raw(raw) => serde_json::Deserializer::from_str(raw.as_str()).deserialize_option(visitor),
            text => visitor.visit_some(text),
        }
    }

    /// The way `Raw` reads itself.
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Held::Word(word) => *self = Held::Raw(Raw::from_serialize(word)?),
            Held::Text(text) => *self = Held::Raw(Raw::from_serialize(text)?),
            Held::Raw(_) => {}
        }
        let text = if let Held::Raw(raw) = self { raw.as_str() } else { "" };
        serde_json::Deserializer::from_str(text).deserialize_newtype_struct(name, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self {
            Held::Word(word) => StrDeserializer::new(word).deserialize_enum(name, variants, visitor),
            Held::Text(text) => StrDeserializer::new(text).deserialize_enum(name, variants, visitor),
            Held::Raw(raw) => {
                serde_json::Deserializer::from_str(raw.as_str()).deserialize_enum(name, variants, visitor)
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct identifier ignored_any
    }
}

/// Declares enums of objects that say by one member which of them they are. What nobody knew when this was written
/// is kept as it came. Kinds that are large and rare are in a box, and made `from` what is in it.
macro_rules! tagged {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident by $tag:literal {
            $( $(#[$kind_meta:meta])* $variant:ident($kind:ty) $(from $inner:ty)? = $word:literal, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$kind_meta])* $variant($kind), )*
            #[doc = concat!("A kind this version of the library does not know: its members as they came, `", $tag, "` among them.")]
            Other($crate::model::object::Extra),
        }

        $(
            impl From<$kind> for $name {
                fn from(kind: $kind) -> Self {
                    Self::$variant(kind)
                }
            }

            $( impl From<$inner> for $name {
                fn from(kind: $inner) -> Self {
                    Self::$variant(kind.into())
                }
            } )?
        )*

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(kind) => kind.serialize(serializer), )*
                    Self::Other(members) => members.serialize(serializer),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an object with `", $tag, "`"))
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        use $crate::model::object::{FromMembers, Word};
                        use $crate::model::tagged::Members;
                        let members = match map.next_key()? {
                            Some(Word(key)) if key == $tag => {
                                let Word(word) = map.next_value()?;
                                match word.as_ref() {
                                    // It nearly always comes first, and nothing has to be held back.
                                    $( $word => return FromMembers::from_members(map, true).map($name::$variant), )*
                                    _ => Members::begin($tag, word).and(map)?,
                                }
                            }
                            Some(Word(key)) => Members::from_key(key, map)?,
                            None => return Err(serde::de::Error::missing_field($tag)),
                        };
                        match members.word($tag) {
                            $( Some($word) => members.read().map($name::$variant), )*
                            Some(_) => members.keep().map($name::Other),
                            None => Err(serde::de::Error::missing_field($tag)),
                        }
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    )* };
}

pub(crate) use tagged;
