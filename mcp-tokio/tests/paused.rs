//! Under tokio's paused clock, deadlines take no time.

use mcp_tokio::{CallError, ClientBuilder, Closed, Cx, OpenError, Server, Tool};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::AsyncReadExt as _;

fn paused<F: Future>(test: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(test)
}

#[test]
fn a_mute_server_is_held_to_its_deadline() {
    paused(async {
        let (here, mut there) = mcp_tokio::pair();
        let client = mcp_tokio::connect(ClientBuilder::new("test", "1"), here);
        let closed = Closed::NotOpened(OpenError::Deadline(Duration::from_secs(30)));
        assert_eq!(client.closed().await, closed);
        let mut said = String::new();
        there.read_to_string(&mut said).await.unwrap();
        assert!(said.contains("server/discover"), "{said}");
    });
}

#[test]
fn a_call_has_its_deadline_and_a_server_hears_of_it() {
    paused(async {
        let server = Server::new("test", "1").tool(Tool::new("nap"), async |_: Value, cx: Cx| cx.cancelled().await);
        let (here, there) = mcp_tokio::pair();
        let serving = mcp_tokio::serve(server, there).unwrap();
        let client = mcp_tokio::connect(ClientBuilder::new("test", "1"), here);
        let impatient = client.prepare_tool("nap", json!({})).deadline(Some(Duration::from_secs(200))).send();
        assert_eq!(impatient.await, Err(CallError::Deadline(Duration::from_secs(200))));
        drop(client);
        assert_eq!(serving.await, Closed::ByPeer(None));
    });
}
