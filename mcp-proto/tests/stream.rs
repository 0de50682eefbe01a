//! Lists, subscriptions and progress as streams.

use futures_core::Stream;
use mcp_proto::handle::client::{ClientBuilder, Update};
use mcp_proto::model::Changes;
use mcp_proto::sim::{Behaviour, World};
use std::future::poll_fn;
use std::pin::Pin;

async fn all<S: Stream + Unpin>(mut stream: S) -> Vec<S::Item> {
    let mut all = Vec::new();
    while let Some(item) = poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await {
        all.push(item);
    }
    all
}

#[test]
fn streams_end() {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let client = world.connect(ClientBuilder::new("c", "1"), near);
    let mut peer = far.into_peer();
    world.spawn(async move {
        let notification = |name: &str, params: String| {
            format!(r#"{{"jsonrpc":"2.0","method":"notifications/{name}","params":{{{params}}}}}"#)
        };
        let id = peer.request("server/discover").await.unwrap();
        peer.respond(&id, r#"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}"#).await;
        for page in [r#"{"tools":[{"name":"a","inputSchema":{}}],"nextCursor":"1"}"#, r#"{"tools":[]}"#] {
            let id = peer.request("tools/list").await.unwrap();
            peer.respond(&id, page).await;
        }
        let id = peer.request("subscriptions/listen").await.unwrap();
        let about = format!(r#""_meta":{{"io.modelcontextprotocol/subscriptionId":{id}}}"#);
        peer.send_line(&notification("tools/list_changed", about)).await;
        peer.respond(&id, "{}").await;
        let id = peer.request("tools/call").await.unwrap();
        peer.send_line(&notification("progress", format!(r#""progressToken":{id},"progress":1"#))).await;
        peer.respond(&id, r#"{"content":[]}"#).await;
    });
    let seen = world.run(async {
        let tools = all(client.list_tools()).await.into_iter().map(|tool| tool.unwrap().name).collect::<Vec<_>>();
        let updates = all(client.listen(Changes::new())).await;
        let (call, progress) = client.prepare_tool("t", serde_json::json!({})).send_with_progress();
        let progress = all(progress).await.into_iter().map(|report| report.progress).collect::<Vec<_>>();
        (tools, updates, progress, call.await.is_ok())
    });
    assert_eq!(seen, Ok((vec!["a".to_owned()], vec![Ok(Update::ToolsListChanged)], vec![1.0], true)));
}
