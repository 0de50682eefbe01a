//! Comparing messages as values, with places left open.
//!
//! In a transcript the string `"*"` stands for any value and `"<name>"` for the value of that name: the first
//! message that has one there gives it, later ones must repeat it, with the same type. `"<x100>"` stands for a
//! hundred times that letter.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What names stand for in one run of a transcript.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<String, Value>);

/// How many letters a name stands for.
fn letters(name: &str) -> Option<usize> {
    name.strip_prefix('x')?.parse().ok()
}

fn name(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>').filter(|name| !name.is_empty())
}

impl Names {
    /// Whether `got` is what `expected` describes. Names are bound only if all of it is.
    pub fn matches(&mut self, expected: &Value, got: &Value) -> bool {
        let mut names = self.clone();
        let same = names.compare(expected, got);
        if same {
            *self = names;
        }
        same
    }

    fn compare(&mut self, expected: &Value, got: &Value) -> bool {
        match (expected, got) {
            (Value::String(text), got) if text == "*" => !got.is_null(),
            (Value::String(text), got) => match name(text) {
                Some(name) if let Some(count) = letters(name) => {
                    got.as_str().is_some_and(|got| got.len() == count && got.bytes().all(|byte| byte == b'x'))
                }
                Some(name) => self.0.entry(name.to_owned()).or_insert_with(|| got.clone()) == got,
                None => expected == got,
            },
            (Value::Array(expected), Value::Array(got)) => {
                expected.len() == got.len() && expected.iter().zip(got).all(|(e, g)| self.compare(e, g))
            }
            (Value::Object(expected), Value::Object(got)) => {
                expected.len() == got.len()
                    && expected.iter().all(|(key, e)| got.get(key).is_some_and(|g| self.compare(e, g)))
            }
            (expected, got) => expected == got,
        }
    }

    /// The message a template describes.
    ///
    /// # Errors
    /// A name that stands for nothing yet.
    pub fn fill(&self, template: &Value) -> Result<Value, String> {
        Ok(match template {
            Value::String(text) => match name(text) {
                Some(name) if let Some(count) = letters(name) => Value::from("x".repeat(count)),
                Some(name) => self.0.get(name).cloned().ok_or_else(|| format!("`<{name}>` stands for nothing yet"))?,
                None => template.clone(),
            },
            Value::Array(items) => Value::Array(items.iter().map(|item| self.fill(item)).collect::<Result<_, _>>()?),
            Value::Object(members) => {
                let filled = members.iter().map(|(key, value)| Ok((key.clone(), self.fill(value)?)));
                Value::Object(filled.collect::<Result<Map<_, _>, String>>()?)
            }
            other => other.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn compares_whole_values() {
        for (expected, got, same) in [
            (json!({"a": 1, "b": [2]}), json!({"b": [2], "a": 1}), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
            (json!({"a": 1, "b": 2}), json!({"a": 1}), false),
            (json!({"id": 1}), json!({"id": "1"}), false),
            (json!({"id": 1}), json!({"id": 1.0}), false),
            (json!([1, 2]), json!([2, 1]), false),
            (json!([1]), json!([1, 1]), false),
            (json!({"a": "*"}), json!({"a": {"deep": true}}), true),
            (json!({"a": "*"}), json!({}), false),
            (json!({"a": "*"}), json!({"a": null}), false),
            (json!(["<x>", "<x>"]), json!([1, 1]), true),
            (json!(["<x>", "<x>"]), json!([1, "1"]), false),
            (json!(["<x>", "<y>"]), json!([1, 2]), true),
            (json!("<x3>"), json!("xxx"), true),
            (json!("<x3>"), json!("xx"), false),
            (json!("<x3>"), json!("xxy"), false),
        ] {
            assert_eq!(Names::default().matches(&expected, &got), same, "{expected} and {got}");
        }
    }

    #[test]
    fn a_mismatch_binds_nothing() {
        let mut names = Names::default();
        assert!(!names.matches(&json!(["<x>", 1]), &json!([7, 2])));
        assert_eq!(names.fill(&json!("<x>")), Err("`<x>` stands for nothing yet".to_owned()));
        assert!(names.matches(&json!(["<x>", 1]), &json!([8, 1])));
        assert_eq!(names.fill(&json!({"id": ["<x>", "x"]})), Ok(json!({"id": [8, "x"]})));
        assert_eq!(names.fill(&json!(["<x2>"])), Ok(json!(["xx"])));
    }
}
