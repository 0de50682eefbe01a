//! Measures what a connection costs a server while nobody says anything on it: opens many to a server in a
//! process of its own, makes a call on each, and looks at the memory that process has resident.
//!
//! Linux only, since it reads `/proc`. Both processes need a descriptor for each connection (`ulimit -n`).

use mcp_tokio::{Cx, Listener, Listening, Server, Tool};
use serde::Deserialize;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::time::Duration;

const USAGE: &str = "usage: idle [--connections N] [--bound BYTES]";
/// More connections than anybody measures.
const MOST: usize = 1_000_000;
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

fn server() -> Server {
    let echo = async |args: Echo, _cx: Cx| args.message;
    Server::new("idle", "1.0.0").tool(Tool::new("echo"), echo)
}

/// Room for all that are measured.
fn listener() -> io::Result<Listener> {
    Ok(Listener::tcp((Ipv4Addr::LOCALHOST, 0))?.connections(MOST))
}

/// Serves on a free port, which is told on the output, until the input ends.
fn serve(runtime: &str) -> io::Result<()> {
    std::thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        std::process::exit(0);
    });
    let ended = match runtime {
        "tokio" => tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
            let listening = mcp_tokio::listen(server(), listener()?)?;
            tell(&listening)?;
            io::Result::Ok(listening.await)
        })?,
        "smol" => smol::block_on(async {
            let listening = mcp_smol::listen(server(), listener()?, |task| smol::spawn(task).detach())?;
            tell(&listening)?;
            io::Result::Ok(listening.await)
        })?,
        _ => return Err(io::Error::other(USAGE)),
    };
    ended.map_err(io::Error::other)
}

fn tell(listening: &Listening) -> io::Result<()> {
    println!("{}", listening.local_addr().ok_or_else(|| io::Error::other("not bound to an address"))?);
    Ok(())
}
