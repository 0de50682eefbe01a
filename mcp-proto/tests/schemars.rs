//! Schemas of tools from the types of their handlers.

use mcp_proto::handle::server::{Cx, Json, Server, Tool};
use mcp_proto::sim::World;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where, and how far ahead.
#[derive(Deserialize, JsonSchema)]
#[allow(dead_code, reason = "only its schema is looked at")]
struct Forecast {
    /// A city.
    city: String,
    days: Option<u8>,
}

#[derive(Serialize, JsonSchema)]
struct Report {
    degrees: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[test]
fn a_tool_says_what_it_takes_and_gives() {
    let forecast = |_: Forecast, _: Cx| Json(Report { degrees: 12.5, note: None });
    let tool = Tool::new("forecast").input::<Forecast>().output::<Report>();
    let world = World::new(1);
    let client = world.client_of(Server::new("weather", "1").tool(tool, forecast));
    let tools = world.run(client.list_tools()).unwrap().unwrap();
    let listed: Value = serde_json::to_value(&tools[0]).unwrap();
    let expected = json!({
        "name": "forecast",
        "inputSchema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Forecast",
            "description": "Where, and how far ahead.",
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "A city."},
                "days": {"type": ["integer", "null"], "format": "uint8", "minimum": 0, "maximum": 255},
            },
            "required": ["city"],
        },
        "outputSchema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Report",
            "type": "object",
            "properties": {
                "degrees": {"type": "number", "format": "double"},
                "note": {"type": ["string", "null"]},
            },
            "required": ["degrees"],
        },
    });
    assert_eq!(listed, expected);
    let result = world.run(client.call_tool("forecast", json!({"city": "Oslo"}))).unwrap().unwrap();
    let content = result.structured_content.unwrap();
    assert_eq!(content.as_str(), r#"{"degrees":12.5}"#);
}
