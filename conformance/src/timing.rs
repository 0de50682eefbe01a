//! What can be seen only with several threads and a real clock. Run by the binary, not by the tests.

use crate::column::Column;
use crate::fixture::{self, Pace, raw};
use crate::play::DEADLINE;
use crate::scenario::Scenario;
use mcp_proto::client::Reply;
use mcp_proto::error::CallError;
use mcp_proto::handle::client::Call;
use mcp_proto::model::Revision;
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// What a ping and a cancellation may take while another call sleeps.
const BOUND: Duration = Duration::from_millis(20);
/// How often each is tried while that call sleeps; the one in the middle counts, since others use the machine.
const TRIES: usize = 5;

/// The name of a check, and what came of it.
pub type Check = (&'static str, Result<String, String>);

/// The checks that make sense in a column.
#[must_use]
pub fn checks(column: &Arc<dyn Column>) -> Vec<Check> {
    let mut checks = vec![("a call cancelled by another thread while one waits for it", cancelled_elsewhere(column))];
    // Elsewhere a handler that blocks its thread blocks its connection, once.
    if column.name() == "blocking" {
        checks.push(("ping and cancel while a call sleeps a second", while_asleep(column)));
    }
    checks
}

fn scenario(revision: Revision) -> Result<Scenario, String> {
    Scenario::parse("timing", &format!("# Timing\n--- {revision}\neof"))
}

/// A client that speaks by the line.
struct Lines {
    reader: BufReader<UnixStream>,
}

impl Lines {
    fn say(&mut self, message: &Value) -> Result<(), String> {
        self.reader.get_mut().write_all(format!("{message}\n").as_bytes()).map_err(|e| e.to_string())
    }

    fn request(&mut self, id: usize, method: &str, params: &Value) -> Result<(), String> {
        self.say(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
    }

    /// The id of the next answer.
    fn answered(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        self.reader.read_line(&mut line).map_err(|e| format!("nothing came: {e}"))?;
        let message: Value = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        if message.get("result").is_some() { Ok(message["id"].clone()) } else { Err(format!("it answered {message}")) }
    }

    fn expect(&mut self, id: usize) -> Result<(), String> {
        let got = self.answered()?;
        if got == id { Ok(()) } else { Err(format!("expected the answer to {id}, got that to {got}")) }
    }
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn while_asleep(column: &Arc<dyn Column>) -> Result<String, String> {
    let (ours, script) = UnixStream::pair().map_err(|e| e.to_string())?;
    script.set_read_timeout(Some(DEADLINE)).map_err(|e| e.to_string())?;
    let server = fixture::server(&scenario(Revision::V2025_11_25)?, Revision::V2025_11_25, Pace::Real);
    let serving = column.serve(server, ours).map_err(|e| e.to_string())?;
    let mut lines = Lines { reader: BufReader::new(script) };
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": fixture::client_info()});
    lines.request(0, "initialize", &hello)?;
    lines.expect(0)?;
    let began = Instant::now();
    lines.request(1, "tools/call", &json!({"name": "sleep", "arguments": {"n": 1000}}))?;
    let (mut pings, mut cancels) = (Vec::new(), Vec::new());
    for attempt in 0..TRIES {
        let id = 10 * (attempt + 1);
        let at = Instant::now();
        lines.request(id, "ping", &json!({}))?;
        lines.expect(id)?;
        pings.push(at.elapsed());
        // A handler that has begun, and one that answers when the first has seen that it is cancelled.
        lines.request(id + 1, "tools/call", &json!({"name": "never"}))?;
        lines.request(id + 2, "tools/call", &json!({"name": "hold", "arguments": {"gate": "begun"}}))?;
        lines.expect(id + 2)?;
        let at = Instant::now();
        lines.say(&json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id + 1}}))?;
        lines.request(id + 3, "tools/call", &json!({"name": "hold", "arguments": {"gate": "cancelled"}}))?;
        lines.expect(id + 3)?;
        cancels.push(at.elapsed());
    }
    let still_asleep = began.elapsed() < Duration::from_secs(1);
    lines.expect(1)?;
    drop(lines);
    serving.wait(Some(DEADLINE)).ok_or("the server does not close")?;
    let (ping, cancel) = (middle(pings), middle(cancels));
    let text = format!("ping {ping:.1?}, cancel {cancel:.1?}, at most {BOUND:?}");
    if still_asleep && ping <= BOUND && cancel <= BOUND { Ok(text) } else { Err(text) }
}

fn cancelled_elsewhere(column: &Arc<dyn Column>) -> Result<String, String> {
    let scenario = scenario(Revision::V2026_07_28)?;
    let (near, far) = UnixStream::pair().map_err(|e| e.to_string())?;
    let serving =
        column.serve(fixture::server(&scenario, Revision::V2026_07_28, Pace::Real), far).map_err(|e| e.to_string())?;
    let client = column.connect(fixture::client(&scenario, Pace::Real).0, near).map_err(|e| e.to_string())?;
    let call = |params: Value| -> Call<Reply> { client.prepare_raw("tools/call", raw(&params)).send() };
    let never = call(json!({"name": "never"}));
    let begun = call(json!({"name": "hold", "arguments": {"gate": "begun"}}));
    begun.wait().map_err(|e| e.to_string())?;
    let canceller = never.canceller();
    let (tell, told) = mpsc::channel();
    // Nobody listens any more once the deadline is over.
    thread::spawn(move || drop(tell.send(never.wait().map(drop))));
    // The other thread is most likely waiting by then; if not, it has less to wait for.
    let early = told.recv_timeout(Duration::from_millis(20));
    canceller.cancel(None);
    let end = early.or_else(|_| told.recv_timeout(DEADLINE)).map_err(|_| "it still waits".to_owned())?;
    client.close();
    serving.wait(Some(DEADLINE)).ok_or("the server does not close")?;
    match end {
        Err(CallError::Cancelled) => Ok("it ends".to_owned()),
        other => Err(format!("it ended with {other:?}")),
    }
}
