//! `x-mcp-header` (2026-07-28, transports): arguments of a tool that HTTP clients send in headers as well, so that
//! what stands between can route by them.

use crate::rpc::Raw;
use serde_json::{Map, Value};
use std::fmt;

/// The member of a parameter's schema that names its header.
pub const X_MCP_HEADER: &str = "x-mcp-header";

/// The largest whole number every JSON reader has exactly (2026-07-28, transports).
const MAX_SAFE: i64 = (1 << 53) - 1;

/// A parameter that is sent in a header as well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderParam {
    /// The header is `Mcp-Param-` and this.
    pub name: String,
    /// Where its value is: the members to follow from the arguments.
    pub path: Vec<String>,
}

/// Why a tool cannot be used over HTTP: its schema asks for a header that cannot be sent. Clients leave it out of the
/// list and say why; over other transports it is a tool like any other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderFlaw {
    /// The place in the schema, as a JSON pointer.
    pub at: String,
    /// What is wrong there.
    pub kind: HeaderFlawKind,
}

/// What is wrong with a header that a schema asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderFlawKind {
    /// The schema cannot be read as JSON of sensible depth.
    NoSchema,
    /// Its name is not a string, or empty, or has what a header's name cannot have.
    NotAName,
    /// Two parameters have the same name, but for upper and lower case.
    Twice,
    /// The parameter is no string, integer or boolean.
    NotPrimitive,
    /// It does not stand in a parameter that is reached from the root by `properties` alone.
    OutOfReach,
}

/// The parameters that a tool's input schema wants in headers.
///
/// # Errors
/// The first thing that is wrong, in the order of the names of members. The tool is not to be used over HTTP then.
pub fn header_params(input_schema: &Raw) -> Result<Vec<HeaderParam>, HeaderFlaw> {
    let mut search = Search::default();
    let schema: Value = input_schema.parse().map_err(|_| search.flaw(HeaderFlawKind::NoSchema))?;
    search.schema(&schema, true)?;
    Ok(search.found)
}

/// What is known so far, and where the search is.
#[derive(Default)]
struct Search<'a> {
    found: Vec<HeaderParam>,
    /// Members on the way here.
    at: Vec<&'a str>,
    /// The parameter this is, if `properties` alone led here.
    path: Vec<&'a str>,
}

impl<'a> Search<'a> {
    fn flaw(&self, kind: HeaderFlawKind) -> HeaderFlaw {
        let escaped = self.at.iter().map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
        HeaderFlaw { at: escaped.collect(), kind }
    }

    fn schema(&mut self, schema: &'a Value, in_reach: bool) -> Result<(), HeaderFlaw> {
        match schema {
            Value::Object(members) => {
                if let Some(name) = members.get(X_MCP_HEADER) {
                    self.annotation(name, members, in_reach)?;
                }
                members.iter().try_for_each(|(key, value)| self.keyword(key, value, in_reach))
            }
            // `allOf` and its like.
            Value::Array(schemas) => schemas.iter().try_for_each(|schema| self.schema(schema, false)),
            _ => Ok(()),
        }
    }

    fn keyword(&mut self, key: &'a str, value: &'a Value, in_reach: bool) -> Result<(), HeaderFlaw> {
        self.at.push(key);
        match (key, value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    self.at.push(name);
                    self.path.push(name);
                    self.schema(property, in_reach)?;
                    self.path.pop();
                    self.at.pop();
                }
            }
            // Names that are not keywords, with schemas.
            ("$defs" | "definitions" | "patternProperties" | "dependentSchemas", Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    self.at.push(name);
                    self.schema(schema, false)?;
                    self.at.pop();
                }
            }
            // Not schemas, whatever they look like.
            ("const" | "default" | "enum" | "examples", _) => {}
            _ => self.schema(value, false)?,
        }
        self.at.pop();
        Ok(())
    }

    fn annotation(&mut self, name: &Value, schema: &Map<String, Value>, in_reach: bool) -> Result<(), HeaderFlaw> {
        let Some(name) = name.as_str().filter(|name| is_token(name)) else {
            return Err(self.flaw(HeaderFlawKind::NotAName));
        };
        if !in_reach || self.path.is_empty() {
            return Err(self.flaw(HeaderFlawKind::OutOfReach));
        }
        if !matches!(schema.get("type").and_then(Value::as_str), Some("string" | "integer" | "boolean")) {
            return Err(self.flaw(HeaderFlawKind::NotPrimitive));
        }
        if self.found.iter().any(|other| other.name.eq_ignore_ascii_case(name)) {
            return Err(self.flaw(HeaderFlawKind::Twice));
        }
        let path = self.path.iter().map(|&member| member.to_owned()).collect();
        self.found.push(HeaderParam { name: name.to_owned(), path });
        Ok(())
    }
}

/// Whether a text can be (the end of) a header's name: a token of RFC 9110.
fn is_token(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(legal)
}

impl HeaderParam {
    /// What the header says for these arguments of a call, before it is made safe for a header; `None` if it is left
    /// out, since the argument is absent, `null`, or not of the kind its schema says.
    ///
    /// A whole number beyond what every JSON reader has exactly (2^53 - 1) is left out, too.
    #[must_use]
    pub fn text(&self, arguments: &Value) -> Option<String> {
        match self.value(arguments)? {
            Value::String(text) => Some(text.clone()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Number(number) => whole(number).map(|number| number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// Whether a header that says `text` says what these arguments say. Numbers are compared as numbers: `42.0` is 42.
    #[must_use]
    pub fn agrees(&self, text: &str, arguments: &Value) -> bool {
        match self.value(arguments) {
            Some(Value::Number(number)) => {
                let said = text.parse().ok().and_then(|said| whole(&said));
                said.is_some() && said == whole(number)
            }
            _ => self.text(arguments).is_some_and(|expected| expected == text),
        }
    }

    fn value<'a>(&self, arguments: &'a Value) -> Option<&'a Value> {
        self.path.iter().try_fold(arguments, |value, member| value.get(member))
    }
}

/// A number as the whole number it is: `42.0` is 42.
fn whole(number: &serde_json::Number) -> Option<i64> {
    let exact = match number.as_i64() {
        Some(exact) => exact,
        // Beyond the bound it does not matter which number it becomes.
        #[allow(clippy::cast_possible_truncation, reason = "saturates, and is refused then")]
        None => number.as_f64().filter(|float| float.fract() == 0.0)? as i64,
    };
    (-MAX_SAFE..=MAX_SAFE).contains(&exact).then_some(exact)
}

impl fmt::Display for HeaderFlaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            HeaderFlawKind::NoSchema => "is not a schema that can be read",
            HeaderFlawKind::NotAName => "names no header: it must be a non-empty token",
            HeaderFlawKind::Twice => "names a header that another parameter names, too",
            HeaderFlawKind::NotPrimitive => "is on a parameter that is no string, integer or boolean",
            HeaderFlawKind::OutOfReach => "is on nothing that `properties` alone lead to",
        };
        let at: String = self.at.chars().flat_map(char::escape_debug).take(64).collect();
        write!(f, "`{X_MCP_HEADER}` at `{at}` {what}")
    }
}

impl std::error::Error for HeaderFlaw {}
