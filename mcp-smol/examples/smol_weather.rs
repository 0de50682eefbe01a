//! The weather, on standard input and output: three tools, a family of resources, a prompt, a question to the user.

use mcp_smol::model::{Elicit, FormSchema, NumberSchema};
use mcp_smol::{Cx, Failure, Json, Prompt, ResourceTemplate, Server, Tool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::num::NonZeroUsize;

/// The degrees of five days to come, by city.
type Weather = BTreeMap<&'static str, [i32; 5]>;

#[derive(Deserialize, JsonSchema)]
struct City {
    city: String,
}

#[derive(Deserialize, JsonSchema)]
struct Ahead {
    city: String,
    days: usize,
}

#[derive(Deserialize, JsonSchema)]
struct Cold {
    below: i32,
}

#[derive(Serialize, JsonSchema)]
struct Forecast {
    city: String,
    degrees: Vec<i32>,
}

#[derive(Deserialize)]
struct Stay {
    days: NonZeroUsize,
}

fn degrees<'a>(cx: &'a Cx<Weather>, city: &str) -> Result<&'a [i32; 5], Failure> {
    cx.state().get(city).ok_or_else(|| Failure::tool(format!("no weather station in {city}")))
}

async fn forecast(Ahead { city, days }: Ahead, cx: Cx<Weather>) -> Result<Json<Forecast>, Failure> {
    let degrees = degrees(&cx, &city)?.iter().take(days).copied().collect();
    Ok(Json(Forecast { city, degrees }))
}

async fn alerts(Cold { below }: Cold, cx: Cx<Weather>) -> String {
    let cold = cx.state().iter().filter(|(_, days)| days.iter().any(|day| *day < below));
    cold.map(|(city, _)| *city).collect::<Vec<_>>().join(", ")
}

async fn plan_trip(City { city }: City, cx: Cx<Weather>) -> Result<String, Failure> {
    let degrees = degrees(&cx, &city)?;
    let form = FormSchema::empty().needs("days", NumberSchema::integer().minimum(1));
    let Some(Stay { days }) = cx.ask("stay", Elicit::form("How long will you stay?", form))?.accepted()? else {
        return Err(Failure::tool("the user stays at home"));
    };
    let mut warmest = None;
    for (first, stay) in degrees.windows(days.get()).enumerate() {
        cx.progress((first + days.get()) as f64, Some(degrees.len() as f64), None);
        warmest = warmest.max(Some((stay.iter().sum::<i32>(), first)));
    }
    let (_, first) = warmest.ok_or_else(|| Failure::tool("nobody knows the weather of so many days"))?;
    Ok(format!("In {city}, leave in {first} days"))
}

fn now(City { city }: City, cx: Cx<Weather>) -> Option<String> {
    cx.state().get(city.as_str()).map(|days| format!("{} degrees", days[0]))
}

fn packing(City { city }: City, _cx: Cx<Weather>) -> String {
    format!("What should I pack for {city}?")
}

/// One definition for every runtime, and for clients of every revision.
pub fn server() -> Result<Server<Weather>, Box<dyn Error>> {
    Ok(Server::new("weather", "1.0.0")
        .state(Weather::from([("Bergen", [9, 11, 8, 7, 10]), ("Oslo", [6, 9, 12, 14, -1])]))
        .tool(Tool::new("forecast").describe("Degrees to expect").input::<Ahead>().output::<Forecast>(), forecast)
        .tool(Tool::new("alerts").describe("Cities where it will be colder than that").input::<Cold>(), alerts)
        .tool(Tool::new("plan_trip").describe("Asks how many days, and finds the warmest").input::<City>(), plan_trip)
        .resource_template(ResourceTemplate::new("weather://{city}/now", "now")?.mime_type("text/plain"), now)
        .prompt(Prompt::new("packing").describe("What to pack").required("city", "Where to"), packing))
}

fn main() -> Result<(), Box<dyn Error>> {
    let spawn = |task| smol::spawn(task).detach();
    smol::block_on(mcp_smol::serve_stdio(server()?, spawn)?);
    Ok(())
}
