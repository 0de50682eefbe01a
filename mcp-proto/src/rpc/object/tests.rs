use super::*;
use crate::rpc::scan::tests::json;
use proptest::prelude::*;
use serde_json::Value;

fn object(text: &str) -> Option<Object> {
    Object::from_raw(Raw::new(text.to_owned(), usize::MAX).unwrap())
}

#[test]
fn members_by_name() {
    let found = object(r#" { "a" : 1 , "\u0062":[ 2 ],"":null,"c\n":{"a":3}} "#).unwrap();
    let get = |name| found.get(name).map(|raw| raw.as_str().to_owned());
    assert_eq!(get("a").as_deref(), Some("1"));
    assert_eq!(get("b").as_deref(), Some("[ 2 ]"));
    assert_eq!(get("").as_deref(), Some("null"));
    assert_eq!(get("c\n").as_deref(), Some(r#"{"a":3}"#));
    assert_eq!(get(r"\u0062"), None);
    assert_eq!(get("c"), None);
    let names: Vec<_> = found.members().map(|(name, _)| name.into_owned()).collect();
    assert_eq!(names, ["a", "b", "", "c\n"]);
    assert_eq!((found.len(), Object::empty().len()), (4, 0));
    assert_eq!(object("{}"), Some(Object::empty()));
}

#[test]
fn no_objects() {
    for text in ["null", "[]", "\"{}\"", "1", r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#, r#"{"\ud800":1,"\ud800":2}"#]
    {
        assert_eq!(object(text), None, "{text}");
    }
}

#[test]
fn many_members() {
    for count in [7, 8, 9, 100, 10_000] {
        let members: Vec<_> = (0..count).map(|n| format!("\"m{n}\":{n}")).collect();
        let found = object(&format!("{{{}}}", members.join(","))).unwrap();
        assert_eq!(found.len(), count);
        for n in [0, 6, count - 1] {
            assert_eq!(found.get(&format!("m{n}")).unwrap().as_str(), n.to_string());
        }
        assert_eq!(object(&format!("{{{},\"m3\":0}}", members.join(","))), None);
    }
}

proptest! {
    #[test]
    fn agrees_with_serde_json(text in json()) {
        let value: Value = serde_json::from_str(&text).unwrap();
        let Value::Object(map) = value else {
            prop_assert_eq!(object(&text), None);
            return Ok(());
        };
        let Some(found) = object(&text) else { return Ok(()) };
        prop_assert_eq!(found.len(), map.len());
        for (name, raw) in found.members() {
            prop_assert_eq!(&raw.parse::<Value>().unwrap(), &map[name.as_ref()]);
            prop_assert_eq!(found.get(&name), Some(raw));
        }
    }

    #[test]
    fn refuses_exactly_duplicates(keys in prop::collection::vec("[ab]{0,3}", 0..14), escaped: bool) {
        let write = |key: &String| if escaped { key.replace('a', "\\u0061") } else { key.clone() };
        let members: Vec<_> = keys.iter().map(|key| format!("\"{}\":0", write(key))).collect();
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        prop_assert_eq!(object(&format!("{{{}}}", members.join(","))).is_some(), distinct.len() == keys.len());
    }
}
