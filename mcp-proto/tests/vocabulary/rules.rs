//! What types say beyond their shape.

use mcp_proto::model::extension::tasks;
use mcp_proto::model::*;
use mcp_proto::rpc::{MAX_DEPTH, Object, Raw};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fmt::Debug;

fn raw(json: &Value) -> Raw {
    Raw::new(json.to_string(), MAX_DEPTH).unwrap()
}

#[test]
fn what_is_unknown_is_kept() {
    fn check<T: DeserializeOwned + serde::Serialize + Debug>(json: &Value, expect: &str) {
        let value: T = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(&serde_json::to_value(&value).unwrap(), json);
        assert!(format!("{value:?}").contains(expect), "{value:?}");
    }
    check::<Content>(&json!({"type": "x", "text": "t", "data": 1}), "Other(");
    check::<Content>(&json!({"type": "image", "data": "", "mimeType": "", "text": "t", "mode": "m"}), "Image(");
    check::<Content>(&json!({"type": "text", "text": "t", "blob": "", "x": [null]}), "Text(");
    check::<ResourceContents>(&json!({"uri": "a:b", "stream": 1}), "Other(");
    check::<Reference>(&json!({"type": "ref/tool", "name": "t"}), "Other(");
    check::<Elicit>(&json!({"mode": "voice", "message": "m"}), "Other(");
    check::<FormField>(&json!({"type": "object"}), "Other(");
    check::<Role>(&json!("system"), r#"Other("system")"#);
    check::<CacheScope>(&json!("team"), "Other(");
    check::<StopReason>(&json!("bored"), "Other(");
    check::<TaskStatus>(&json!("paused"), "Other(");
}

#[test]
fn what_is_wrong_is_refused() {
    fn check<T: DeserializeOwned + Debug>(text: &str, expect: &str) {
        let error = serde_json::from_str::<T>(text).unwrap_err().to_string();
        assert!(error.contains(expect), "{text}: {error}");
    }
    check::<Content>(r#"{"text":"t"}"#, "missing field `type`");
    check::<Content>(r#"{"type":"text"}"#, "missing field `text`");
    check::<Content>(r#"{"type":"text","text":1}"#, "expected a string");
    check::<Content>(r#"{"type":1,"text":"t"}"#, "expected a string");
    check::<Content>(r#"{"type":"text","text":"t","text":"u"}"#, "duplicate field `text`");
    check::<Content>(r#"{"type":"text","type":"image","text":"t"}"#, "duplicate field `type`");
    check::<Content>("[]", "expected an object");
    check::<TextContent>(r#"{"type":"image","text":"t"}"#, "`type` must be `text`");
    check::<TextContent>(r#"{"text":"t"}"#, "missing field `type`");
    check::<ResourceContents>(r#"{"uri":"a:b","text":"","blob":""}"#, "not both");
    check::<Elicit>(r#"{"mode":"url","message":"m"}"#, "missing field `url`");
    check::<Elicit>(r#"{"message":"m"}"#, "missing field `requestedSchema`");
    check::<Level>(r#""fatal""#, "debug, info");
    check::<Task>(r#"{"taskId":"1","status":"working","createdAt":"","lastUpdatedAt":""}"#, "missing field `ttl`");
    check::<SamplingMessage>(r#"{"role":"user","content":"t"}"#, "a content block, or a list");
}

#[test]
fn a_question_is_a_form_unless_it_says_otherwise() {
    let check = |json: Value, expect: Elicit| assert_eq!(serde_json::from_value::<Elicit>(json).unwrap(), expect);
    let form = ElicitForm::new("m", Raw::empty_object());
    check(json!({"message": "m", "requestedSchema": {}}), Elicit::Form(form.clone()));
    check(json!({"message": "m", "mode": "form", "requestedSchema": {}}), form.mode("form").into());
    check(json!({"message": "m", "mode": "url", "url": "a:b"}), Elicit::url("m", "a:b"));
}

#[test]
fn what_a_user_filled_in() {
    let check = |answer: ElicitResult, expect: Result<Option<u8>, &str>| {
        #[derive(serde::Deserialize)]
        struct Days {
            days: u8,
        }
        let accepted = answer.accepted::<Days>().map(|days| days.map(|days| days.days)).map_err(|e| e.to_string());
        assert_eq!(accepted, expect.map_err(str::to_owned), "{answer:?}");
    };
    check(ElicitResult::accept(json!({"days": 2})), Ok(Some(2)));
    check(
        ElicitResult::accept(json!({"days": "2"})),
        Err("invalid type: string \"2\", expected u8 at line 1 column 11"),
    );
    check(ElicitResult::new(ElicitAction::Accept), Err("missing field `days` at line 1 column 2"));
    check(ElicitResult::decline(), Ok(None));
    check(ElicitResult::new(ElicitAction::Cancel), Ok(None));
    // A client that says both.
    check(ElicitResult::decline().content(json!({"days": 2})), Ok(None));
}

#[test]
fn forms_keep_their_order() {
    let schema = FormSchema::empty()
        .needs("z", SelectSchema::titled([("r", "red")]))
        .may_have("a", MultiSelectSchema::of(["x"]).min_items(1_u64))
        .may_have("m", NumberSchema::integer().minimum(1).maximum(2.5));
    let text = r#"{"type":"object","properties":{"z":{"type":"string","oneOf":[{"const":"r","title":"red"}]},"a":{"type":"array","items":{"type":"string","enum":["x"]},"minItems":1},"m":{"type":"integer","minimum":1,"maximum":2.5}},"required":["z"]}"#;
    assert_eq!(Raw::from(schema.clone()).as_str(), text);
    assert_eq!(ElicitForm::new("m", schema.clone()).schema().unwrap(), schema);
}

#[test]
fn capabilities_by_name() {
    let check = |declared: Value, name: &str, expect: bool| {
        let capabilities: ServerCapabilities = serde_json::from_value(declared.clone()).unwrap();
        assert_eq!(capabilities.offers(name), expect, "{declared}: {name}");
    };
    let all = json!({
        "tools": {"listChanged": true}, "resources": {"subscribe": true}, "prompts": {"listChanged": false},
        "completions": {}, "logging": {}, "tasks": {"list": {}, "requests": {"tools": {"call": {}}}}, "own": {"a": false},
    });
    for name in ["tools", "tools.listChanged", "resources", "resources.subscribe", "prompts", "completions", "logging"]
    {
        check(all.clone(), name, true);
        check(json!({}), name, false);
    }
    for name in ["tasks", "tasks.list", "tasks.requests.tools.call", "own"] {
        check(all.clone(), name, true);
    }
    for name in ["resources.listChanged", "prompts.listChanged", "tasks.cancel", "own.a", "own.b", "other", ""] {
        check(all.clone(), name, false);
    }

    let check = |declared: Value, expect: [bool; 6]| {
        let able: ClientCapabilities = serde_json::from_value(declared.clone()).unwrap();
        let found = [
            able.can_show_form(),
            able.can_open_url(),
            able.can_sample(),
            able.can_sample_with_tools(),
            able.can_sample_with_context(),
            able.can_list_roots(),
        ];
        assert_eq!(found, expect, "{declared}");
    };
    check(json!({}), [false; 6]);
    check(json!({"elicitation": {}}), [true, false, false, false, false, false]);
    check(json!({"elicitation": {"url": {}}}), [false, true, false, false, false, false]);
    check(json!({"elicitation": {"form": {}, "url": {}}, "sampling": {}}), [true, true, true, false, false, false]);
    check(json!({"sampling": {"tools": {}, "context": {}}, "roots": {}}), [false, false, true, true, true, true]);

    let extensions =
        Extensions::new().with(tasks::TASKS, Raw::empty_object()).with("com.example/none", raw(&json!(null)));
    let able = ClientCapabilities::new().extensions(extensions);
    assert!(able.has_extension(tasks::TASKS));
    assert!(!able.has_extension("com.example/none") && !able.has_extension("com.example/other"));
}

#[test]
fn caching_hints() {
    let check = |members: Value, expect: CacheHint| {
        let mut json = json!({"contents": []});
        json.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let result: ReadResourceResult = serde_json::from_value(json).unwrap();
        assert_eq!(result.cache(), expect, "{members}");
    };
    check(json!({}), CacheHint::default());
    check(json!({"ttlMs": -1, "cacheScope": "public"}), CacheHint::public(0));
    check(json!({"ttlMs": 5}), CacheHint::private(5));
    let result = ReadResourceResult::new(vec![]).cached(CacheHint::public(u64::MAX));
    assert_eq!(result.cache(), CacheHint::public(i64::MAX as u64));
}

#[test]
fn levels_are_ordered() {
    assert!(Level::ALL.is_sorted());
    for level in Level::ALL {
        assert_eq!(level.as_str().parse(), Ok(level));
    }
    assert_eq!("Debug".parse::<Level>(), Err(UnknownLevel));
}

#[test]
fn pages() {
    let request = ListTools::at(Some("2".to_owned()));
    assert_eq!(serde_json::to_value(request).unwrap(), json!({"cursor": "2"}));
    let page = ListPromptsResult::new(vec![Prompt::new("p")]).next_cursor("");
    assert_eq!(ListPrompts::split(page), (vec![Prompt::new("p")], Some(String::new())));
}

#[test]
fn completions_are_at_most_a_hundred() {
    for (count, kept, more) in [(0, 0, false), (100, 100, false), (101, 100, true)] {
        let completion = CompleteResult::of((0..count).map(|n| n.to_string())).completion;
        let found = (completion.values.len(), completion.total, completion.has_more);
        assert_eq!(found, (kept, Some(count), Some(more)));
    }
}

#[test]
fn tasks_of_a_subscription() {
    let changes = tasks::with_tasks(Changes::new().tools_list_changed(true), &["1".to_owned()]);
    assert_eq!(serde_json::to_value(&changes).unwrap(), json!({"toolsListChanged": true, "taskIds": ["1"]}));
    assert_eq!(tasks::tasks_of(&changes), ["1"]);
    let wrong: Changes = serde_json::from_value(json!({"taskIds": [1]})).unwrap();
    assert_eq!(tasks::tasks_of(&wrong), [""; 0]);
}

#[test]
fn traces() {
    let (trace_id, parent_id) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let check = |traceparent: &str, expect: Option<bool>| {
        let meta = json!({"traceparent": traceparent, "tracestate": "a=b", "baggage": 1});
        let context = TraceContext::of(&Object::from_raw(raw(&meta)).unwrap());
        let parent = expect.map(|sampled| TraceParent { trace_id, parent_id, sampled });
        assert_eq!(context.parent(), parent, "{traceparent}");
        let mut written =
            Extra::from([("tracestate".to_owned(), raw(&json!("old"))), ("a".to_owned(), raw(&json!(1)))]);
        context.put(&mut written);
        let expected = json!({"traceparent": traceparent, "tracestate": "a=b", "a": 1});
        assert_eq!(serde_json::to_value(written).unwrap(), expected);
    };
    check(&format!("00-{trace_id}-{parent_id}-01"), Some(true));
    check(&format!("00-{trace_id}-{parent_id}-fe"), Some(false));
    check(&format!("cc-{trace_id}-{parent_id}-01-more"), Some(true));
    for wrong in [
        String::new(),
        format!("00-{trace_id}-{parent_id}"),
        format!("00-{trace_id}-{parent_id}-01-more"),
        format!("ff-{trace_id}-{parent_id}-01"),
        format!("00-{}-{parent_id}-01", trace_id.to_uppercase()),
        format!("00-{}-{parent_id}-01", "0".repeat(32)),
        format!("00-{trace_id}-{}-01", "0".repeat(16)),
        format!("00-{trace_id}é-{parent_id}-01"),
        format!("00-{trace_id}-{parent_id}-1"),
    ] {
        check(&wrong, None);
    }
    assert_eq!(TraceContext::of(&Object::empty()), TraceContext::default());
}

/// The headers with the paths of their parameters, or what is wrong and where.
fn headers(schema: &Value) -> String {
    match header_params(&raw(schema)) {
        Ok(found) => found.iter().map(|param| format!("{}={} ", param.name, param.path.join("."))).collect(),
        Err(flaw) => format!("{:?} {}", flaw.kind, flaw.at),
    }
}

#[test]
fn headers_a_schema_asks_for() {
    let check = |properties: Value, expect: &str| {
        let schema = json!({"type": "object", "properties": properties});
        assert_eq!(headers(&schema), expect, "{schema}");
    };
    check(json!({}), "");
    check(json!({"a": {"type": "string"}, "x-mcp-header": {"type": "string"}}), "");
    check(
        json!({
            "region": {"type": "string", "x-mcp-header": "Region"},
            "in": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "N~1"}}},
            "on": {"type": "boolean", "x-mcp-header": "on"},
            "not": {"default": {"x-mcp-header": 1}, "enum": [{"x-mcp-header": 1}], "examples": [{"x-mcp-header": 1}]},
        }),
        "N~1=in.n on=on Region=region ",
    );
    for name in [json!(""), json!(1), json!("a b"), json!("a\r\n"), json!("é"), json!("a:"), json!(null)] {
        check(json!({"a": {"type": "string", "x-mcp-header": name}}), "NotAName /properties/a");
    }
    for kind in [json!("number"), json!("object"), json!(["string", "null"]), json!(null)] {
        check(json!({"a": {"type": kind, "x-mcp-header": "A"}}), "NotPrimitive /properties/a");
    }
    check(
        json!({"a": {"type": "string", "x-mcp-header": "X"}, "b/~": {"type": "string", "x-mcp-header": "x"}}),
        "Twice /properties/b~1~0",
    );
    let inner = json!({"type": "string", "x-mcp-header": "X"});
    for (property, at) in [
        (json!({"type": "array", "items": inner}), "items"),
        (json!({"anyOf": [inner]}), "anyOf"),
        (json!({"if": {"properties": {"b": inner}}}), "if/properties/b"),
        (json!({"$defs": {"x-mcp-header": inner}}), "$defs/x-mcp-header"),
        (json!({"additionalProperties": inner}), "additionalProperties"),
    ] {
        check(json!({"a": property}), &format!("OutOfReach /properties/a/{at}"));
    }
    assert_eq!(headers(&inner), "OutOfReach ");
    assert_eq!(headers(&json!(true)), "");
    let deep = format!("{}1{}", "[".repeat(500), "]".repeat(500));
    let deep = header_params(&Raw::new(deep, 1000).unwrap()).unwrap_err();
    assert_eq!(deep.kind, HeaderFlawKind::NoSchema);
    let twice = header_params(&raw(&json!({"properties": {"a": inner, "b": inner}}))).unwrap_err();
    let said = "`x-mcp-header` at `/properties/b` names a header that another parameter names, too";
    assert_eq!(twice.to_string(), said);
}

#[test]
fn what_headers_say() {
    let schema = json!({"properties": {"a": {"properties": {"b": {"type": "integer", "x-mcp-header": "B"}}}}});
    let param = header_params(&raw(&schema)).unwrap().remove(0);
    let check = |arguments: Value, expect: Option<&str>| {
        assert_eq!(param.text(&arguments).as_deref(), expect, "{arguments}");
    };
    check(json!({"a": {"b": "x y"}}), Some("x y"));
    check(json!({"a": {"b": ""}}), Some(""));
    check(json!({"a": {"b": true}}), Some("true"));
    check(json!({"a": {"b": -42}}), Some("-42"));
    check(json!({"a": {"b": 42.0}}), Some("42"));
    check(json!({"a": {"b": 9_007_199_254_740_991_i64}}), Some("9007199254740991"));
    for absent in [json!(9_007_199_254_740_992_i64), json!(u64::MAX), json!(1e300), json!(1.5), json!(null), json!([1])]
    {
        check(json!({"a": {"b": absent}}), None);
    }
    for absent in [json!({}), json!({"a": {}}), json!({"a": 1}), json!(null)] {
        check(absent, None);
    }
    let agrees = |text, value: Value, expect| {
        assert_eq!(param.agrees(text, &json!({"a": {"b": value}})), expect, "{text} {value}");
    };
    agrees("42.0", json!(42), true);
    agrees("42", json!(42.0), true);
    agrees("42.5", json!(42), false);
    agrees("42.0", json!("42"), false);
    agrees("42.0", json!("42.0"), true);
    agrees("true", json!(true), true);
    agrees("9007199254740992", json!(9_007_199_254_740_992_i64), false);
    agrees("null", json!(null), false);
    agrees("", json!(null), false);
}
