//! What programs hold of a client: pages, subscriptions, progress.

use mcp_proto::client::{Opening, Reply, ResultKind};
use mcp_proto::error::{CallError, Closed};
use mcp_proto::handle::client::{Client, ClientBuilder, Outcome, ProgressStream, Subscription, Update};
use mcp_proto::model::{CallToolResult, Changes, ListTools, Tool};
use mcp_proto::rpc::{Message, Raw};
use mcp_proto::sim::{Behaviour, RawPeer, World};
use std::sync::{Arc, Mutex};

const MODERN: &str = r#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{"listChanged":true}}}"#;
const LEGACY: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"resources":{"subscribe":true}},"serverInfo":{"name":"s","version":"1"}}"#;

/// A client that knows its server, and the server, which is played by hand.
fn meet(opening: Opening) -> (World, Client, RawPeer) {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let client = world.connect(ClientBuilder::new("c", "1").opening(opening), near);
    let mut peer = far.into_peer();
    let (method, answer) =
        if opening == Opening::LegacyOnly { ("initialize", LEGACY) } else { ("server/discover", MODERN) };
    let (client, peer) = world
        .run(async {
            let id = peer.request(method).await.unwrap();
            peer.respond(&id, answer).await;
            client.server().await.unwrap();
            (client, peer)
        })
        .unwrap();
    (world, client, peer)
}

/// How a list is taken.
#[derive(Clone, Copy, Debug)]
enum Taken {
    AtOnce,
    ByPage,
    ByItem,
}

fn name(item: Result<Tool, CallError>) -> Result<String, String> {
    item.map(|tool| tool.name).map_err(|e| e.to_string())
}

async fn take(client: Client, how: Taken) -> Vec<Result<String, String>> {
    let mut pages = client.list_tools();
    let mut taken = Vec::new();
    match how {
        Taken::AtOnce => match pages.await {
            Ok(all) => taken.extend(all.into_iter().map(|tool| name(Ok(tool)))),
            Err(e) => taken.push(name(Err(e))),
        },
        Taken::ByPage => {
            while let Some(page) = pages.next_page().await {
                match page {
                    Ok(page) => taken.extend(page.into_iter().map(|tool| name(Ok(tool)))),
                    Err(e) => taken.push(name(Err(e))),
                }
            }
        }
        Taken::ByItem => {
            while let Some(item) = pages.next().await {
                taken.push(name(item));
            }
        }
    }
    taken
}

/// Plays the pages; gives what was asked for and what came of it.
fn pages(pages: &'static [&'static str], how: Taken) -> (Vec<String>, Vec<Result<String, String>>) {
    let (world, client, mut peer) = meet(Opening::Probe);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    world.spawn(async move {
        let mut pages = pages.iter().cycle();
        while let Some(Message::Request { id, params, .. }) = peer.message().await {
            let cursor = params.and_then(|params| params.get("cursor"));
            seen.lock().unwrap().push(cursor.map_or_else(|| "-".to_owned(), |cursor| cursor.as_str().to_owned()));
            peer.respond(&id, pages.next().unwrap()).await;
        }
    });
    let taken = world.run(take(client, how)).unwrap();
    let asked = asked.lock().unwrap().clone();
    (asked, taken)
}

