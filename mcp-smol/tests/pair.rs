//! Serving and connecting over a stream in memory.

mod support;

use mcp_smol::model::{CallTool, CallToolResult, Content};
use mcp_smol::{Call, CallError, ClientBuilder, Closed, Cx, Server, Tool, connect, pair, serve, serve_local};
use serde::Deserialize;
use serde_json::json;
use smol::LocalExecutor;
use smol::channel::{Receiver, unbounded};
use smol::future::zip;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use support::run;

const FOR_EVER: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
struct Said {
    message: String,
}

fn client() -> ClientBuilder {
    ClientBuilder::new("test", "1")
}

fn detach(task: mcp_smol::Task) {
    smol::spawn(task).detach();
}

/// `echo` answers at once, `held` when something comes out of the channel, with that.
fn server(held: Receiver<String>) -> Server {
    Server::new("test", "1").tool(Tool::new("echo"), async |said: Said, _: Cx| said.message).tool(
        Tool::new("held"),
        move |_: serde_json::Value, _: Cx| {
            let held = held.clone();
            async move { held.recv().await.unwrap() }
        },
    )
}

/// What a tool answered with.
async fn content(call: Call<CallToolResult>) -> Result<Vec<Content>, CallError> {
    call.await.map(|result| result.content)
}

fn text(text: &str) -> Result<Vec<Content>, CallError> {
    Ok(vec![Content::text(text)])
}

#[test]
fn what_is_long_arrives_whole() {
    run(async {
        for length in [0, 1, 4095, 4096, 64 * 1024, 300_000] {
            let (there, here) = pair();
            let serving = serve(server(unbounded().1), there, detach).unwrap();
            let client = connect(client(), here, detach);
            let message = "é\n\"".repeat(length / 3);
            assert_eq!(content(client.call_tool("echo", json!({ "message": message }))).await, text(&message));
            client.close();
            assert_eq!(client.closed().await, Closed::ByUs);
            drop(client);
            assert_eq!(serving.await, Closed::ByPeer(None));
        }
    });
}

#[test]
fn a_pending_handler_becomes_a_task() {
    run(async {
        let (there, here) = pair();
        let (say, held) = unbounded();
        let spawned = Arc::new(AtomicUsize::new(0));
        let count = spawned.clone();
        let counted = move |task| {
            count.fetch_add(1, Ordering::SeqCst);
            detach(task);
        };
        let _serving = serve(server(held), there, counted).unwrap();
        let client = connect(client(), here, detach);
        client.server().await.unwrap();
        assert_eq!(spawned.load(Ordering::SeqCst), 1, "the driver");

        let waiting = client.call_tool("held", json!({}));
        assert_eq!(content(client.call_tool("echo", json!({ "message": "meanwhile" }))).await, text("meanwhile"));
        assert_eq!(spawned.load(Ordering::SeqCst), 2, "the handler that waits");
        say.send("at last".to_owned()).await.unwrap();
        assert_eq!(content(waiting).await, text("at last"));
    });
}

#[test]
fn a_call_ends_at_its_deadline() {
    run(async {
        let (there, here) = pair();
        let (_say, held) = unbounded();
        let _serving = serve(server(held), there, detach).unwrap();
        let client = connect(client(), here, detach);
        let mut held = CallTool::new("held");
        held.arguments = Some(mcp_smol::rpc::Raw::empty_object());
        for millis in [30, 10, 20] {
            let deadline = Duration::from_millis(millis);
            let ended = client.prepare(held.clone()).deadline(Some(deadline)).send().await;
            assert_eq!(ended, Err(CallError::Deadline(deadline)));
        }
    });
}

#[test]
fn shutting_down_lets_calls_end() {
    run(async {
        let (there, here) = pair();
        let (say, held) = unbounded();
        let serving = serve(server(held), there, detach).unwrap();
        let client = connect(client(), here, detach);
        client.server().await.unwrap();
        let waiting = client.call_tool("held", json!({}));
        // An answer to what came later: the call has arrived.
        assert_eq!(content(client.call_tool("echo", json!({ "message": "" }))).await, text(""));
        serving.shutdown(FOR_EVER);
        say.send("done".to_owned()).await.unwrap();
        assert_eq!(content(waiting).await, text("done"));
        assert_eq!(serving.await, Closed::ByUs);
        assert_eq!(client.closed().await, Closed::ByPeer(None));
    });
}

