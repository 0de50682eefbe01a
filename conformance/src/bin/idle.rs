//! Measures what a connection costs a server while nobody says anything on it: opens many to a server in a
//! process of its own, makes a call on each, and looks at the memory that process has resident.
//!
//! Linux only, since it reads `/proc`. Both processes need a descriptor for each connection (`ulimit -n`).

use mcp_proto::handle::server::{Catalog, Cx, Server, ServerDriver, Spawn, Tool};
use mcp_proto::server::Config;
use mcp_proto::time::Clock;
use serde::Deserialize;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

const USAGE: &str = "usage: idle [--connections N] [--bound BYTES]";
/// How long an answer may take before the measurement is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// What each connection says before it falls silent.
const HELLO: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#,
    r#""capabilities":{},"clientInfo":{"name":"idle","version":"1"}}}"#,
    "\n",
    r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
    "\n",
);
const CALL: &str = concat!(
    r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"message":"hello"}}}"#,
    "\n",
);

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

fn run(words: &[String]) -> io::Result<bool> {
    let (mut connections, mut bound) = (10_000, 2048);
    for pair in words.chunks(2) {
        match pair {
            [word, runtime] if word == "serve" => return serve(runtime).map(|()| true),
            [word, value] if word == "--connections" => connections = number(value)?,
            [word, value] if word == "--bound" => bound = number(value)?,
            _ => return Err(io::Error::other(USAGE)),
        }
    }
    let mut all = true;
    for runtime in ["tokio", "smol"] {
        let each = measure(runtime, connections)?;
        let verdict = if each <= bound { "within" } else { "over" };
        println!("{runtime}: {each} bytes for each of {connections} idle connections, {verdict} the bound of {bound}");
        all &= each <= bound;
    }
    Ok(all)
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(|_| io::Error::other(USAGE))
}

/// Bytes resident in a server on `runtime`, for each of so many connections.
fn measure(runtime: &str, connections: usize) -> io::Result<usize> {
    let served = Served::start(runtime)?;
    // What the first connection costs is the server's own.
    let mut open = vec![connect(served.address)?];
    let before = resident(served.child.id())?;
    for _ in 0..connections {
        open.push(connect(served.address)?);
    }
    let after = resident(served.child.id())?;
    Ok(after.saturating_sub(before) / connections.max(1))
}

/// Opens a connection, makes two calls, the second of them alone, and falls silent.
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    for said in [&[HELLO, CALL].concat(), CALL] {
        stream.write_all(said.as_bytes())?;
        let answers = said.matches("\"id\"").count();
        let (mut got, mut room) = (0, [0; 4096]);
        while got < answers {
            let n = stream.read(&mut room)?;
            if n == 0 {
                return Err(io::Error::other("the server ended a connection"));
            }
            got += room[..n].iter().filter(|byte| **byte == b'\n').count();
        }
    }
    Ok(stream)
}

/// Bytes a process has resident.
fn resident(process: u32) -> io::Result<usize> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes =
        line.and_then(|rest| rest.trim().strip_suffix(" kB")).and_then(|number| number.parse::<usize>().ok());
    Ok(kibibytes.ok_or_else(|| io::Error::other("no VmRSS in the status"))? * 1024)
}

/// A server in a process of its own, which ends when its input does.
struct Served {
    child: Child,
    input: Option<ChildStdin>,
    address: SocketAddr,
}

impl Served {
    fn start(runtime: &str) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", runtime])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let address = line.trim().parse().map_err(io::Error::other)?;
        Ok(Self { input: child.stdin.take(), child, address })
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

#[derive(Deserialize)]
struct Echo {
    message: String,
}

/// One configuration and one catalog for all connections.
fn offers() -> (Arc<Config>, Arc<Catalog>) {
    let echo = async |args: Echo, _cx: Cx| args.message;
    let server = Server::new("idle", "1.0.0").tool(Tool::new("echo"), echo);
    let (config, catalog) = server.into_parts(Clock::default(), [7; 32]);
    (config, Arc::new(catalog))
}

/// Serves on a free port, which is told on the output, until the input ends.
fn serve(runtime: &str) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?);
    std::thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    match runtime {
        "tokio" => on_tokio(listener),
        "smol" => on_smol(listener),
        _ => Err(io::Error::other(USAGE)),
    }
}

fn on_tokio(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let (config, catalog) = offers();
        let spawn: Spawn = Arc::new(|task| drop(tokio::spawn(task)));
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let link = mcp_tokio::TokioLink::new(stream);
            let (driver, _) = ServerDriver::<Catalog, _>::new(config.clone(), catalog.clone(), link);
            tokio::spawn(driver.spawning(spawn.clone()));
        }
    })
}

fn on_smol(listener: TcpListener) -> io::Result<()> {
    smol::block_on(async {
        let listener = async_io::Async::new(listener)?;
        let (config, catalog) = offers();
        let spawn: Spawn = Arc::new(|task| smol::spawn(task).detach());
        loop {
            let (stream, _) = listener.accept().await?;
            stream.get_ref().set_nodelay(true)?;
            let link = mcp_smol::SmolLink::new(stream);
            let (driver, _) = ServerDriver::<Catalog, _>::new(config.clone(), catalog.clone(), link);
            smol::spawn(driver.spawning(spawn.clone())).detach();
        }
    })
}
