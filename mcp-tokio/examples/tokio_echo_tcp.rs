//! A server on TCP with one tool, `echo`. It says on stderr where it listens.
//!
//! `cargo run --example tokio_echo_tcp -- [PORT]`

use mcp_tokio::{Cx, Listener, Server, Tool};
use serde::Deserialize;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Deserialize)]
struct Echo {
    message: String,
}

fn server() -> Server {
    Server::new("tokio-echo", env!("CARGO_PKG_VERSION")).tool(
        Tool::new("echo").describe("Answers with the message it was given").input_schema(serde_json::json!({
            "type": "object",
            "properties": { "message": { "type": "string" } },
            "required": ["message"],
        })),
        async |args: Echo, _cx: Cx| args.message,
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).as_deref().unwrap_or("0").parse()?;
    let listener = Listener::tcp(("127.0.0.1", port))?.connections(100_000);
    let listening = mcp_tokio::listen(server(), listener)?;
    eprintln!("listening on {}", listening.local_addr().ok_or("no address")?);

    let handle = listening.clone();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        handle.shutdown(Duration::from_secs(5));
    });
    Ok(listening.await?)
}