#[test]
fn pages_of_a_list() {
    const A: &str = r#"{"tools":[{"name":"a","inputSchema":{}},{"name":"b","inputSchema":{}}],"nextCursor":"1"}"#;
    const EMPTY: &str = r#"{"tools":[],"nextCursor":""}"#;
    const LAST: &str = r#"{"tools":[{"name":"z","inputSchema":{}}]}"#;
    const BROKEN: &str = r#"{"tools":7,"nextCursor":"2"}"#;
    let again = "the peer's answer is invalid: `tools/list` does not end: it comes to the same cursor again";
    let broken = "the peer's answer is invalid: invalid type: integer `7`, expected a sequence at line 1 column 10";
    type Case = (&'static [&'static str], &'static str, &'static [&'static str], Option<&'static str>);
    let cases: &[Case] = &[
        (&[LAST], "-", &["z"], None),
        // An empty page is not the last, and an empty cursor is one.
        (&[A, EMPTY, LAST], r#"- "1" """#, &["a", "b", "z"], None),
        (&[A], r#"- "1""#, &["a", "b"], Some(again)),
        (&[A, BROKEN], r#"- "1""#, &["a", "b"], Some(broken)),
    ];
    for (script, asked, items, error) in cases {
        for how in [Taken::AtOnce, Taken::ByPage, Taken::ByItem] {
            let (did_ask, taken) = pages(script, how);
            // Whoever takes it at once gets all or nothing.
            let items = if matches!(how, Taken::AtOnce) && error.is_some() { &[] } else { *items };
            let mut expected: Vec<Result<String, String>> = items.iter().map(|&item| Ok(item.to_owned())).collect();
            expected.extend(error.map(|e| Err(e.to_owned())));
            assert_eq!((did_ask.join(" ").as_str(), taken), (*asked, expected), "{how:?}");
        }
    }
}

#[test]
fn a_list_has_only_so_many_pages() {
    let (world, client, mut peer) = meet(Opening::Probe);
    world.spawn(async move {
        let mut number = 0;
        while let Some(Message::Request { id, .. }) = peer.message().await {
            number += 1;
            peer.respond(&id, &format!(r#"{{"tools":[],"nextCursor":"{number}"}}"#)).await;
        }
    });
    let taken = world.run(async { client.list_tools().await }).unwrap();
    let error = CallError::Invalid("`tools/list` does not end: it has too many pages".to_owned());
    assert_eq!(taken, Err(error));
    // A page of one's own choice is a call.
    let page = world.run(async { client.call(ListTools::new().cursor("x")).await }).unwrap();
    assert_eq!(page.unwrap().next_cursor.as_deref(), Some("10001"));
}

/// All that a subscription tells, up to its end.
async fn all(mut subscription: Subscription) -> Vec<Result<Update, CallError>> {
    let mut all = Vec::new();
    while let Some(update) = subscription.next().await {
        all.push(update);
    }
    assert!(subscription.next().await.is_none(), "the end stays the end");
    all
}

#[test]
fn a_subscription_is_a_stream() {
    let (world, client, mut peer) = meet(Opening::Probe);
    let changes = Changes::new().tools_list_changed(true).resource_subscriptions(vec!["f:/a".to_owned()]);
    let told = world.run(async {
        let subscription = client.listen(changes.clone());
        let id = peer.request("subscriptions/listen").await.unwrap();
        let tell = async |peer: &mut RawPeer, method: &str, members: &str| {
            let about = format!(r#""_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}"#);
            let line =
                format!(r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{{{members}{about}}}}}"#);
            peer.send_line(&line).await;
        };
        tell(&mut peer, "subscriptions/acknowledged", r#""notifications":{"toolsListChanged":true},"#).await;
        // Nobody looks meanwhile: what is the same waits once.
        for _ in 0..100 {
            tell(&mut peer, "tools/list_changed", "").await;
            tell(&mut peer, "resources/updated", r#""uri":"f:/a","#).await;
        }
        tell(&mut peer, "prompts/list_changed", "").await;
        tell(&mut peer, "resources/list_changed", "").await;
        tell(&mut peer, "x", r#""a":1,"#).await;
        tell(&mut peer, "resources/updated", r#""uri":7,"#).await;
        peer.respond(&id, "{}").await;
        all(subscription).await
    });
    let text: Vec<String> = told
        .unwrap()
        .into_iter()
        .map(|update| match update.unwrap() {
            Update::Other(method, params) => format!("{method} {}", params.get("a").is_some()),
            update => format!("{update:?}"),
        })
        .collect();
    let acknowledged = format!("{:?}", Update::Acknowledged(Changes::new().tools_list_changed(true)));
    assert_eq!(
        text,
        [
            acknowledged.as_str(),
            "ToolsListChanged",
            r#"ResourceUpdated("f:/a")"#,
            "PromptsListChanged",
            "ResourcesListChanged",
            "notifications/x true",
            "notifications/resources/updated false",
        ]
    );
}

#[test]
fn in_the_older_era_too() {
    let (world, client, mut peer) = meet(Opening::LegacyOnly);
    let changes = Changes::new().prompts_list_changed(true).resource_subscriptions(vec!["f:/a".to_owned()]);
    let (told, after) = world
        .run(async {
            assert!(matches!(peer.message().await, Some(Message::Notification { .. })));
            let mut subscription = client.listen(changes);
            let id = peer.request("resources/subscribe").await.unwrap();
            peer.respond(&id, "{}").await;
            let updated = r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"f:/a"}}"#;
            peer.send_line(updated).await;
            let mut told = vec![subscription.next().await, subscription.next().await];
            subscription.canceller().cancel(None);
            told.extend([subscription.next().await, subscription.next().await]);
            (told, peer.request("resources/unsubscribe").await.is_some())
        })
        .unwrap();
    let accepted = Changes::new().resource_subscriptions(vec!["f:/a".to_owned()]);
    let expected = vec![
        Some(Ok(Update::Acknowledged(accepted))),
        Some(Ok(Update::ResourceUpdated("f:/a".to_owned()))),
        Some(Err(CallError::Cancelled)),
        None,
    ];
    assert_eq!((told, after), (expected, true));
}

#[test]
fn how_a_subscription_ends() {
    // By an error, by a cancellation of the server, by the end of the connection.
    for (end, expected) in [
        (r#"{"jsonrpc":"2.0","id":$,"error":{"code":-32601,"message":"no"}}"#, "no (code -32601)"),
        (
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":$}}"#,
            "the server ended the subscription",
        ),
        ("", "closed by the peer"),
    ] {
        let (world, client, mut peer) = meet(Opening::Probe);
        let told = world.run(async {
            let subscription = client.listen(Changes::new());
            let id = peer.request("subscriptions/listen").await.unwrap();
            match end {
                "" => peer.close(),
                end => peer.send_line(&end.replace('$', &id.to_string())).await,
            }
            all(subscription).await
        });
        let told: Vec<String> = told.unwrap().into_iter().map(|update| update.unwrap_err().to_string()).collect();
        assert_eq!(told, [expected]);
    }
}

#[test]
fn a_dropped_subscription_ends() {
    let (world, client, mut peer) = meet(Opening::Probe);
    let cancelled = world.run(async {
        drop(client.listen(Changes::new()));
        assert!(peer.request("subscriptions/listen").await.is_some());
        matches!(peer.message().await, Some(Message::Notification { .. }))
    });
    assert_eq!(cancelled, Ok(true));
}

#[test]
fn progress_beside_a_result() {
    let (world, client, mut peer) = meet(Opening::Probe);
    let (reports, result) = world
        .run(async {
            let (call, mut progress) = client.prepare_tool("t", Raw::empty_object()).send_with_progress();
            let id = peer.request("tools/call").await.unwrap();
            let report = async |peer: &mut RawPeer, at: usize| {
                let params = format!(r#"{{"progressToken":{id},"progress":{at}}}"#);
                let line = format!(r#"{{"jsonrpc":"2.0","method":"notifications/progress","params":{params}}}"#);
                peer.send_line(&line).await;
            };
            report(&mut peer, 1).await;
            let mut reports = vec![progress.next().await.map(|p| p.progress)];
            // Nobody takes them meanwhile: the newest stay.
            for at in 2..200 {
                report(&mut peer, at).await;
            }
            peer.respond(&id, r#"{"content":[]}"#).await;
            let result = call.await;
            while let Some(report) = progress.next().await {
                reports.push(Some(report.progress));
            }
            (reports, result)
        })
        .unwrap();
    let kept = (200 - ProgressStream::KEPT..200).map(|at| Some(f64::from(u32::try_from(at).unwrap())));
    let expected: Vec<Option<f64>> = [Some(1.0)].into_iter().chain(kept).collect();
    assert_eq!((reports, result), (expected, Ok(CallToolResult::new(vec![]))));
}

#[test]
fn what_was_never_sent_has_an_end_too() {
    let (world, client, _peer) = meet(Opening::Probe);
    let ended = world.run(async {
        let (call, mut progress) = client.prepare_tool("t", f64::NAN).send_with_progress();
        (progress.next().await, call.await.is_err())
    });
    assert_eq!(ended, Ok((None, true)));
    client.close();
    let ended = world.run(async {
        client.closed().await;
        (client.listen(Changes::new()).next().await, client.list_tools().next().await.is_some_and(|page| page.is_err()))
    });
    let closed = Some(Err(CallError::Closed(Closed::ByUs)));
    assert_eq!(ended, Ok((closed, true)));
}

#[test]
fn a_call_that_may_become_a_task() {
    const TASK: &str = r#""taskId":"t","status":"working","createdAt":"now","lastUpdatedAt":"now""#;
    let (older, newer) =
        (format!(r#"{{"task":{{{TASK},"ttl":null}}}}"#), format!(r#"{{"resultType":"task",{TASK},"ttlMs":5}}"#));
    let done = r#"{"content":[],"task":{}}"#;
    for (opening, answer, expected) in [
        (Opening::LegacyOnly, older.as_str(), "task t"),
        (Opening::Probe, newer.as_str(), "extension's t"),
        (Opening::LegacyOnly, done, "done 0"),
        (Opening::Probe, done, "done 0"),
        (Opening::Probe, r#"{"resultType":"com.example/x"}"#, "other com.example/x"),
        (Opening::Probe, r#"{"resultType":"task"}"#, "invalid"),
        (Opening::LegacyOnly, r#"{"task":{}}"#, "invalid"),
    ] {
        let (world, client, mut peer) = meet(opening);
        let outcome = world.run(async {
            if opening == Opening::LegacyOnly {
                assert!(peer.message().await.is_some(), "initialized");
            }
            let call = client.prepare_tool("t", serde_json::json!({})).or_task(None).send();
            let id = peer.request("tools/call").await.unwrap();
            peer.respond(&id, answer).await;
            call.await
        });
        let text = match outcome.unwrap() {
            Ok(Outcome::Done(result)) => format!("done {}", result.content.len()),
            Ok(Outcome::Task(task)) => format!("task {}", task.task_id),
            Ok(Outcome::ExtensionTask(task)) => format!("extension's {}", task.task_id),
            Ok(Outcome::Other(Reply { kind: ResultKind::Other(name), .. })) => format!("other {name}"),
            Ok(other) => format!("{other:?}"),
            Err(CallError::Invalid(_)) => "invalid".to_owned(),
            Err(e) => e.to_string(),
        };
        assert_eq!(text, expected, "{answer}");
    }
}
