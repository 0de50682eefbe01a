//! What clients answer, hear and ask for by name, in both eras.

use mcp_proto::client::Opening;
use mcp_proto::handle::client::{Client, ClientBuilder};
use mcp_proto::model::{
    Content, CreateMessageResult, ElicitAction, ElicitForm, ElicitResult, Era, Level, Reference, Role, Root,
    SamplingContent,
};
use mcp_proto::rpc::{ErrorObject, Message, Raw};
use mcp_proto::sim::{Behaviour, RawPeer, World};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

fn opening(era: Era) -> Opening {
    if era == Era::Legacy { Opening::LegacyOnly } else { Opening::ModernOnly }
}

/// A client whose server is played by hand and has everything. Gives what the client said of itself, too.
fn meet(era: Era, client: ClientBuilder) -> (World, Client, RawPeer, Value) {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let client = world.connect(client.opening(opening(era)), near);
    let mut peer = far.into_peer();
    let capabilities = r#"{"tools":{},"resources":{},"prompts":{},"completions":{},"logging":{}}"#;
    let (client, peer, said) = world
        .run(async {
            let Some(Message::Request { id, params, .. }) = peer.message().await else { panic!("no request") };
            let params: Value = params.unwrap().raw().parse().unwrap();
            if era == Era::Legacy {
                let info = r#""serverInfo":{"name":"s","version":"1"}"#;
                let result = format!(r#"{{"protocolVersion":"2025-11-25","capabilities":{capabilities},{info}}}"#);
                peer.respond(&id, &result).await;
                assert!(peer.message().await.is_some(), "initialized");
                (client, peer, params["capabilities"].clone())
            } else {
                let result = format!(r#"{{"supportedVersions":["2026-07-28"],"capabilities":{capabilities}}}"#);
                peer.respond(&id, &result).await;
                client.server().await.unwrap();
                (client, peer, params["_meta"]["io.modelcontextprotocol/clientCapabilities"].clone())
            }
        })
        .unwrap();
    (world, client, peer, said)
}

/// What the client makes of a question: its answer, or the error.
fn ask(era: Era, client: ClientBuilder, method: &str, params: &Value) -> Value {
    let (world, client, mut peer, _) = meet(era, client);
    world
        .run(async {
            if era == Era::Legacy {
                let line = json!({ "jsonrpc": "2.0", "id": "q", "method": method, "params": params });
                peer.send_line(&line.to_string()).await;
                let line: Value = serde_json::from_str(&peer.line().await.unwrap()).unwrap();
                return line.get("result").or_else(|| line.get("error")).cloned().unwrap();
            }
            let call = client.call_tool("t", json!({}));
            let id = peer.request("tools/call").await.unwrap();
            let asked = json!({ "q": { "method": method, "params": params } });
            let result = json!({ "resultType": "input_required", "inputRequests": asked });
            peer.respond(&id, &result.to_string()).await;
            let again = peer.message();
            let ended = async { call.await.map(|_| ()) };
            match first(again, ended).await {
                Ok(Some(Message::Request { params, .. })) => {
                    let params: Value = params.unwrap().raw().parse().unwrap();
                    params["inputResponses"]["q"].clone()
                }
                Ok(other) => panic!("{other:?}"),
                Err(ended) => match ended {
                    Err(mcp_proto::error::CallError::Unanswered(error)) => serde_json::to_value(error).unwrap(),
                    other => panic!("{other:?}"),
                },
            }
        })
        .unwrap()
}

/// Whichever comes first.
async fn first<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> Result<A, B> {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    std::future::poll_fn(move |cx| match (a.as_mut().poll(cx), b.as_mut().poll(cx)) {
        (std::task::Poll::Ready(a), _) => std::task::Poll::Ready(Ok(a)),
        (_, std::task::Poll::Ready(b)) => std::task::Poll::Ready(Err(b)),
        _ => std::task::Poll::Pending,
    })
    .await
}

/// A callback that is a `fn`.
fn decline(_: ElicitForm) -> ElicitResult {
    ElicitResult::new(ElicitAction::Decline)
}

fn says(text: &str) -> CreateMessageResult {
    CreateMessageResult::new(Role::Assistant, SamplingContent::One(Content::text(text)), "m")
}

#[test]
fn questions_and_who_answers_them() {
    let new = || ClientBuilder::new("c", "1");
    let (form, url) =
        (json!({ "message": "m", "requestedSchema": {} }), json!({ "mode": "url", "message": "m", "url": "u" }));
    let prompt = json!({ "messages": [], "maxTokens": 1, "systemPrompt": "hi" });
    let accept = |_| ElicitResult::new(ElicitAction::Accept);
    let unknown =
        |method: &str| json!({ "code": -32601, "message": format!("this client does not answer `{method}`") });
    let said = json!({ "role": "assistant", "content": { "type": "text", "text": "hi" }, "model": "m" });
    let refused = json!({ "code": -1, "message": "the user refused" });
    let roots = json!({ "roots": [{ "uri": "file:///a" }] });
    let cases: Vec<(ClientBuilder, Value, &str, Value, Value)> = vec![
        (new(), json!({}), "elicitation/create", form.clone(), unknown("elicitation/create")),
        (new(), json!({}), "roots/list", json!({}), unknown("roots/list")),
        // Plain, async, and closures that return a future.
        (
            new().on_elicit(decline),
            json!({ "elicitation": { "form": {} } }),
            "elicitation/create",
            form.clone(),
            json!({ "action": "decline" }),
        ),
        (
            new().on_elicit(async |form: ElicitForm| {
                ElicitResult::new(ElicitAction::Accept).content(Raw::from_serialize(&form.message).unwrap())
            }),
            json!({ "elicitation": { "form": {} } }),
            "elicitation/create",
            form.clone(),
            json!({ "action": "accept", "content": "m" }),
        ),
        (
            new().on_elicit(decline).on_elicit_url(move |page| {
                assert_eq!(page.url, "u");
                std::future::ready(accept(()))
            }),
            json!({ "elicitation": { "form": {}, "url": {} } }),
            "elicitation/create",
            url.clone(),
            json!({ "action": "accept" }),
        ),
        (
            new().on_elicit(decline),
            json!({ "elicitation": { "form": {} } }),
            "elicitation/create",
            url,
            json!({ "code": -32602, "message": "this client opens no web pages" }),
        ),
        (
            new().on_sample(|question| Ok(says(question.system_prompt.as_deref().unwrap_or_default()))),
            json!({ "sampling": {} }),
            "sampling/createMessage",
            prompt.clone(),
            said,
        ),
        (
            new().on_sample(async |_| Err(ErrorObject::new(-1, "the user refused"))),
            json!({ "sampling": {} }),
            "sampling/createMessage",
            prompt,
            refused,
        ),
        (new().roots([Root::new("file:///a")]), json!({ "roots": {} }), "roots/list", json!({}), roots.clone()),
        (
            new().on_roots(async || vec![Root::new("file:///a")]),
            json!({ "roots": { "listChanged": true } }),
            "roots/list",
            json!({}),
            roots,
        ),
    ];
    for (client, declares, method, params, expected) in cases {
        for era in [Era::Legacy, Era::Modern] {
            let (_, _, _, said) = meet(era, client.clone());
            let mut declares = declares.clone();
            if era == Era::Modern
                && let Some(roots) = declares.get_mut("roots")
            {
                *roots = json!({});
            }
            assert_eq!(said, declares, "{era} {method}");
            assert_eq!(ask(era, client.clone(), method, &params), expected, "{era} {method}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_the_servers_fault() {
    let client = ClientBuilder::new("c", "1").on_elicit(decline);
    for era in [Era::Legacy, Era::Modern] {
        let answer = ask(era, client.clone(), "elicitation/create", &json!({ "message": 7 }));
        assert_eq!(answer["code"], json!(-32602), "{era}: {answer}");
    }
}

/// Everything the callbacks are told, as text.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<String>>>);

impl Heard {
    fn client(&self) -> ClientBuilder {
        let (log, other) = (self.clone(), self.clone());
        ClientBuilder::new("c", "1")
            .on_log(Level::Warning, move |message| log.note(format!("{} {}", message.level, message.data.as_str())))
            .on_notification(move |method, params| other.note(format!("{method} {}", params.raw().as_str())))
    }

    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }
}

#[test]
fn logs_and_other_notifications() {
    for era in [Era::Legacy, Era::Modern] {
        let heard = Heard::default();
        let (world, client, mut peer, _) = meet(era, heard.client());
        let levels: Vec<Value> = world
            .run(async {
                let mut levels = Vec::new();
                let mut level = async |peer: &mut RawPeer| {
                    let Some(Message::Request { params, .. }) = peer.message().await else { panic!("no request") };
                    let params: Value = params.unwrap().raw().parse().unwrap();
                    let modern = params["_meta"].get("io.modelcontextprotocol/logLevel");
                    levels.push(modern.or_else(|| params.get("level")).cloned().unwrap_or_default());
                };
                // The older era is told by itself, and again when it changes; the newer with each call.
                let call = (era == Era::Modern).then(|| client.call_tool("t", json!({})));
                level(&mut peer).await;
                client.set_log_level(Level::Error);
                let other = (era == Era::Modern).then(|| client.call_tool("t", json!({})));
                level(&mut peer).await;
                for (method, params) in [
                    ("message", r#"{"level":"error","data":{"a":1}}"#),
                    ("message", r#"{"level":"no level","data":1}"#),
                    ("tools/list_changed", "{}"),
                    ("x", r#"{"b":2}"#),
                ] {
                    let line = format!(r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{params}}}"#);
                    peer.send_line(&line).await;
                }
                peer.close();
                client.closed().await;
                drop((call, other));
                levels
            })
            .unwrap();
        assert_eq!(levels, [json!("warning"), json!("error")], "{era}");
        let expected = [r#"error {"a":1}"#, "notifications/tools/list_changed {}", r#"notifications/x {"b":2}"#];
        assert_eq!(*heard.0.lock().unwrap(), expected, "{era}");
    }
}

#[test]
fn methods_by_name() {
    type Call = fn(Client) -> std::pin::Pin<Box<dyn Future<Output = String>>>;
    macro_rules! call {
        (|$client:ident| $call:expr) => {
            (|$client| Box::pin(async move { format!("{:?}", $call.await.map_err(|e| e.to_string()).is_ok()) })) as Call
        };
    }
    let cases: &[(&str, Call, &str, &str)] = &[
        (
            "resources/read",
            call!(|client| client.read_resource("f:/a")),
            r#"{"uri":"f:/a"}"#,
            r#"{"contents":[{"uri":"f:/a","text":"t"}]}"#,
        ),
        (
            "prompts/get",
            call!(|client| client.get_prompt("p", json!({ "a": "b" }))),
            r#"{"name":"p","arguments":{"a":"b"}}"#,
            r#"{"messages":[]}"#,
        ),
        (
            "completion/complete",
            call!(|client| client.complete(Reference::prompt("p"), "a", "b")),
            r#"{"ref":{"type":"ref/prompt","name":"p"},"argument":{"name":"a","value":"b"}}"#,
            r#"{"completion":{"values":[]}}"#,
        ),
        ("resources/list", call!(|client| client.list_resources()), "{}", r#"{"resources":[]}"#),
        (
            "resources/templates/list",
            call!(|client| client.list_resource_templates()),
            "{}",
            r#"{"resourceTemplates":[]}"#,
        ),
        ("prompts/list", call!(|client| client.list_prompts()), "{}", r#"{"prompts":[]}"#),
        ("ping", call!(|client| client.ping()), "{}", "{}"),
    ];
    for (method, call, params, answer) in cases {
        for era in [Era::Legacy, Era::Modern] {
            let (world, client, mut peer, _) = meet(era, ClientBuilder::new("c", "1"));
            let expected = if era == Era::Modern && *method == "ping" { "server/discover" } else { method };
            world.spawn(async move {
                let Some(Message::Request { id, method, params: said }) = peer.message().await else {
                    panic!("no request")
                };
                let mut said: Value = said.unwrap().raw().parse().unwrap();
                said.as_object_mut().unwrap().remove("_meta");
                assert_eq!((method.as_str(), said), (expected, serde_json::from_str(params).unwrap()));
                peer.respond(&id, answer).await;
            });
            assert_eq!(world.run(call(client)), Ok("true".to_owned()), "{era} {method}");
        }
    }
}

#[test]
fn roots_that_change() {
    let client = || ClientBuilder::new("c", "1").on_roots(Vec::new);
    let (world, legacy, mut peer, _) = meet(Era::Legacy, client());
    legacy.roots_changed();
    let line = world.run(async { peer.line().await }).unwrap();
    assert_eq!(line.as_deref(), Some(r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#));
    let (world, modern, mut peer, _) = meet(Era::Modern, client());
    modern.roots_changed();
    modern.notify("com.example/own", None);
    let line = world.run(async { peer.line().await }).unwrap();
    assert_eq!(line.as_deref(), Some(r#"{"jsonrpc":"2.0","method":"com.example/own"}"#));
}
