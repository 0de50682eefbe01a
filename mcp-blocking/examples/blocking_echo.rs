//! A server on standard input and output with one tool, `echo`.

use mcp_blocking::{Cx, Server, Tool};
use serde::Deserialize;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::os::unix::net::UnixStream;
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

fn main() -> std::io::Result<()> {
    let (stop, signals) = UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SIGINT, signals.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGTERM, signals)?;
    let why = mcp_blocking::serve_stdio(server())?.stop_on(stop, Duration::from_secs(5)).wait();
    eprintln!("ended: {why}");
    Ok(())
}
