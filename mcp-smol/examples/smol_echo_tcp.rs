//! A server on TCP with one tool, `echo`. It says on stderr where it listens.
//!
//! `cargo run --example smol_echo_tcp -- [PORT]`

use async_signal::{Signal, Signals};
use mcp_smol::{Cx, Listener, Server, Tool};
use serde::Deserialize;
use smol::Executor;
use smol::stream::StreamExt as _;
use std::sync::Arc;
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
    // On this thread, which waits for I/O as well: no connection needs a hop.
    let executor = Arc::new(Executor::new());
    let spawn = {
        let executor = executor.clone();
        move |task| executor.spawn(task).detach()
    };
    smol::block_on(executor.run(async {
        let listener = Listener::tcp(("127.0.0.1", port))?.connections(100_000);
        let listening = mcp_smol::listen(server(), listener, spawn)?;
        eprintln!("listening on {}", listening.local_addr().ok_or("no address")?);

        let handle = listening.clone();
        let mut signals = Signals::new([Signal::Int, Signal::Term])?;
        let _until_the_end = executor.spawn(async move {
            while signals.next().await.is_some() {
                handle.shutdown(Duration::from_secs(5));
            }
        });
        Ok(listening.await?)
    }))
}
