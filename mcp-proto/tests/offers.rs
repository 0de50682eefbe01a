//! What a server offers, as clients of each era see it.

use mcp_proto::client::Opening;
use mcp_proto::error::CallError;
use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::handle::server::{
    Caller, Completing, Cx, Failure, Json, Next, Prompt, Resource, ResourceTemplate, Server, Tool,
};
use mcp_proto::model::{
    Annotations, CacheHint, Content, Icon, PromptMessage, Reference, ResourceContents, Revision, ToolAnnotations,
};
use mcp_proto::rpc::{MAX_DEPTH, Raw};
use mcp_proto::server::{Answer, Request};
use mcp_proto::sim::{Behaviour, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A result, or an error's code and text.
type Expected<'a> = Result<Value, (i64, &'a str)>;

const MODERN: Revision = Revision::V2026_07_28;
const OLD: Revision = Revision::V2025_11_25;

fn raw(value: &Value) -> Raw {
    Raw::new(value.to_string(), MAX_DEPTH).unwrap()
}

/// The answer to one request: the result without what the core adds, or the error's code and text.
fn ask(server: Server, revision: Revision, method: &'static str, params: &Value) -> Result<Value, (i64, String)> {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let _serving = world.serve(server, far);
    let client = ClientBuilder::new("c", "1").opening(Opening::Probe).revisions([revision]);
    let client = world.connect(client, near);
    match world.run(client.prepare_raw(method, raw(params)).unchecked().send()).unwrap() {
        Ok(reply) => {
            let mut result: Value = reply.result.raw().parse().unwrap();
            let members = result.as_object_mut().unwrap();
            members.remove("_meta");
            members.remove("resultType");
            Ok(result)
        }
        Err(CallError::Peer(error)) => Err((error.code, error.message)),
        Err(other) => panic!("{other}"),
    }
}

#[derive(Deserialize, Serialize)]
struct City {
    name: String,
    #[serde(default)]
    days: Option<u8>,
}

#[derive(Deserialize)]
struct Trip {
    to: Vec<City>,
}

fn weather() -> Server {
    let cities = |so_far: Completing, _: Cx| {
        let known = ["Oslo", "Bergen", "Bodø"];
        known.into_iter().filter(|city| city.starts_with(&so_far.value)).collect::<Vec<_>>()
    };
    Server::new("weather", "1")
        .tool(
            Tool::new("now").annotations(ToolAnnotations::new().read_only_hint(true)).title("Now"),
            |city: City, _: Cx| format!("{}: 12 degrees", city.name),
        )
        .tool(Tool::new("trip"), async |trip: Trip, _: Cx| Json(trip.to))
        .tool(Tool::new("map"), |_: Value, _: Cx| vec![Content::image([1, 2, 3], "image/png")])
        .resource(
            Resource::new("weather://stations", "stations").mime_type("text/plain").size(4).cache(CacheHint::public(5)),
            |_: String, _: Cx| "Oslo",
        )
        .resource(Resource::new("weather://logo", "logo").icon(Icon::new("https://x/y.png")), |_: String, _: Cx| {
            vec![0u8, 255]
        })
        .resource_template(
            ResourceTemplate::new("weather://{name}/{days}", "forecast").unwrap().mime_type("text/markdown"),
            async |city: City, _: Cx| match city.name.as_str() {
                "Nowhere" => Err(Failure::resource_not_found("weather://Nowhere")),
                name => Ok(format!("{name} for {:?} days", city.days)),
            },
        )
        .prompt(Prompt::new("pack").required("name", "Where to").optional("days", "How long"), |city: City, _: Cx| {
            vec![
                PromptMessage::user(format!("{} for {:?} days", city.name, city.days)),
                PromptMessage::assistant("Well"),
            ]
        })
        .completion(Reference::prompt("pack"), "name", cities)
        .completion(Reference::resource("weather://{name}/{days}"), "name", cities)
        .method("weather/units", async |_: Value, _: Cx| Json(json!({"units": "metric", "_meta": {"a": 1}})))
}

