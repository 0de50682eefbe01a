//! Arguments that come as strings, typed: those of prompts, and the variables of URI templates.

use serde::Deserializer;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Unexpected, Visitor};
use std::borrow::Cow;

type Error = serde::de::value::Error;

/// What these strings are as an `A`. Numbers and booleans are read out of their text.
///
/// # Errors
/// Which one is wrong and why.
pub(super) fn typed<'a, A: DeserializeOwned>(
    strings: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
) -> Result<A, String> {
    let members = strings.map(|(name, text)| (name.into_owned(), Text(text)));
    serde_path_to_error::deserialize(MapDeserializer::new(members)).map_err(|e| super::arguments::explained(&e))
}

struct Text<'a>(Cow<'a, str>);

impl<'a> IntoDeserializer<'a, Error> for Text<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! read_out_of_the_text {
    ($($method:ident $visit:ident $type:ty;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0.trim().parse::<$type>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Error::invalid_value(Unexpected::Str(&self.0), &visitor)),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.0.into_owned())
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self.0.as_ref().into_deserializer())
    }

    read_out_of_the_text! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_i128 visit_i128 i128;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_u128 visit_u128 u128;
        deserialize_f32 visit_f32 f32;
        deserialize_f64 visit_f64 f64;
    }

    serde::forward_to_deserialize_any! {
        char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Unit {
        Celsius,
        Kelvin,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct City(String);

    #[derive(Debug, Deserialize, PartialEq)]
    struct Plan {
        city: City,
        days: u8,
        unit: Option<Unit>,
        #[serde(default)]
        wet: bool,
        low: Option<f64>,
    }

    fn check(strings: &[(&str, &str)], expected: Result<Plan, &str>) {
        let strings = strings.iter().map(|(n, t)| (Cow::Borrowed(*n), Cow::Borrowed(*t)));
        assert_eq!(typed::<Plan>(strings), expected.map_err(str::to_owned));
    }

    #[test]
    fn strings_are_what_is_wanted_of_them() {
        let plan = |days, unit, wet, low| Plan { city: City("Oslo".to_owned()), days, unit, wet, low };
        check(&[("city", "Oslo"), ("days", "3")], Ok(plan(3, None, false, None)));
        check(
            &[("city", "Oslo"), ("days", " 3"), ("unit", "kelvin"), ("wet", "true"), ("low", "-1.5"), ("more", "x")],
            Ok(plan(3, Some(Unit::Kelvin), true, Some(-1.5))),
        );
        check(&[("days", "3")], Err("missing field `city`"));
        check(&[("city", "Oslo"), ("days", "many")], Err("`days`: invalid value: string \"many\", expected u8"));
        check(
            &[("city", "Oslo"), ("days", "3"), ("unit", "degrees")],
            Err("`unit`: unknown variant `degrees`, expected `celsius` or `kelvin`"),
        );
    }
}
