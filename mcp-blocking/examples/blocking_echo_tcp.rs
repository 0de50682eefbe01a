//! A server on TCP with one tool, `echo`. It says on stderr where it listens.
//!
//! `cargo run --example blocking_echo_tcp -- [PORT]`

use mcp_blocking::{Cx, Listener, Server, Tool};
use serde::Deserialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::io::Read as _;
use std::time::Duration;

#[derive(Deserialize)]
struct Echo {
    message: String,
}

fn server() -> Server {
    Server::new("blocking-echo", env!("CARGO_PKG_VERSION")).tool(
        Tool::new("echo").describe("Answers with the message it was given").input_schema(serde_json::json!({
            "type": "object",
            "properties": { "message": { "type": "string" } },
            "required": ["message"],
        })),
        |args: Echo, _cx: Cx| args.message,
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).as_deref().unwrap_or("0").parse()?;
    let listening = mcp_blocking::listen(server(), Listener::tcp(("127.0.0.1", port))?)?;
    eprintln!("listening on {}", listening.local_addr().ok_or("no address")?);

    // A signal's handler may do little, but it can write: whoever reads shuts down.
    let (mut signals, signal) = std::io::pipe()?;
    signal_hook::low_level::pipe::register(SIGINT, signal.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGTERM, signal)?;
    let handle = listening.clone();
    std::thread::spawn(move || {
        while matches!(signals.read(&mut [0]), Ok(1)) {
            handle.shutdown(Duration::from_secs(5));
        }
    });
    Ok(listening.wait(None).unwrap_or(Ok(()))?)
}
