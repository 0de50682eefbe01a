//! Launches the server named on the command line, says who answered, lists its tools, calls one.
//!
//! `cargo run --example blocking_quickstart -- npx -y @modelcontextprotocol/server-everything`

use mcp_blocking::{ClientBuilder, Grace, Launch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().ok_or("usage: blocking_quickstart PROGRAM [ARGUMENT]...")?;
    let client = ClientBuilder::new("blocking-quickstart", env!("CARGO_PKG_VERSION"));
    let server = mcp_blocking::launch(client, &Launch::new(program).args(words))?;

    let info = server.server().wait()?;
    let (name, version) = info.identity.as_ref().map_or(("a server", ""), |i| (&i.name, &i.version));
    println!("connected to {name} {version} ({})", info.revision);

    let tools = server.list_tools().wait()?;
    for tool in &tools {
        let description = tool.description.as_deref().unwrap_or_default();
        println!("- {}: {}", tool.name, description.lines().next().unwrap_or_default());
    }
    if tools.iter().any(|tool| tool.name == "echo") {
        let result = server.call_tool("echo", serde_json::json!({ "message": "hello" })).wait()?;
        for text in result.content.iter().filter_map(|content| content.as_text()) {
            println!("echo answered: {text}");
        }
    }
    server.close(Grace::default()).wait();
    Ok(())
}