#[track_caller]
fn check(method: &'static str, params: Value, old: Expected<'_>, modern: Expected<'_>) {
    let own = |result: Expected<'_>| result.map_err(|(code, text)| (code, text.to_owned()));
    assert_eq!(ask(weather(), OLD, method, &params), own(old), "{OLD}");
    assert_eq!(ask(weather(), MODERN, method, &params), own(modern), "{MODERN}");
}

/// The same in both eras.
#[track_caller]
fn check_both(method: &'static str, params: Value, expected: Expected<'_>) {
    check(method, params, expected.clone(), expected);
}

fn contents(contents: Value) -> (Expected<'static>, Expected<'static>) {
    let old = json!({"contents": contents.clone()});
    (Ok(old), Ok(json!({"contents": contents, "ttlMs": 0, "cacheScope": "private"})))
}

#[test]
fn structured_content() {
    let text = r#"[{"name":"Oslo","days":null},{"name":"Bodø","days":2}]"#;
    let old = json!({"content": [{"type": "text", "text": text}]});
    // Before 2026-07-28 it can only be an object.
    let mut modern = old.clone();
    modern["structuredContent"] = text.parse().unwrap();
    let arguments = json!({"to": [{"name": "Oslo"}, {"name": "Bodø", "days": 2}]});
    check("tools/call", json!({"name": "trip", "arguments": arguments}), Ok(old), Ok(modern));
}

#[test]
fn arguments_that_are_wrong_name_the_place() {
    let wrong = |text: &str| Ok(json!({"content": [{"type": "text", "text": text}], "isError": true}));
    for (arguments, text) in [
        (json!({"to": [{"name": "Oslo"}, {"name": 5}]}), "`to[1].name`: invalid type: integer `5`, expected a string"),
        (json!({"to": [{"name": "Oslo", "days": 300}]}), "`to[0].days`: invalid value: integer `300`, expected u8"),
        (json!({"to": [{}]}), "`to[0]`: missing field `name`"),
        (json!({}), "missing field `to`"),
        (json!("Oslo"), "invalid type: string \"Oslo\", expected struct Trip"),
    ] {
        let text = format!("invalid arguments: {text}");
        check_both("tools/call", json!({"name": "trip", "arguments": arguments.clone()}), wrong(&text));
        let before =
            ask(weather(), Revision::V2025_06_18, "tools/call", &json!({"name": "trip", "arguments": arguments}));
        assert_eq!(before, Err((-32602, text)));
    }
    check_both("tools/call", json!({"name": "none"}), Err((-32602, "unknown tool: none")));
    check_both("tools/call", json!({"name": 1}), Err((-32602, "`params.name` must be a string")));
}

#[test]
fn resources() {
    let (old, modern) = contents(json!([{"uri": "weather://logo", "blob": "AP8="}]));
    check("resources/read", json!({"uri": "weather://logo"}), old, modern);
    let forecast =
        json!([{"uri": "weather://Bod%C3%B8/3", "mimeType": "text/markdown", "text": "Bodø for Some(3) days"}]);
    let (old, modern) = contents(forecast);
    check("resources/read", json!({"uri": "weather://Bod%C3%B8/3"}), old, modern);
    let stations = json!([{"uri": "weather://stations", "mimeType": "text/plain", "text": "Oslo"}]);
    check(
        "resources/read",
        json!({"uri": "weather://stations"}),
        Ok(json!({"contents": stations})),
        Ok(json!({"contents": stations, "ttlMs": 5, "cacheScope": "public"})),
    );
    for (uri, text) in [("weather://a/b/c", "weather://a/b/c"), ("weather://Nowhere/1", "weather://Nowhere")] {
        let text = format!("resource not found: {text}");
        check("resources/read", json!({"uri": uri}), Err((-32002, &text)), Err((-32602, &text)));
    }
    check_both(
        "resources/read",
        json!({"uri": "weather://Oslo/many"}),
        Err((-32602, "the URI does not fit: `days`: invalid value: string \"many\", expected u8")),
    );
    check_both("resources/read", json!({}), Err((-32602, "`params.uri` must be a string")));
}

