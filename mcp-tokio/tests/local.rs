//! Handlers whose futures stay on one thread.

use mcp_tokio::model::{CallToolResult, Content};
use mcp_tokio::{CallError, ClientBuilder, Cx, Server, Tool};
use serde_json::{Value, json};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

fn texts(result: Result<CallToolResult, CallError>) -> Result<Vec<Content>, CallError> {
    result.map(|result| result.content)
}

/// They hold what is no other thread's across an await, and shared handlers run beside them.
#[test]
fn local_and_shared_handlers_on_one_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    let conversation = async {
        let counter = Rc::new(Cell::new(0));
        let server = Server::local("test", "1")
            .tool(Tool::new("shared"), async |_: Value, _: Cx| {
                tokio::task::yield_now().await;
                "shared"
            })
            .tool(Tool::new("count"), move |_: Value, _: Cx| {
                let counter = counter.clone();
                async move {
                    counter.set(counter.get() + 1);
                    tokio::task::yield_now().await;
                    counter.get().to_string()
                }
            });
        let (here, there) = mcp_tokio::pair();
        let _serving = mcp_tokio::serve_local(server, there).unwrap();
        let client = mcp_tokio::connect(ClientBuilder::new("test", "1"), here);
        let names: Vec<String> = client.list_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["count", "shared"]);
        assert_eq!(texts(client.call_tool("count", json!({})).await), Ok(vec![Content::text("1")]));
        assert_eq!(texts(client.call_tool("shared", json!({})).await), Ok(vec![Content::text("shared")]));
        assert_eq!(texts(client.call_tool("count", json!({})).await), Ok(vec![Content::text("2")]));
    };
    let bounded = async { tokio::time::timeout(Duration::from_secs(30), conversation).await };
    local.block_on(&runtime, bounded).expect("it hangs");
}