#[test]
fn a_hook_that_drops_its_task_ends_the_connection() {
    run(async {
        let (there, here) = pair();
        let client = connect(client(), here, drop);
        assert_eq!(client.call_tool("echo", json!({})).await, Err(CallError::Closed(Closed::ByUs)));
        let serving = serve(server(unbounded().1), there, drop).unwrap();
        assert_eq!(serving.await, Closed::ByUs);
    });
}

/// Handlers hold something that can't leave their thread while they wait for each other.
fn local_server(heard: Rc<RefCell<Vec<String>>>) -> mcp_smol::LocalServer {
    let (say, hear) = unbounded::<()>();
    let first = heard.clone();
    Server::local("local", "1")
        .tool(Tool::new("first"), move |said: Said, _| {
            let (heard, hear) = (first.clone(), hear.clone());
            async move {
                hear.recv().await.unwrap();
                heard.borrow_mut().push(said.message);
                heard.borrow().join(" ")
            }
        })
        .tool(Tool::new("second"), move |said: Said, _| {
            let (heard, say) = (heard.clone(), say.clone());
            async move {
                heard.borrow_mut().push(said.message);
                smol::future::yield_now().await;
                say.send(()).await.unwrap();
                heard.borrow().join(" ")
            }
        })
}

#[test]
fn local_handlers_run_on_a_local_executor() {
    let executor = LocalExecutor::new();
    run(executor.run(async {
        let heard = Rc::default();
        let (there, here) = pair();
        let serving = serve_local(local_server(Rc::clone(&heard)), there).unwrap();
        let handle = serving.handle();
        let task = executor.spawn(serving);
        let client = connect(client(), here, detach);
        let first = client.call_tool("first", json!({ "message": "world" }));
        let second = client.call_tool("second", json!({ "message": "hello" }));
        assert_eq!(zip(content(first), content(second)).await, (text("hello world"), text("hello")));
        assert_eq!(*heard.borrow(), ["hello", "world"]);
        handle.shutdown(FOR_EVER);
        assert_eq!(task.await, Closed::ByUs);
        assert_eq!(handle.closed(), Some(Closed::ByUs));
    }));
}

/// No executor at all: one thread that polls what it is given.
#[test]
fn one_thread_drives_both_ends() {
    run(async {
        let (there, here) = pair();
        let serving = serve_local(local_server(Rc::default()), there).unwrap();
        let mut driver = None;
        let client = connect(client(), here, |task| driver = Some(task));
        let talk = async move {
            let second = content(client.call_tool("second", json!({ "message": "alone" }))).await;
            client.close();
            second
        };
        let ((answer, ()), ended) = zip(zip(talk, driver.unwrap()), serving).await;
        assert_eq!((answer, ended), (text("alone"), Closed::ByPeer(None)));
    });
}

/// smol's executor has one thread, and the first handler blocks one until the second was called.
#[test]
fn a_blocking_handler_blocks_no_executor() {
    run(async {
        let (send, receive) = std::sync::mpsc::channel::<()>();
        let (send, receive) = (std::sync::Mutex::new(send), std::sync::Mutex::new(receive));
        let server = Server::new("blocking", "1")
            .tool(Tool::new("wait").blocking(), move |_: serde_json::Value, _: Cx| {
                receive.lock().unwrap().recv().unwrap();
                "went"
            })
            .tool(Tool::new("go"), move |_: serde_json::Value, _: Cx| {
                send.lock().unwrap().send(()).unwrap();
                "sent"
            });
        let (there, here) = pair();
        let _serving = serve(server, there, detach).unwrap();
        let client = connect(client(), here, detach);
        let (waits, goes) = (client.call_tool("wait", json!({})), client.call_tool("go", json!({})));
        assert_eq!(zip(content(waits), content(goes)).await, (text("went"), text("sent")));
    });
}
