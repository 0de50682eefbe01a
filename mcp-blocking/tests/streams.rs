//! Streams that can and can't be polled, threads that wait together, and handlers that hold up nobody.

use mcp_blocking::model::{CallToolResult, Content, ElicitAction, ElicitResult};
use mcp_blocking::rpc::Raw;
use mcp_blocking::{
    Call, CallError, Client, ClientBuilder, Closed, Cx, Descriptors, Failure, Fault, Limits, RefusedCall, Server,
    Timeouts, Tool,
};
use serde::Deserialize;
use serde_json::json;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Deserialize)]
struct Echo {
    message: String,
}

fn server() -> Server {
    Server::new("test", "1").tool(Tool::new("echo"), |args: Echo, _cx: Cx| args.message)
}

fn content(call: Call<CallToolResult>) -> Result<Vec<Content>, CallError> {
    call.wait().map(|result| result.content)
}

fn echo(client: &Client, message: &str) -> Result<Vec<Content>, CallError> {
    content(client.call_tool("echo", json!({ "message": message })))
}

fn text(message: &str) -> Result<Vec<Content>, CallError> {
    Ok(vec![Content::text(message)])
}

#[test]
fn a_pair_of_sockets() {
    let (here, there) = mcp_blocking::pair().unwrap();
    let serving = mcp_blocking::serve(server(), there).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), here).unwrap();
    let long = "text ".repeat(1 << 20);
    for message in ["", "hello", &long] {
        assert_eq!(echo(&client, message), text(message));
    }
    client.close();
    let ended = serving.wait(Some(Duration::from_secs(30)));
    assert_eq!(ended, Some(Closed::ByPeer(None)));
}

/// A reader and a writer that nothing is known of: here a socket whose halves are hidden.
#[test]
fn a_reader_and_a_writer() {
    let halves = |stream: UnixStream| {
        let other = stream.try_clone().unwrap();
        (std::io::BufReader::new(stream), std::io::BufWriter::new(other))
    };
    let (here, there) = UnixStream::pair().unwrap();
    let _serving = mcp_blocking::serve(server(), halves(there)).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), halves(here)).unwrap();
    assert_eq!(echo(&client, "hello"), text("hello"));
}

#[test]
fn many_threads_wait_on_one_client() {
    let (here, there) = mcp_blocking::pair().unwrap();
    let _serving = mcp_blocking::serve(server(), there).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), here).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for call in 0..200 {
                    let message = format!("{thread}/{call}");
                    assert_eq!(echo(client, &message), text(&message));
                }
            });
        }
    });
}

/// More handlers than threads stand by: each holds a thread, and the connection goes on.
#[test]
fn handlers_that_wait_hold_up_nobody() {
    let (release, held) = channel::<()>();
    let held = Arc::new(Mutex::new(held));
    let server =
        server().state(held).tool(Tool::new("hold"), |_args: serde_json::Value, cx: Cx<Arc<Mutex<Receiver<()>>>>| {
            let held = cx.state().lock().unwrap();
            held.recv_timeout(Duration::from_secs(30)).map(|()| "released")
        });
    let (here, there) = mcp_blocking::pair().unwrap();
    let _serving = mcp_blocking::serve(server, there).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), here).unwrap();
    let waiting: Vec<_> = (0..10).map(|_| client.call_tool("hold", json!({}))).collect();
    for n in 0..20 {
        let message = n.to_string();
        assert_eq!(echo(&client, &message), text(&message));
    }
    for _ in &waiting {
        release.send(()).unwrap();
    }
    for call in waiting {
        assert_eq!(content(call), text("released"));
    }
}

#[test]
fn a_question_is_answered_on_a_thread_of_its_own() {
    let server = Server::new("test", "1").tool(Tool::new("ask"), |_: serde_json::Value, cx: Cx| {
        let answer = cx.ask("name", mcp_blocking::model::Elicit::form("Who?", Raw::empty_object()))?;
        Ok::<_, Failure>(format!("{:?}", answer.action))
    });
    let (here, there) = mcp_blocking::pair().unwrap();
    let _serving = mcp_blocking::serve(server, there).unwrap();
    let client = ClientBuilder::new("test", "1").on_elicit(async |_| ElicitResult::new(ElicitAction::Decline));
    let client = mcp_blocking::connect(client, here).unwrap();
    assert_eq!(content(client.call_tool("ask", json!({}))), text("Decline"));
}