#[test]
fn prompts_and_completion() {
    check_both(
        "prompts/get",
        json!({"name": "pack", "arguments": {"name": "Oslo", "days": "3"}}),
        Ok(json!({"messages": [
            {"role": "user", "content": {"type": "text", "text": "Oslo for Some(3) days"}},
            {"role": "assistant", "content": {"type": "text", "text": "Well"}},
        ]})),
    );
    for (params, text) in [
        (json!({"name": "pack"}), "invalid arguments: missing field `name`"),
        (json!({"name": "pack", "arguments": {"name": 1}}), "invalid arguments: `name` must be a string"),
        (json!({"name": "pack", "arguments": []}), "invalid arguments: they must be an object"),
        (json!({"name": "other"}), "unknown prompt: other"),
    ] {
        check_both("prompts/get", params, Err((-32602, text)));
    }
    let complete =
        |of: Value, argument: &str, value: &str| json!({"ref": of, "argument": {"name": argument, "value": value}});
    let pack = json!({"type": "ref/prompt", "name": "pack"});
    let template = json!({"type": "ref/resource", "uri": "weather://{name}/{days}"});
    for (of, argument, value, values) in [
        (&pack, "name", "B", json!(["Bergen", "Bodø"])),
        (&pack, "days", "", json!([])),
        (&template, "name", "O", json!(["Oslo"])),
    ] {
        let expected = json!({"completion": {"values": values}});
        check_both("completion/complete", complete(of.clone(), argument, value), Ok(expected));
    }
    let other = complete(json!({"type": "ref/prompt", "name": "other"}), "name", "");
    check_both("completion/complete", other, Err((-32602, "no such prompt or resource template to complete for")));
}

#[test]
fn a_completion_has_a_hundred_values_at_most() {
    let many = |_: Completing, _: Cx| (0..250).map(|n| n.to_string()).collect::<Vec<_>>();
    let server = Server::new("s", "1").prompt(Prompt::new("p"), |_: Value, _: Cx| "p").completion(
        Reference::prompt("p"),
        "a",
        many,
    );
    let params = json!({"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": ""}});
    let values: Vec<String> = (0..100).map(|n| n.to_string()).collect();
    let expected = json!({"completion": {"values": values, "total": 250, "hasMore": true}});
    assert_eq!(ask(server, MODERN, "completion/complete", &params), Ok(expected));
}

#[test]
fn what_a_revision_lacks_is_not_listed() {
    let tools = |revision| ask(weather(), revision, "tools/list", &json!({})).unwrap()["tools"].clone();
    let [map, trip] = ["map", "trip"].map(|name| json!({"name": name, "inputSchema": {"type": "object"}}));
    let listed = |now: Value| json!([map, now, trip]);
    let now = json!({"name": "now", "inputSchema": {"type": "object"}});
    assert_eq!(tools(Revision::V2024_11_05), listed(now));
    let now = json!({"name": "now", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}});
    assert_eq!(tools(Revision::V2025_03_26), listed(now.clone()));
    let mut titled = now;
    titled["title"] = json!("Now");
    assert_eq!(tools(OLD), listed(titled));
    let logo = |revision| ask(weather(), revision, "resources/list", &json!({})).unwrap()["resources"][0].clone();
    assert_eq!(logo(Revision::V2025_06_18), json!({"uri": "weather://logo", "name": "logo"}));
    let icons = json!([{"src": "https://x/y.png"}]);
    assert_eq!(logo(OLD), json!({"uri": "weather://logo", "name": "logo", "icons": icons}));
}

