//! The arguments of a call, typed.

use super::context::CallContext;
use super::outcome::Recipient;
use super::strings::typed;
use super::template::Template;
use crate::model::CacheHint;
use crate::rpc::{self, ErrorObject, Object, Raw};
use crate::server::Answer;
use serde::Deserializer;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, IntoDeserializer, Visitor};
use std::borrow::Cow;

/// Arguments from this length on are looked at member by member: that saves room rather than time.
const LONG: usize = 4 * 1024 * 1024;

/// The arguments of a tool call, typed. Absent ones are `{}`.
pub(super) fn of_tool<A: DeserializeOwned>(call: &CallContext) -> Result<(A, Recipient), Answer> {
    let request = &call.request;
    let recipient = Recipient::of(request);
    let given = request.params.text_of("arguments").unwrap_or(b"{}");
    if given.len() >= LONG
        && let Some(arguments) = request.params.get("arguments").and_then(long)
    {
        return Ok((arguments, recipient));
    }
    match serde_json::from_slice(given) {
        Ok(arguments) => Ok((arguments, recipient)),
        Err(_) => Err(recipient.refuse_arguments(&wrong::<A>(given))),
    }
}

/// The parameters of a request as a whole, typed.
pub(super) fn of_method<A: DeserializeOwned>(call: &CallContext) -> Result<(A, Recipient), Answer> {
    let params = call.request.params.raw().as_bytes();
    serde_json::from_slice(params)
        .map(|params_read| (params_read, Recipient::of(&call.request)))
        .map_err(|_| invalid(format!("invalid parameters: {}", wrong::<A>(params))))
}

/// The arguments of a prompt, which are strings.
pub(super) fn of_prompt<A: DeserializeOwned>(call: &CallContext) -> Result<(A, Recipient), Answer> {
    let given = call.request.params.get("arguments").filter(|given| !given.is_null()).unwrap_or_else(Raw::empty_object);
    let given = Object::from_raw(given).ok_or_else(|| invalid("invalid arguments: they must be an object"))?;
    let members: Vec<(Cow<'_, str>, Raw)> = given.members().collect();
    let mut strings = Vec::with_capacity(members.len());
    for (name, value) in &members {
        let Some(text) = value.string() else {
            return Err(invalid(format!("invalid arguments: `{}` must be a string", cut(name))));
        };
        strings.push((Cow::Borrowed(name.as_ref()), text));
    }
    typed(strings.into_iter())
        .map(|arguments| (arguments, Recipient::of(&call.request)))
        .map_err(|why| invalid(format!("invalid arguments: {why}")))
}

/// The variables of a template, out of the URI that is to be read.
pub(super) fn of_template<A: DeserializeOwned>(
    call: &CallContext,
    template: &Template,
    mime_type: Option<&str>,
    cache: Option<&CacheHint>,
) -> Result<(A, Recipient), Answer> {
    let (uri, recipient) = of_resource(call, mime_type, cache)?;
    let values = template.values(&uri).unwrap_or_default();
    let strings = values.into_iter().map(|(name, value)| (Cow::Borrowed(name), Cow::Owned(value)));
    typed(strings)
        .map(|variables| (variables, recipient))
        .map_err(|why| invalid(format!("the URI does not fit: {why}")))
}

/// The URI that is to be read.
pub(super) fn of_resource(
    call: &CallContext,
    mime_type: Option<&str>,
    cache: Option<&CacheHint>,
) -> Result<(String, Recipient), Answer> {
    let uri = call.request.params.string("uri").unwrap_or_default().into_owned();
    let recipient = Recipient::of(&call.request).reading(&uri, mime_type, cache.cloned());
    Ok((uri, recipient))
}

/// The parameters are not what the method takes.
pub(super) fn invalid(why: impl Into<String>) -> Answer {
    Answer::Error(ErrorObject::new(rpc::INVALID_PARAMS, why))
}

/// A peer's text in an error: cut short; quoting is up to JSON.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

/// What is wrong with arguments that are no `A`, and where. They are read once more for it: nobody who sends what is
/// right pays for the path.
fn wrong<A: DeserializeOwned>(given: &[u8]) -> String {
    let read = serde_path_to_error::deserialize::<_, A>(&mut serde_json::Deserializer::from_slice(given));
    read.err().map_or_else(|| "what follows them is no JSON".to_owned(), |e| explained(&e))
}

/// Where, and what.
pub(super) fn explained<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> String {
    let text = error.inner().to_string();
    // Where in the text it is helps nobody: the caller never saw it.
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let path = error.path().to_string();
    if path == "." { what.to_owned() } else { format!("`{}`: {what}", cut(&path)) }
}

/// Members that are long strings become what they are at once: the parser would put them together elsewhere first
/// if they have escapes, and then copy them. Whatever does not work out here is left to the parser.
fn long<A: DeserializeOwned>(given: Raw) -> Option<A> {
    let object = Object::from_raw(given)?;
    let members: Vec<(Cow<'_, str>, Raw)> = object.members().collect();
    A::deserialize(MapDeserializer::new(members.iter().map(|(name, value)| (name.as_ref(), Value(value))))).ok()
}

/// The text of a member.
struct Value<'de>(&'de Raw);

impl Value<'_> {
    fn long_string(&self) -> Option<String> {
        if self.0.as_bytes().len() < LONG {
            return None;
        }
        self.0.string().map(Cow::into_owned)
    }
}

