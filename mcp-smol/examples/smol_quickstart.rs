//! Launches the server named on the command line, says who answered, lists its tools, calls one.
//!
//! `cargo run --example smol_quickstart -- npx -y @modelcontextprotocol/server-everything`

use mcp_smol::{ClientBuilder, Grace, Launch};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().ok_or("usage: smol_quickstart PROGRAM [ARGUMENT]...")?;
    let client = ClientBuilder::new("smol-quickstart", env!("CARGO_PKG_VERSION"));
    let server = mcp_smol::launch(client, &Launch::new(program).args(words), |task| smol::spawn(task).detach())?;

    let info = server.server().await?;
    let (name, version) = info.identity.as_ref().map_or(("a server", ""), |i| (&i.name, &i.version));
    println!("connected to {name} {version} ({})", info.revision);

    let tools = server.list_tools().await?;
    for tool in &tools {
        let description = tool.description.as_deref().unwrap_or_default();
        println!("- {}: {}", tool.name, description.lines().next().unwrap_or_default());
    }
    if tools.iter().any(|tool| tool.name == "echo") {
        let result = server.call_tool("echo", serde_json::json!({ "message": "hello" })).await?;
        for text in result.content.iter().filter_map(|content| content.as_text()) {
            println!("echo answered: {text}");
        }
    }
    server.close(Grace::default()).await;
    Ok(())
}