#[test]
fn lists_come_in_pages() {
    let server = || {
        let named = |server: Server, name: &str| server.tool(Tool::new(name), |_: Value, _: Cx| "");
        let server = Server::new("s", "1").page_size(2).cache(CacheHint::public(9));
        ["d", "a", "c", "b", "e"].into_iter().fold(server, named)
    };
    let page = |names: &[&str], next: Option<&str>| {
        let tools: Vec<Value> =
            names.iter().map(|name| json!({"name": name, "inputSchema": {"type": "object"}})).collect();
        let mut page = json!({"tools": tools, "ttlMs": 9, "cacheScope": "public"});
        if let Some(next) = next {
            page["nextCursor"] = json!(next);
        }
        Ok(page)
    };
    let list = |params: Value| ask(server(), MODERN, "tools/list", &params);
    assert_eq!(list(json!({})), page(&["a", "b"], Some("after:b")));
    assert_eq!(list(json!({"cursor": null})), page(&["a", "b"], Some("after:b")));
    assert_eq!(list(json!({"cursor": "after:b"})), page(&["c", "d"], Some("after:d")));
    assert_eq!(list(json!({"cursor": "after:d"})), page(&["e"], None));
    // The entry a cursor names may be gone.
    assert_eq!(list(json!({"cursor": "after:bb"})), page(&["c", "d"], Some("after:d")));
    assert_eq!(list(json!({"cursor": "after:x"})), page(&[], None));
    for cursor in [json!("x"), json!(""), json!(1)] {
        let refused = Err((-32602, "no such cursor; begin again without one".to_owned()));
        assert_eq!(list(json!({"cursor": cursor})), refused);
    }
}

#[test]
fn what_is_not_offered_is_unknown() {
    let bare = || Server::new("s", "1").tool(Tool::new("t"), |_: Value, _: Cx| "");
    for (method, text) in [
        ("prompts/list", "this server does not offer `prompts`, which `prompts/list` needs"),
        ("resources/read", "this server does not offer `resources`, which `resources/read` needs"),
        ("completion/complete", "this server does not offer `completions`, which `completion/complete` needs"),
        ("x/y", "unknown method: x/y"),
    ] {
        assert_eq!(ask(bare(), OLD, method, &json!({})), Err((-32601, text.to_owned())));
    }
    let gateway = || bare().fallback(|request: Arc<Request>, _: Cx| Json(json!({"method": request.method.as_str()})));
    assert_eq!(ask(gateway(), MODERN, "x/y", &json!({})), Ok(json!({"method": "x/y"})));
    assert_eq!(
        ask(gateway(), MODERN, "tools/call", &json!({"name": "no"})),
        Err((-32602, "unknown tool: no".to_owned()))
    );
    assert_eq!(ask(weather(), OLD, "weather/units", &json!({})), Ok(json!({"units": "metric"})));
}

#[test]
fn middleware_is_passed_from_the_outside_in() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let noting = |name: &'static str| {
        let log = log.clone();
        move |cx: Cx, next: Next| {
            let log = log.clone();
            async move {
                log.lock().unwrap().push(format!("{name} before {}", cx.request().method));
                let answer = next.run().await;
                log.lock().unwrap().push(format!("{name} after"));
                answer
            }
        }
    };
    let refusing = async |cx: Cx, next: Next| match cx.request().params.get("name") {
        Some(name) if name.as_str() == "\"secret\"" => Err(Failure::invalid_params("not for you")),
        _ => Ok(next.run().await),
    };
    let server = || {
        let tools = Server::new("s", "1").wrap(noting("outer")).wrap(refusing).wrap(noting("inner"));
        tools.tool(Tool::new("open"), |_: Value, _: Cx| "open").tool(Tool::new("secret"), |_: Value, _: Cx| "secret")
    };
    let open = json!({"content": [{"type": "text", "text": "open"}]});
    assert_eq!(ask(server(), MODERN, "tools/call", &json!({"name": "open"})), Ok(open));
    let refused = Err((-32602, "not for you".to_owned()));
    assert_eq!(ask(server(), MODERN, "tools/call", &json!({"name": "secret"})), refused);
    let tools = ask(server(), OLD, "tools/list", &json!({})).unwrap();
    assert_eq!(tools["tools"].as_array().map(Vec::len), Some(2));
    let call = ["outer before tools/call", "inner before tools/call", "inner after", "outer after"];
    let refused = ["outer before tools/call", "outer after"];
    let list = ["outer before tools/list", "inner before tools/list", "inner after", "outer after"];
    assert_eq!(*log.lock().unwrap(), [&call[..], &refused, &list].concat());
}

