//! A server on standard input and output with one tool, `echo`.

use mcp_tokio::{Cx, Server, Tool};
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
async fn main() -> std::io::Result<()> {
    let serving = mcp_tokio::serve_stdio(server())?;
    let handle = serving.handle();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        handle.shutdown(Duration::from_secs(5));
    });
    serving.await;
    Ok(())
}
