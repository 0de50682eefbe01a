//! One macro for the shapes of the vocabulary: plain structs whose unknown members survive a round trip.
//!
//! Serde's `flatten` would do it with a buffer that breaks raw members and error paths; this writes the
//! visitor a person would write.

use crate::rpc::Raw;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// Members that a type does not name. They are kept and sent on.
pub type Extra = BTreeMap<String, Raw>;

/// A short string, borrowed where it is written without escapes. Serde's own `Cow` always copies.
pub(crate) struct Word<'de>(pub Cow<'de, str>);

impl<'de> Deserialize<'de> for Word<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Word<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word<'de>, E> {
                Ok(Word(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrow)
    }
}

/// Reads one value for a member named once.
pub(crate) fn once<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    slot: &mut Option<T>,
    name: &'static str,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(A::Error::duplicate_field(name));
    }
    *slot = Some(map.next_value()?);
    Ok(())
}

/// Reads one optional value; `null` counts as absent, as peers in untyped languages write it.
pub(crate) fn optional<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    map: &mut A,
    seen: &mut bool,
    slot: &mut Option<T>,
    name: &'static str,
) -> Result<(), A::Error> {
    if std::mem::replace(seen, true) {
        return Err(A::Error::duplicate_field(name));
    }
    *slot = map.next_value()?;
    Ok(())
}

/// What is made of the members of an object.
pub(crate) trait FromMembers: Sized {
    /// Reads them; `told` if the member that says what it is was read before them.
    fn from_members<'de, A: MapAccess<'de>>(map: A, told: bool) -> Result<Self, A::Error>;
}

impl<T: FromMembers> FromMembers for Box<T> {
    fn from_members<'de, A: MapAccess<'de>>(map: A, told: bool) -> Result<Self, A::Error> {
        T::from_members(map, told).map(Self::new)
    }
}

/// Declares structs that are JSON objects. `"name" field: Type` is required; with a `?` before it the member may be
/// absent. Every struct gets `extra` for the members it does not name.
///
/// What may stand between the documentation and the name of an optional member:
/// `since V..` and `until V..`, the first and the last revision that have it; `when f`, a function that is given
/// the value and a revision and says whether it may be sent there. [`Restrict`](super::Restrict) goes by them.
///
/// `pub struct Name("type" = "text")` is an object that says what it is: the member is written first and must be
/// there.
macro_rules! object {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident $( ($tag_key:literal = $tag:literal) )? {
            $( $(#[$req_meta:meta])* $req_key:literal $req:ident: $req_ty:ty, )*
            $( ? $(#[$opt_meta:meta])* $(since $since:ident)? $(until $until:ident)? $(when $when:ident)?
                $opt_key:literal $opt:ident: $opt_ty:ty, )*
        }
    )*) => { $(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[$req_meta])* pub $req: $req_ty, )*
            $( $(#[$opt_meta])* pub $opt: Option<$opt_ty>, )*
            /// Members this version of the library does not name.
            pub extra: $crate::model::object::Extra,
        }

        impl $name {
            /// With what is required; everything else is absent.
            #[must_use]
            #[allow(clippy::new_without_default, reason = "types with required members have no default")]
            pub fn new($( $req: impl Into<$req_ty> ),*) -> Self {
                Self { $( $req: $req.into(), )* $( $opt: None, )* extra: Default::default() }
            }

            $(
                #[doc = concat!("Sets `", $opt_key, "`.")]
                #[must_use]
                pub fn $opt(mut self, $opt: impl Into<$opt_ty>) -> Self {
                    self.$opt = Some($opt.into());
                    self
                }
            )*
        }

        impl $crate::model::restrict::Restrict for $name {
            #[allow(unused_variables, reason = "types without members")]
            fn restrict(&mut self, revision: $crate::model::version::Revision) {
                $( $crate::model::restrict::Restrict::restrict(&mut self.$req, revision); )*
                $(
                    let here = true
                        $( && revision.is_since($crate::model::version::Revision::$since) )?
                        $( && revision.is_until($crate::model::version::Revision::$until) )?
                        $( && self.$opt.as_ref().is_some_and(|value| $when(value, revision)) )?;
                    if here {
                        $crate::model::restrict::Restrict::restrict(&mut self.$opt, revision);
                    } else {
                        self.$opt = None;
                    }
                )*
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use serde::ser::SerializeMap as _;
                let mut map = serializer.serialize_map(None)?;
                $( map.serialize_entry($tag_key, $tag)?; )?
                $( map.serialize_entry($req_key, &self.$req)?; )*
                $( if let Some(value) = &self.$opt { map.serialize_entry($opt_key, value)?; } )*
                for (key, value) in &self.extra {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }

        impl $crate::model::object::FromMembers for $name {
            #[allow(unused_mut, unused_variables, reason = "types without members of one kind")]
            fn from_members<'de, A: serde::de::MapAccess<'de>>(mut map: A, told: bool) -> Result<Self, A::Error> {
                $( let mut tagged = told.then(|| $crate::model::object::Word(std::borrow::Cow::Borrowed($tag))); )?
                $( let mut $req: Option<$req_ty> = None; )*
                $( let mut $opt: (bool, Option<$opt_ty>) = (false, None); )*
                let mut extra = $crate::model::object::Extra::new();
                while let Some($crate::model::object::Word(key)) = map.next_key()? {
                    match key.as_ref() {
                        $( $tag_key => $crate::model::object::once(&mut map, &mut tagged, $tag_key)?, )?
                        $( $req_key => $crate::model::object::once(&mut map, &mut $req, $req_key)?, )*
                        $( $opt_key => $crate::model::object::optional(
                            &mut map, &mut $opt.0, &mut $opt.1, $opt_key)?, )*
                        _ => {
                            extra.insert(key.into_owned(), map.next_value()?);
                        }
                    }
                }
                $( $crate::model::object::is_tag(tagged, $tag_key, $tag)?; )?
                $( let Some($req) = $req else {
                    return Err(serde::de::Error::missing_field($req_key));
                }; )*
                Ok(Self { $( $req, )* $( $opt: $opt.1, )* extra })
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl<'de> serde::de::Visitor<'de> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str(concat!("an object (", stringify!($name), ")"))
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<$name, A::Error> {
                        $crate::model::object::FromMembers::from_members(map, false)
                    }
                }
                deserializer.deserialize_map(Visitor)
            }
        }
    )* };
}

pub(crate) use object;

/// Whether an object says that it is what it is read as.
pub(crate) fn is_tag<E: Error>(found: Option<Word<'_>>, name: &'static str, expected: &'static str) -> Result<(), E> {
    match found {
        Some(Word(found)) if found == expected => Ok(()),
        Some(_) => Err(E::custom(format_args!("`{name}` must be `{expected}`"))),
        None => Err(E::missing_field(name)),
    }
}
