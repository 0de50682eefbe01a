//! Servers that listen, and clients that come, go, and misbehave.

use mcp_tokio::model::{CallToolResult, Content, Era, Revision};
use mcp_tokio::{
    Call, CallError, Client, ClientBuilder, Closed, Cx, Eras, Listener, Listening, Opening, Server, Timeouts, Tool,
    connect_tcp, listen,
};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

const FOR_EVER: Duration = Duration::from_secs(3600);

/// Runs a test on both kinds of runtime. It fails instead of waiting for ever.
fn run<F: Future<Output = ()>>(test: impl Fn() -> F) {
    for mut runtime in [tokio::runtime::Builder::new_current_thread(), tokio::runtime::Builder::new_multi_thread()] {
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), test()).await }).expect("it hangs");
    }
}

/// `echo` answers at once; `held` says that it runs, and answers when it is let go.
struct Held {
    runs: mpsc::UnboundedReceiver<()>,
    gate: Arc<Semaphore>,
}

fn server() -> (Server, Held) {
    let ((say, runs), gate) = (mpsc::unbounded_channel(), Arc::new(Semaphore::new(0)));
    let its = gate.clone();
    let server = Server::new("test", "1")
        .tool(Tool::new("echo"), async |args: Value, _: Cx| args["message"].as_str().unwrap().to_owned())
        .tool(Tool::new("held"), move |_: Value, _: Cx| {
            let (say, gate) = (say.clone(), its.clone());
            async move {
                say.send(()).unwrap();
                gate.acquire().await.unwrap().forget();
                "let go"
            }
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

async fn connected(address: SocketAddr) -> Client {
    connect_tcp(client(), address).await.unwrap()
}

async fn content(call: Call<CallToolResult>) -> Result<Vec<Content>, CallError> {
    call.await.map(|result| result.content)
}

async fn echo(client: &Client, message: &str) -> Result<Vec<Content>, CallError> {
    content(client.call_tool("echo", json!({ "message": message }))).await
}

fn text(message: &str) -> Result<Vec<Content>, CallError> {
    Ok(vec![Content::text(message)])
}

/// Waits until nobody listens there any more.
async fn refused(address: SocketAddr) {
    while TcpStream::connect(address).map_err(|e| e.kind()).err() != Some(ErrorKind::ConnectionRefused) {
        tokio::task::yield_now().await;
    }
}

async fn open(listening: &Listening, count: usize) {
    while listening.connections() != count {
        tokio::task::yield_now().await;
    }
}

#[test]
fn a_tool_over_tcp_in_both_eras() {
    run(async || {
        let (listening, address, _held) = listen_tcp(8);
        for (opening, revision) in [
            (Opening::Probe, Revision::V2026_07_28),
            (Opening::ModernOnly, Revision::V2026_07_28),
            (Opening::LegacyOnly, Revision::V2025_11_25),
        ] {
            let client = connect_tcp(client().opening(opening), address).await.unwrap();
            assert_eq!(client.server().await.unwrap().revision, revision);
            let long = "long ".repeat(1 << 18);
            for message in ["", "hello", &long] {
                assert_eq!(echo(&client, message).await, text(message));
            }
        }
        open(&listening, 0).await;
    });
}

#[cfg(unix)]
#[test]
fn a_tool_over_a_unix_socket_whose_path_is_gone_afterwards() {
    let path = std::env::temp_dir().join(format!("mcp-tokio-sockets-{}", std::process::id()));
    run(async || {
        let connect = |opening| mcp_tokio::connect_unix(client().opening(opening), &path);
        assert_eq!(connect(Opening::Probe).unwrap_err().kind(), ErrorKind::NotFound);
        let listening = listen(server().0, Listener::unix(&path).unwrap()).unwrap();
        assert_eq!(listening.local_addr(), None);
        for opening in [Opening::ModernOnly, Opening::LegacyOnly] {
            assert_eq!(echo(&connect(opening).unwrap(), "hello").await, text("hello"));
        }
        listening.shutdown(FOR_EVER);
        assert_eq!(listening.await, Ok(()));
        assert!(!path.exists());
    });
}

#[test]
fn the_era_is_remembered_by_the_address() {
    run(async || {
        let (server, _held) = server();
        let server = server.revisions([Revision::V2025_11_25]);
        let listening = listen(server, Listener::tcp("127.0.0.1:0").unwrap()).unwrap();
        let address = listening.local_addr().unwrap();
        let eras = Eras::new();
        let client = connect_tcp(client().eras(&eras), address).await.unwrap();
        assert_eq!(echo(&client, "hello").await, text("hello"));
        assert_eq!(eras.get(&format!("tcp:{address}")), Some(Era::Legacy));
    });
}

#[test]
fn at_the_cap_the_next_waits_for_its_turn() {
    run(async || {
        let (listening, address, _held) = listen_tcp(2);
        let (first, second, third) = (connected(address).await, connected(address).await, connected(address).await);
        assert_eq!((echo(&first, "1").await, echo(&second, "2").await), (text("1"), text("2")));
        let waiting = third.call_tool("echo", json!({ "message": "3" }));
        // The others go on as if nobody waited.
        assert_eq!((echo(&first, "4").await, listening.connections()), (text("4"), 2));
        second.close();
        assert_eq!(content(waiting).await, text("3"));
        assert_eq!(listening.connections(), 2);
    });
}

#[test]
fn who_leaves_makes_room() {
    run(async || {
        let (listening, address, mut held) = listen_tcp(1);
        for _ in 0..20 {
            let client = connected(address).await;
            assert_eq!(echo(&client, "hello").await, text("hello"));
        }
        // In the middle of a message, or of a call.
        let mut rude = TcpStream::connect(address).unwrap();
        rude.write_all(b"{\"jsonrpc\":").unwrap();
        open(&listening, 1).await;
        drop(rude);
        let client = connected(address).await;
        let _waiting = client.call_tool("held", json!({}));
        held.runs.recv().await.unwrap();
        drop(client);
        held.gate.add_permits(1);
        assert_eq!(echo(&connected(address).await, "hello").await, text("hello"));
    });
}

#[test]
fn garbage_disturbs_nobody_else() {
    run(async || {
        let (_listening, address, _held) = listen_tcp(8);
        let client = connected(address).await;
        assert_eq!(echo(&client, "before").await, text("before"));
        let mut garbage = TcpStream::connect(address).unwrap();
        garbage.write_all(&[0xff; 70_000]).unwrap();
        garbage.write_all(b"\n[[[[\n{}\nGET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(echo(&client, "after").await, text("after"));
    });
}

#[test]
fn a_shutdown_lets_calls_end() {
    run(async || {
        let (listening, address, mut held) = listen_tcp(8);
        let (client, idle) = (connected(address).await, connected(address).await);
        assert_eq!(echo(&idle, "hello").await, text("hello"));
        let waiting = client.call_tool("held", json!({}));
        held.runs.recv().await.unwrap();
        listening.shutdown(FOR_EVER);
        assert_eq!(idle.closed().await, Closed::ByPeer(None));
        open(&listening, 1).await;
        refused(address).await;
        assert_eq!(listening.ended(), None);
        held.gate.add_permits(1);
        assert_eq!(content(waiting).await, text("let go"));
        assert_eq!(listening.clone().await, Ok(()));
        assert_eq!((client.closed().await, listening.connections()), (Closed::ByPeer(None), 0));
    });
}

#[test]
fn a_call_that_hangs_is_cut_at_the_deadline() {
    run(async || {
        let (listening, address, mut held) = listen_tcp(8);
        let client = connected(address).await;
        let waiting = client.call_tool("held", json!({}));
        held.runs.recv().await.unwrap();
        // Patience, and then less of it.
        listening.shutdown(FOR_EVER);
        listening.shutdown(Duration::from_millis(10));
        assert_eq!(listening.await, Ok(()));
        assert_eq!(waiting.await, Err(CallError::Closed(Closed::ByPeer(None))));
    });
}

#[test]
fn a_port_nobody_listens_on_is_an_error() {
    run(async || {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(connect_tcp(client(), free).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let again = Listener::tcp(taken.local_addr().unwrap());
        assert_eq!(again.unwrap_err().kind(), ErrorKind::AddrInUse);
    });
}

/// Where what does not fit into a backlog is not even refused.
#[cfg(target_os = "linux")]
#[test]
fn connecting_has_an_end() {
    run(async || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let mut timeouts = Timeouts::default();
        timeouts.open = Some(Duration::from_millis(50));
        let fill = || TcpStream::connect_timeout(&address, Duration::from_millis(50)).ok();
        let waiting: Vec<_> = std::iter::from_fn(fill).take(1000).collect();
        let ended = connect_tcp(client().timeouts(timeouts), address).await;
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(waiting.len() < 1000);
    });
}

#[test]
fn a_listener_of_the_program() {
    run(async || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listening = listen(server().0, listener).unwrap();
        let client = connected(listening.local_addr().unwrap()).await;
        assert_eq!(echo(&client, "hello").await, text("hello"));
    });
}

#[test]
fn a_runtime_that_is_gone_is_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (listening, address, _held) = runtime.block_on(async { listen_tcp(8) });
    drop(runtime);
    let why = "the task that accepts connections was dropped, perhaps with its runtime";
    assert_eq!(listening.wait(None).map(|ended| ended.map_err(|e| e.to_string())), Some(Err(why.to_owned())));
    assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

/// What the server says, byte by byte, to one who has no client.
#[test]
fn by_hand() {
    run(async || {
        let (listening, address, _held) = listen_tcp(8);
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n").unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            serde_json::from_str::<Value>(&answer).unwrap()["id"].clone()
        });
        assert_eq!(answer.await.unwrap(), json!(1));
        open(&listening, 0).await;
    });
}