impl<'de> IntoDeserializer<'de, serde_json::Error> for Value<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! string_or_by_the_parser {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.long_string() {
                Some(text) => visitor.visit_string(text),
                None => serde_json::Deserializer::from_slice(self.0.as_bytes()).$method(visitor),
            }
        }
    )*};
}

macro_rules! by_the_parser {
    ($($method:ident($($hint:ident: $type:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $($hint: $type,)* visitor: V) -> Result<V::Value, Self::Error> {
            serde_json::Deserializer::from_slice(self.0.as_bytes()).$method($($hint,)* visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = serde_json::Error;

    string_or_by_the_parser! { deserialize_any deserialize_str deserialize_string }

    by_the_parser! {
        deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64() deserialize_i128()
        deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_bytes() deserialize_byte_buf()
        deserialize_option() deserialize_unit() deserialize_seq() deserialize_map() deserialize_identifier()
        deserialize_ignored_any() deserialize_unit_struct(name: &'static str)
        deserialize_newtype_struct(name: &'static str) deserialize_tuple(length: usize)
        deserialize_tuple_struct(name: &'static str, length: usize)
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::{Deserialize, Serialize};
    use serde_json::value::RawValue;
    use std::collections::BTreeMap;

    #[derive(Deserialize, Serialize)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        text: String,
    }

    #[derive(Deserialize, Serialize)]
    struct Mixed {
        text: String,
        number: u8,
        #[serde(default)]
        absent: Option<String>,
        some: Option<String>,
        raw: Box<RawValue>,
        many: Vec<Kind>,
        #[serde(flatten)]
        rest: BTreeMap<String, serde_json::Value>,
    }

    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        One,
        Two(u8),
    }

    #[derive(Deserialize, Serialize)]
    struct New(Mixed);

    /// Reads arguments in both ways: they are the same, or left to the parser.
    fn check<A: DeserializeOwned + Serialize>(text: &str, expect_read: bool) {
        let raw = Raw::new(text.to_owned(), 9).unwrap();
        let parsed = raw.parse::<A>().ok().map(|a| serde_json::to_string(&a).unwrap());
        let read = long::<A>(raw).map(|a| serde_json::to_string(&a).unwrap());
        assert_eq!(read.is_some(), expect_read);
        assert!(read.is_none() || read == parsed);
    }

    #[test]
    fn long_arguments_are_what_the_parser_makes_of_them() {
        for unit in ["x", r"\n", r#"é\u00e9\ud83d\ude00\\\/\b\f\r\t\""#] {
            let long = unit.repeat(LONG / unit.len() + 1);
            let mixed = format!(
                r#"{{"t\u0065xt":"{long}","number":7,"some":"\n","raw":["\n"],"many":["one",{{"two":2}}],"more":"{long}"}}"#
            );
            check::<Strict>(&format!(r#"{{"text":"{long}"}}"#), true);
            check::<Strict>(&format!(r#"{{"text":"{long}","other":1}}"#), false);
            check::<Strict>(&format!(r#"{{"other":"{long}"}}"#), false);
            check::<Mixed>(&mixed, true);
            check::<serde_json::Value>(&mixed, true);
            check::<New>(&mixed, false);
            check::<Option<Mixed>>(&mixed, false);
        }
        check::<Strict>(r#"{"text":"\ud800"}"#, false);
    }
}
