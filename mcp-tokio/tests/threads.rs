//! Threads that wait for what a client brings, beside the tasks of a runtime.

use mcp_tokio::model::Changes;
use mcp_tokio::{ClientBuilder, Cx, Server, Tool};
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn iterators_on_a_thread() {
    let server = Server::new("test", "1").tool(Tool::new("work"), |_: Value, cx: Cx| {
        (1..=3).for_each(|step| cx.progress(f64::from(step), None, None));
        "done"
    });
    let (here, there) = mcp_tokio::pair();
    let _serving = mcp_tokio::serve(server, there).unwrap();
    let client = mcp_tokio::connect(ClientBuilder::new("test", "1"), here);
    let seen = tokio::task::spawn_blocking(move || {
        let names: Vec<String> = client.list_tools().into_iter().map(|tool| tool.unwrap().name).collect();
        let (call, progress) = client.prepare_tool("work", json!({})).send_with_progress();
        let steps: Vec<f64> = progress.into_iter().map(|report| report.progress).collect();
        call.wait().unwrap();
        let subscription = client.listen(Changes::new());
        client.close();
        (names, steps, subscription.into_iter().last().is_some_and(|last| last.is_err()))
    });
    let seen = tokio::time::timeout(Duration::from_secs(30), seen).await.expect("it hangs").unwrap();
    assert_eq!(seen, (vec!["work".to_owned()], vec![1.0, 2.0, 3.0], true));
}
