//! Servers that listen, and clients that come, go, and misbehave.

use mcp_blocking::model::{CallToolResult, Content, Era, Revision};
use mcp_blocking::{
    Call, CallError, Client, ClientBuilder, Closed, Cx, Eras, Listener, Listening, Opening, Server, Timeouts, Tool,
    connect_tcp, listen,
};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

const FOR_EVER: Duration = Duration::from_secs(3600);

/// Runs a test. It fails instead of waiting for ever.
fn run(test: impl FnOnce() + Send + 'static) {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        test();
        tell.send(()).unwrap();
    });
    assert_eq!(told.recv_timeout(Duration::from_secs(30)), Ok(()), "it failed, or hangs");
}

/// `echo` answers at once; `held` says that it runs, and answers when it is let go.
struct Held {
    runs: Receiver<()>,
    gate: Sender<()>,
}

fn server() -> (Server, Held) {
    let ((say, runs), (gate, its)) = (channel(), channel::<()>());
    let its = Mutex::new(its);
    let server = Server::new("test", "1")
        .tool(Tool::new("echo"), |args: Value, _: Cx| args["message"].as_str().unwrap().to_owned())
        .tool(Tool::new("held"), move |_: Value, _: Cx| {
            say.send(()).unwrap();
            its.lock().unwrap().recv().map_or("dropped", |()| "let go")
        });
    (server, Held { runs, gate })
}

fn listen_tcp(most: usize) -> (Listening, SocketAddr, Held) {
    let (server, held) = server();
    let listening = listen(server, Listener::tcp("127.0.0.1:0").unwrap().connections(most)).unwrap();
    let address = listening.local_addr().unwrap();
    (listening, address, held)
}

fn client() -> ClientBuilder {
    ClientBuilder::new("test", "1")
}

