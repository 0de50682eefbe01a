//! Forms: the part of JSON Schema that elicitation asks a user by.

use super::object::{Extra, Word, object};
use super::restrict::{Restrict, same_everywhere};
use super::tagged::Members;
use super::version::Revision;
use super::word::words;
use crate::rpc::Raw;
use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

object! {
    /// The schema of a form: an object, each of whose properties is a field.
    ///
    /// ```
    /// use mcp_proto::model::{BooleanSchema, Elicit, FormSchema, StringSchema};
    ///
    /// let schema = FormSchema::empty()
    ///     .needs("name", StringSchema::new().title("Your name"))
    ///     .may_have("vegetarian", BooleanSchema::new().default(false));
    /// let question = Elicit::form("Who comes for dinner?", schema);
    /// # let expected = concat!(r#"{"message":"Who comes for dinner?","requestedSchema":{"type":"object","#,
    /// #     r#""properties":{"name":{"type":"string","title":"Your name"},"#,
    /// #     r#""vegetarian":{"type":"boolean","default":false}},"required":["name"]}}"#);
    /// # assert_eq!(serde_json::to_string(&question).unwrap(), expected);
    /// ```
    pub struct FormSchema("type" = "object") {
        /// Its fields, in order.
        "properties" properties: FormFields,
        ? /// The fields that must be filled in.
        "required" required: Vec<String>,
        ? /// The dialect of JSON Schema (since 2025-11-25).
        since V2025_11_25 "$schema" schema: String,
    }

    /// A field for text.
    pub struct StringSchema("type" = "string") {
        ? /// What it is called.
        "title" title: String,
        ? /// What it is for.
        "description" description: String,
        ? /// How many characters it has at least.
        "minLength" min_length: u64,
        ? /// How many characters it has at most.
        "maxLength" max_length: u64,
        ? /// What the text is.
        "format" format: StringFormat,
        ? /// What it holds before anybody typed (since 2025-11-25).
        since V2025_11_25 "default" default: String,
    }

    /// A field for a number.
    pub struct NumberSchema {
        /// Whether it is whole.
        "type" kind: NumberKind,
        ? /// What it is called.
        "title" title: String,
        ? /// What it is for.
        "description" description: String,
        ? /// The least it may be.
        "minimum" minimum: Number,
        ? /// The most it may be.
        "maximum" maximum: Number,
        ? /// What it holds before anybody typed (since 2025-11-25).
        since V2025_11_25 "default" default: Number,
    }

    /// A field for yes or no.
    pub struct BooleanSchema("type" = "boolean") {
        ? /// What it is called.
        "title" title: String,
        ? /// What it is for.
        "description" description: String,
        ? /// What it holds before anybody chose.
        "default" default: bool,
    }

    /// A field to choose one of several values. Exactly one of `values` and `options` is there.
    pub struct SelectSchema("type" = "string") {
        ? /// What it is called.
        "title" title: String,
        ? /// What it is for.
        "description" description: String,
        ? /// The values.
        "enum" values: Vec<String>,
        ? /// What the values are called, in their order. 2025-06-18 has no other way; since then it is the old one.
        "enumNames" value_names: Vec<String>,
        ? /// The values with what they are called (since 2025-11-25).
        "oneOf" options: Vec<SelectOption>,
        ? /// What is chosen before anybody did (since 2025-11-25).
        since V2025_11_25 "default" default: String,
    }

    /// A field to choose some of several values (since 2025-11-25).
    pub struct MultiSelectSchema("type" = "array") {
        /// The values.
        "items" items: SelectItems,
        ? /// What it is called.
        "title" title: String,
        ? /// What it is for.
        "description" description: String,
        ? /// How many are chosen at least.
        "minItems" min_items: u64,
        ? /// How many are chosen at most.
        "maxItems" max_items: u64,
        ? /// What is chosen before anybody did.
        "default" default: Vec<String>,
    }

    /// The values of a [`MultiSelectSchema`]. Exactly one of `values` and `options` is there.
    pub struct SelectItems {
        ? /// `string`, beside `values`.
        "type" kind: String,
        ? /// The values.
        "enum" values: Vec<String>,
        ? /// The values with what they are called.
        "anyOf" options: Vec<SelectOption>,
    }

    /// A value with what it is called.
    pub struct SelectOption {
        /// The value.
        "const" value: String,
        /// What people read.
        "title" title: String,
    }
}

words! {
    /// What a text is.
    pub enum StringFormat {
        /// An address for mail.
        Email = "email",
        /// A URI.
        Uri = "uri",
        /// A day.
        Date = "date",
        /// A day and a time.
        DateTime = "date-time",
    }

    /// Whether a number is whole.
    pub enum NumberKind {
        /// It is.
        Integer = "integer",
        /// It may have a fraction.
        Number = "number",
    }
}

/// A number of a form, written as it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole one.
    Integer(i64),
    /// Another one.
    Float(f64),
}

same_everywhere!(Number);

/// A field of a form.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FormField {
    /// For text.
    String(StringSchema),
    /// For a number.
    Number(NumberSchema),
    /// For yes or no.
    Boolean(BooleanSchema),
    /// For one of several values.
    Select(SelectSchema),
    /// For some of several values (since 2025-11-25).
    MultiSelect(MultiSelectSchema),
    /// A kind this version of the library does not know: its members as they came.
    Other(Extra),
}

