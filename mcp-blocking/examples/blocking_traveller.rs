//! Launches a weather server, such as `blocking_weather`, and says everything it offers. Then it plans a trip: two days,
//! when asked how many. With a revision before the program, no other is spoken.
//!
//! `cargo run --features schemars --example blocking_traveller -- [REVISION] PROGRAM`

use mcp_blocking::model::{ElicitForm, ElicitResult, Revision};
use mcp_blocking::{ClientBuilder, Grace, Launch};
use serde_json::json;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words: Vec<String> = std::env::args().skip(1).collect();
    let program = words.pop().ok_or("usage: blocking_traveller [REVISION] PROGRAM")?;
    let revisions = match words.pop() {
        Some(name) => vec![Revision::from_name(&name).ok_or("no such revision")?],
        None => Revision::SPOKEN.to_vec(),
    };
    let client = ClientBuilder::new("traveller", "1.0.0").revisions(revisions).on_elicit(|question: ElicitForm| {
        println!("asked: {}", question.message);
        ElicitResult::accept(json!({ "days": 2 }))
    });
    let server = mcp_blocking::launch(client, &Launch::new(program))?;
    println!("speaks: {}", server.server().wait()?.revision);

    for tool in server.list_tools() {
        let tool = tool?;
        println!("tool {}: {}", tool.name, tool.description.unwrap_or_default());
    }
    for template in server.list_resource_templates() {
        println!("resources {}", template?.uri_template);
    }
    for prompt in server.list_prompts() {
        let prompt = prompt?;
        println!("prompt {}: {}", prompt.name, prompt.description.unwrap_or_default());
    }

    let forecast = server.call_tool("forecast", json!({ "city": "Oslo", "days": 2 })).wait()?;
    println!("forecast: {}", forecast.content[0].as_text().unwrap_or_default());
    println!("as data: {}", forecast.structured_content.as_ref().map_or("none", |data| data.as_str()));
    let alerts = server.call_tool("alerts", json!({ "below": 0 })).wait()?;
    println!("alerts: {}", alerts.content[0].as_text().unwrap_or_default());
    let now = server.read_resource("weather://Bergen/now").wait()?;
    println!("now: {}", now.contents[0].as_text().unwrap_or_default());
    let packing = server.get_prompt("packing", json!({ "city": "Oslo" })).wait()?;
    println!("packing: {}", packing.messages[0].content.as_text().unwrap_or_default());

    let (trip, progress) = server.prepare_tool("plan_trip", json!({ "city": "Oslo" })).send_with_progress();
    for step in progress {
        println!("planning: {} of {}", step.progress, step.total.unwrap_or_default());
    }
    match trip.wait() {
        Ok(trip) => println!("trip: {}", trip.content[0].as_text().unwrap_or_default()),
        Err(error) => println!("no trip: {error}"),
    }

    server.close(Grace::default()).wait();
    Ok(())
}
