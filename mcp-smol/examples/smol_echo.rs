//! A server on standard input and output with one tool, `echo`.

use async_signal::{Signal, Signals};
use mcp_smol::{Cx, Server, Tool};
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

fn main() -> std::io::Result<()> {
    smol::block_on(async {
        let serving = mcp_smol::serve_stdio(server(), |task| smol::spawn(task).detach())?;
        let handle = serving.handle();
        let mut signals = Signals::new([Signal::Int, Signal::Term])?;
        smol::spawn(async move {
            while signals.next().await.is_some() {
                handle.shutdown(Duration::from_secs(5));
            }
        })
        .detach();
        serving.await;
        Ok(())
    })
}