/// The fields of a form, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FormFields(pub Vec<(String, FormField)>);

impl FormFields {
    /// Whether there is a field of this name.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }
}

impl FormSchema {
    /// A form without fields.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(FormFields::default())
    }

    /// And a field that must be filled in.
    #[must_use]
    pub fn needs(mut self, name: impl Into<String>, field: impl Into<FormField>) -> Self {
        let name = name.into();
        self.required.get_or_insert_default().push(name.clone());
        self.may_have(name, field)
    }

    /// And a field that may be left empty.
    #[must_use]
    pub fn may_have(mut self, name: impl Into<String>, field: impl Into<FormField>) -> Self {
        self.properties.0.push((name.into(), field.into()));
        self
    }
}

impl From<FormSchema> for Raw {
    fn from(schema: FormSchema) -> Self {
        // There is nothing in it that JSON does not have.
        Self::from_serialize(&schema).unwrap_or(Self::empty_object())
    }
}

impl NumberSchema {
    /// A whole number.
    #[must_use]
    pub fn integer() -> Self {
        Self::new(NumberKind::Integer)
    }

    /// A number that may have a fraction.
    #[must_use]
    pub fn number() -> Self {
        Self::new(NumberKind::Number)
    }
}

impl SelectSchema {
    /// One of these values.
    #[must_use]
    pub fn of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::new().values(values.into_iter().map(Into::into).collect::<Vec<_>>())
    }

    /// One of these values, each with what it is called. 2025-06-18 gets it the way it has.
    #[must_use]
    pub fn titled<V: Into<String>, T: Into<String>>(options: impl IntoIterator<Item = (V, T)>) -> Self {
        Self::new().options(titled(options))
    }
}

impl MultiSelectSchema {
    /// Some of these values.
    #[must_use]
    pub fn of<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        Self::new(SelectItems::new().kind("string").values(values))
    }

    /// Some of these values, each with what it is called.
    #[must_use]
    pub fn titled<V: Into<String>, T: Into<String>>(options: impl IntoIterator<Item = (V, T)>) -> Self {
        Self::new(SelectItems::new().options(titled(options)))
    }
}

fn titled<V: Into<String>, T: Into<String>>(options: impl IntoIterator<Item = (V, T)>) -> Vec<SelectOption> {
    options.into_iter().map(|(value, title)| SelectOption::new(value, title)).collect()
}

macro_rules! fields {
    ($($variant:ident($kind:ty)),*) => {
        $( impl From<$kind> for FormField {
            fn from(field: $kind) -> Self {
                Self::$variant(field)
            }
        } )*

        impl Serialize for FormField {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$variant(field) => field.serialize(serializer), )*
                    Self::Other(members) => members.serialize(serializer),
                }
            }
        }
    };
}

fields!(
    String(StringSchema),
    Number(NumberSchema),
    Boolean(BooleanSchema),
    Select(SelectSchema),
    MultiSelect(MultiSelectSchema)
);

impl<'de> Deserialize<'de> for FormField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Members::deserialize(deserializer)?;
        match members.word("type") {
            Some("string") if members.has("enum") || members.has("oneOf") => members.read().map(Self::Select),
            Some("string") => members.read().map(Self::String),
            Some("number" | "integer") => members.read().map(Self::Number),
            Some("boolean") => members.read().map(Self::Boolean),
            Some("array") => members.read().map(Self::MultiSelect),
            _ => members.keep().map(Self::Other),
        }
    }
}

impl Restrict for FormField {
    fn restrict(&mut self, revision: Revision) {
        match self {
            Self::String(field) => field.restrict(revision),
            Self::Number(field) => field.restrict(revision),
            Self::Boolean(field) => field.restrict(revision),
            Self::Select(field) => {
                field.restrict(revision);
                if !revision.is_since(Revision::V2025_11_25)
                    && let Some(options) = field.options.take()
                {
                    let (values, names) = options.into_iter().map(|option| (option.value, option.title)).unzip();
                    (field.values, field.value_names) = (Some(values), Some(names));
                }
            }
            Self::MultiSelect(field) => field.restrict(revision),
            Self::Other(_) => {}
        }
    }
}

impl Restrict for FormFields {
    fn restrict(&mut self, revision: Revision) {
        if !revision.is_since(Revision::V2025_11_25) {
            self.0.retain(|(_, field)| !matches!(field, FormField::MultiSelect(_)));
        }
        self.0.iter_mut().for_each(|(_, field)| field.restrict(revision));
    }
}

impl Serialize for FormFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in &self.0 {
            map.serialize_entry(name, field)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for FormFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = FormFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the fields of a form")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<FormFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(Word(name)) = map.next_key()? {
                    fields.push((name.into_owned(), map.next_value()?));
                }
                Ok(FormFields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<f64> for Number {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Integer(number) => serializer.serialize_i64(number),
            Self::Float(number) => serializer.serialize_f64(number),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = serde_json::Number::deserialize(deserializer)?;
        Ok(number.as_i64().map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::MAX)), Self::Integer))
    }
}
