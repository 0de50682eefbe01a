//! Handlers that block a thread, where another call is needed to let them go on.

use mcp_tokio::model::Content;
use mcp_tokio::{ClientBuilder, Cx, Server, Tool};
use serde_json::{Value, json};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Bounds every wait of a test.
const WITHIN: Duration = Duration::from_secs(30);

/// `wait` blocks until `go` is called.
fn server() -> Server {
    let (send, receive) = mpsc::channel::<&str>();
    let (send, receive) = (Mutex::new(send), Arc::new(Mutex::new(receive)));
    Server::new("test", "1")
        .tool(Tool::new("wait").blocking(), move |_: Value, _: Cx| {
            receive.lock().unwrap().recv_timeout(WITHIN).map_err(|e| mcp_tokio::Failure::tool(e.to_string()))
        })
        .tool(Tool::new("go"), move |_: Value, _: Cx| {
            send.lock().unwrap().send("went").unwrap();
            "sent"
        })
}

#[test]
fn the_only_thread_of_a_runtime_is_not_blocked() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let conversation = async {
        let (here, there) = mcp_tokio::pair();
        let _serving = mcp_tokio::serve(server(), there).unwrap();
        let client = mcp_tokio::connect(ClientBuilder::new("test", "1"), here);
        let (waits, goes) = (client.call_tool("wait", json!({})), client.call_tool("go", json!({})));
        let texts = [goes.await.unwrap().content, waits.await.unwrap().content];
        assert_eq!(texts, [vec![Content::text("sent")], vec![Content::text("went")]]);
    };
    runtime.block_on(async { tokio::time::timeout(WITHIN, conversation).await }).expect("it hangs");
}
