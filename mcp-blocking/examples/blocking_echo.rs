//! A server on standard input and output with one tool, `echo`.

use mcp_blocking::{Cx, Server, Tool};
use serde::Deserialize;
use signal_hook::consts::{SIGINT, SIGTERM};
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
    let serving = mcp_blocking::serve_stdio(server())?;
    let stop = serving.stopper(Duration::from_secs(5))?;
    signal_hook::low_level::pipe::register(SIGINT, stop.try_clone()?)?;
    signal_hook::low_level::pipe::register(SIGTERM, stop)?;
    serving.wait();
    Ok(())
}
