//! A server on TCP with one tool, `echo`. It says on stderr where it listens.
//!
//! `cargo run --example smol_echo_tcp -- [PORT]`

use async_signal::{Signal, Signals};
use mcp_smol::{Cx, Listener, Server, Tool};
use serde::Deserialize;
use smol::stream::StreamExt as _;
use std::time::Duration;

#[derive(Deserialize)]
struct Echo {
    message: String,
}

fn server() -> Server {
    Server::new("smol-echo", env!("CARGO_PKG_VERSION")).tool(
        Tool::new("echo").describe("Answers with the message it was given").input_schema(serde_json::json!({
            "type": "object",
            "properties": { "message": { "type": "string" } },
            "required": ["message"],
        })),
        async |args: Echo, _cx: Cx| args.message,
    )
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = std::env::args().nth(1).as_deref().unwrap_or("0").parse()?;
    smol::block_on(async {
        let listener = Listener::tcp(("127.0.0.1", port))?.connections(100_000);
        let listening = mcp_smol::listen(server(), listener, |task| smol::spawn(task).detach())?;
        eprintln!("listening on {}", listening.local_addr().ok_or("no address")?);

        let handle = listening.clone();
        let mut signals = Signals::new([Signal::Int, Signal::Term])?;
        smol::spawn(async move {
            while signals.next().await.is_some() {
                handle.shutdown(Duration::from_secs(5));
            }
        })
        .detach();
        Ok(listening.await?)
    })
}