/// Lists, progress and subscriptions are iterators; whoever waits for an item reads for everybody. Another thread waits
/// for its own things meanwhile.
#[test]
fn iterators_wait_for_their_items() {
    let server = server().tool(Tool::new("work"), |_: serde_json::Value, cx: Cx| {
        (1..=10).for_each(|step| cx.progress(f64::from(step), None, None));
        "done"
    });
    let (here, there) = mcp_blocking::pair().unwrap();
    let _serving = mcp_blocking::serve(server, there).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), here).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let names: Vec<String> = client.list_tools().into_iter().map(|tool| tool.unwrap().name).collect();
                    assert_eq!(names, ["echo", "work"]);
                    assert_eq!(client.list_tools().wait().unwrap().len(), 2);
                    let (call, progress) = client.prepare_tool("work", json!({})).send_with_progress();
                    let steps: Vec<f64> = progress.into_iter().map(|report| report.progress).collect();
                    assert_eq!(steps, (1..=10).map(f64::from).collect::<Vec<_>>());
                    assert_eq!(content(call), text("done"));
                }
            });
        }
    });
    let (gone, end) = (client.listen(mcp_blocking::model::Changes::new()), client.clone());
    let closer = std::thread::spawn(move || end.close());
    let told = gone.into_iter().last().unwrap();
    assert!(told.is_err(), "{told:?}");
    closer.join().unwrap();
}

/// Progress is told by the thread that reads: waiting there would wait for itself.
#[test]
fn waiting_where_one_reads_is_refused() {
    let server = server().tool(Tool::new("work"), |_: serde_json::Value, cx: Cx| {
        cx.progress(1.0, None, None);
        "done"
    });
    let (here, there) = mcp_blocking::pair().unwrap();
    let _serving = mcp_blocking::serve(server, there).unwrap();
    let client = mcp_blocking::connect(ClientBuilder::new("test", "1"), here).unwrap();
    let (tell, told) = channel();
    let inner = client.clone();
    let call =
        client.prepare_tool("work", json!({})).on_progress(move |_| tell.send(echo(&inner, "nested")).unwrap()).send();
    assert_eq!(content(call), text("done"));
    let nested = told.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(nested, Err(CallError::Refused(RefusedCall::OwnThread)));
}

/// A client that never reads: the server stops waiting for it after the time it was given.
#[test]
fn a_peer_that_takes_nothing_is_given_up() {
    let mut timeouts = Timeouts::default();
    timeouts.write_stall = Some(Duration::from_millis(50));
    let (mut here, there) = mcp_blocking::pair().unwrap();
    let serving = mcp_blocking::serve(server().timeouts(timeouts), there).unwrap();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({ "name": "echo", "arguments": { "message": "x".repeat(8 << 20) }, "_meta": meta });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    here.write_all(format!("{call}\n").as_bytes()).unwrap();
    let stalled = Fault::WriteStalled(Duration::from_millis(50));
    assert_eq!(serving.wait(Some(Duration::from_secs(30))), Some(Closed::Lost(stalled)));
}

/// A client that reads slowly: writing waits, another thread leads meanwhile without reading, and reads again when
/// the backlog has shrunk.
#[test]
fn a_slow_reader_is_heard_again() {
    let ((server_in, mut to_server), (mut from_server, server_out)) =
        (std::io::pipe().unwrap(), std::io::pipe().unwrap());
    let pipes = Descriptors::new(server_in.into(), server_out.into()).unwrap();
    // More than a pipe takes, and more than the mark, but not long to run.
    let mut limits = Limits::default();
    (limits.outbound_high, limits.outbound_low) = (16 * 1024, 4 * 1024);
    let _serving = mcp_blocking::serve(server().limits(limits), pipes).unwrap();
    let mut conversation = move || {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let message = "x".repeat(100 * 1024);
        for id in 0..10 {
            let params = json!({ "name": "echo", "arguments": { "message": message }, "_meta": meta });
            let call = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
            to_server.write_all(format!("{call}\n").as_bytes()).unwrap();
            let (mut line, mut room) = (Vec::new(), vec![0; 64 * 1024]);
            while line.last() != Some(&b'\n') {
                // Long enough for the lead to change hands, most of the time; nothing rests on it.
                (0..6_000).for_each(|_| std::thread::yield_now());
                let n = from_server.read(&mut room).unwrap();
                assert!(n > 0, "the server ended");
                line.extend_from_slice(&room[..n]);
            }
            let answer: serde_json::Value = serde_json::from_slice(&line).unwrap();
            assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(id), &json!(message)));
        }
    };
    let (tell, told) = channel();
    std::thread::spawn(move || {
        conversation();
        tell.send(()).unwrap();
    });
    assert_eq!(told.recv_timeout(Duration::from_secs(60)), Ok(()), "it failed, or hangs");
}