#[test]
fn middleware_may_change_the_answer_and_waits_where_the_handler_would() {
    let world = World::new(1);
    let clock = world.clock();
    let server = Server::new("s", "1")
        .state(clock)
        .wrap(async |cx: Cx<mcp_proto::sim::SimClock>, next: Next| {
            cx.state().sleep(Duration::from_secs(3)).await;
            match next.run().await {
                Answer::Result { .. } => Answer::Result { body: raw(&json!({"content": []})), meta: None },
                other => other,
            }
        })
        .tool(Tool::new("t"), |_: Value, _: Cx<_>| "never seen");
    let client = world.client_of(server);
    let result = world.run(client.call_tool("t", json!({}))).unwrap().unwrap();
    assert_eq!((result.content.len(), world.now().as_nanos()), (0, 3_000_000_000));
}

#[test]
fn handlers_know_who_calls() {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let server = Server::new("s", "1").tool(Tool::new("who"), |_: Value, cx: Cx| {
        let client = cx.client().map(|client| client.name);
        let trace = cx.meta().get("traceparent").map(|trace| trace.as_str().to_owned());
        format!("{:?} {:?} {:?} {:?} {trace:?}", cx.principal(), cx.extension::<u16>(), cx.extension::<u8>(), client)
    });
    let caller = Caller::new().principal("ann").extension(7u16);
    let _serving = world.serve_caller(server, far, caller);
    let client = world.connect(ClientBuilder::new("c", "1"), near);
    let call = client.prepare_tool("who", json!({})).meta(raw(&json!({"traceparent": "00-a-b-01"}))).send();
    let result = world.run(call).unwrap().unwrap();
    let said = r#"Some("ann") Some(7) None Some("c") Some("\"00-a-b-01\"")"#;
    assert_eq!(result.content[0].as_text(), Some(said));
}

#[test]
fn a_resource_says_what_its_handler_says() {
    let server =
        Server::new("s", "1").resource(Resource::new("a:b", "ab").mime_type("text/plain"), |uri: String, _: Cx| {
            vec![ResourceContents::text("a:b/1", "one").mime_type("text/html"), ResourceContents::text("", uri)]
        });
    let expected = json!({"contents": [
        {"uri": "a:b/1", "text": "one", "mimeType": "text/html"},
        {"uri": "a:b", "text": "a:b", "mimeType": "text/plain"},
    ]});
    assert_eq!(ask(server, OLD, "resources/read", &json!({"uri": "a:b"})), Ok(expected));
    let listed = Server::new("s", "1").resource(
        Resource::new("a:b", "ab").annotations(Annotations::new().priority(0.5)).describe("d"),
        |_: String, _: Cx| "",
    );
    let expected = json!({"resources": [
        {"uri": "a:b", "name": "ab", "description": "d", "annotations": {"priority": 0.5}},
    ]});
    assert_eq!(ask(listed, OLD, "resources/list", &json!({})), Ok(expected));
}

#[test]
fn a_family_of_resources_says_which_there_are() {
    let read = |uri: &str, revision| {
        let family = ResourceTemplate::new("a:{name}", "a").unwrap();
        let server =
            Server::new("s", "1").resource_template(family, |city: City, _: Cx| (city.name == "b").then_some("here"));
        ask(server, revision, "resources/read", &json!({"uri": uri}))
    };
    assert_eq!(read("a:b", OLD), Ok(json!({"contents": [{"uri": "a:b", "text": "here"}]})));
    assert_eq!(read("a:c%20d", OLD), Err((-32002, "resource not found: a:c%20d".to_owned())));
    assert_eq!(read("a:c%20d", MODERN), Err((-32602, "resource not found: a:c%20d".to_owned())));
}