fn connected(address: SocketAddr) -> Client {
    connect_tcp(client(), address).unwrap()
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

fn closed(client: &Client) -> Closed {
    client.closed_wait(None).unwrap().unwrap()
}

/// Waits until nobody listens there any more.
fn refused(address: SocketAddr) {
    while TcpStream::connect(address).map_err(|e| e.kind()).err() != Some(ErrorKind::ConnectionRefused) {
        std::thread::yield_now();
    }
}

fn open(listening: &Listening, count: usize) {
    while listening.connections() != count {
        std::thread::yield_now();
    }
}

#[test]
fn a_tool_over_tcp_in_both_eras() {
    run(|| {
        let (listening, address, _held) = listen_tcp(8);
        for (opening, revision) in [
            (Opening::Probe, Revision::V2026_07_28),
            (Opening::ModernOnly, Revision::V2026_07_28),
            (Opening::LegacyOnly, Revision::V2025_11_25),
        ] {
            let client = connect_tcp(client().opening(opening), address).unwrap();
            assert_eq!(client.server().wait().unwrap().revision, revision);
            let long = "long ".repeat(1 << 18);
            for message in ["", "hello", &long] {
                assert_eq!(echo(&client, message), text(message));
            }
        }
        open(&listening, 0);
    });
}

#[cfg(unix)]
#[test]
fn a_tool_over_a_unix_socket_whose_path_is_gone_afterwards() {
    let path = std::env::temp_dir().join(format!("mcp-blocking-sockets-{}", std::process::id()));
    run(move || {
        let connect = |opening| mcp_blocking::connect_unix(client().opening(opening), &path);
        assert_eq!(connect(Opening::Probe).unwrap_err().kind(), ErrorKind::NotFound);
        let listening = listen(server().0, Listener::unix(&path).unwrap()).unwrap();
        assert_eq!(listening.local_addr(), None);
        for opening in [Opening::ModernOnly, Opening::LegacyOnly] {
            assert_eq!(echo(&connect(opening).unwrap(), "hello"), text("hello"));
        }
        listening.shutdown(FOR_EVER);
        assert_eq!(listening.wait(None), Some(Ok(())));
        assert!(!path.exists());
    });
}

#[test]
fn the_era_is_remembered_by_the_address() {
    run(|| {
        let (server, _held) = server();
        let server = server.revisions([Revision::V2025_11_25]);
        let listening = listen(server, Listener::tcp("127.0.0.1:0").unwrap()).unwrap();
        let address = listening.local_addr().unwrap();
        let eras = Eras::new();
        let client = connect_tcp(client().eras(&eras), address).unwrap();
        assert_eq!(echo(&client, "hello"), text("hello"));
        assert_eq!(eras.get(&format!("tcp:{address}")), Some(Era::Legacy));
    });
}

#[test]
fn at_the_cap_the_next_waits_for_its_turn() {
    run(|| {
        let (listening, address, _held) = listen_tcp(2);
        let (first, second, third) = (connected(address), connected(address), connected(address));
        assert_eq!((echo(&first, "1"), echo(&second, "2")), (text("1"), text("2")));
        let waiting = third.call_tool("echo", json!({ "message": "3" }));
        // The others go on as if nobody waited.
        assert_eq!((echo(&first, "4"), listening.connections()), (text("4"), 2));
        second.close();
        assert_eq!(content(waiting), text("3"));
        assert_eq!(listening.connections(), 2);
    });
}

#[test]
fn who_leaves_makes_room() {
    run(|| {
        let (listening, address, held) = listen_tcp(1);
        for _ in 0..20 {
            let client = connected(address);
            assert_eq!(echo(&client, "hello"), text("hello"));
        }
        // In the middle of a message, or of a call.
        let mut rude = TcpStream::connect(address).unwrap();
        rude.write_all(b"{\"jsonrpc\":").unwrap();
        open(&listening, 1);
        drop(rude);
        let client = connected(address);
        let _waiting = client.call_tool("held", json!({}));
        held.runs.recv().unwrap();
        drop(client);
        held.gate.send(()).unwrap();
        assert_eq!(echo(&connected(address), "hello"), text("hello"));
    });
}

#[test]
fn garbage_disturbs_nobody_else() {
    run(|| {
        let (_listening, address, _held) = listen_tcp(8);
        let client = connected(address);
        assert_eq!(echo(&client, "before"), text("before"));
        let mut garbage = TcpStream::connect(address).unwrap();
        garbage.write_all(&[0xff; 70_000]).unwrap();
        garbage.write_all(b"\n[[[[\n{}\nGET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(echo(&client, "after"), text("after"));
    });
}

#[test]
fn a_shutdown_lets_calls_end() {
    run(|| {
        let (listening, address, held) = listen_tcp(8);
        let (client, idle) = (connected(address), connected(address));
        assert_eq!(echo(&idle, "hello"), text("hello"));
        let waiting = client.call_tool("held", json!({}));
        held.runs.recv().unwrap();
        listening.shutdown(FOR_EVER);
        assert_eq!(closed(&idle), Closed::ByPeer(None));
        open(&listening, 1);
        refused(address);
        assert_eq!(listening.ended(), None);
        held.gate.send(()).unwrap();
        assert_eq!(content(waiting), text("let go"));
        assert_eq!(listening.wait(None), Some(Ok(())));
        assert_eq!((closed(&client), listening.connections()), (Closed::ByPeer(None), 0));
    });
}

#[test]
fn a_call_that_hangs_is_cut_at_the_deadline() {
    run(|| {
        let (listening, address, held) = listen_tcp(8);
        let client = connected(address);
        let waiting = client.call_tool("held", json!({}));
        held.runs.recv().unwrap();
        // Patience, and then less of it.
        listening.shutdown(FOR_EVER);
        listening.shutdown(Duration::from_millis(10));
        assert_eq!(listening.wait(None), Some(Ok(())));
        assert_eq!(content(waiting), Err(CallError::Closed(Closed::ByPeer(None))));
    });
}

#[test]
fn a_port_nobody_listens_on_is_an_error() {
    run(|| {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(connect_tcp(client(), free).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let again = Listener::tcp(taken.local_addr().unwrap());
        assert_eq!(again.unwrap_err().kind(), ErrorKind::AddrInUse);
    });
}

/// Where what does not fit into a backlog is not even refused.
#[cfg(target_os = "linux")]
#[test]
fn connecting_has_an_end() {
    run(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut timeouts = Timeouts::default();
        timeouts.open = Some(Duration::from_millis(50));
        let fill = || TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok();
        let waiting: Vec<_> = std::iter::from_fn(fill).take(1000).collect();
        let ended = connect_tcp(client().timeouts(timeouts), address);
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(waiting.len() < 1000);
    });
}

#[test]
fn a_listener_of_the_program() {
    run(|| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listening = listen(server().0, listener).unwrap();
        let client = connected(listening.local_addr().unwrap());
        assert_eq!(echo(&client, "hello"), text("hello"));
    });
}

/// What the server says, byte by byte, to one who has no client.
#[test]
fn by_hand() {
    run(|| {
        let (listening, address, _held) = listen_tcp(8);
        let answer = std::thread::spawn(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n").unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            serde_json::from_str::<Value>(&answer).unwrap()["id"].clone()
        });
        assert_eq!(answer.join().unwrap(), json!(1));
        open(&listening, 0);
    });
}
