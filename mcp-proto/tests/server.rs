//! Transcripts of the server machine.

mod transcript;

use mcp_proto::model::{Implementation, ListCapability};
use mcp_proto::server::{Config, Connection};
use mcp_proto::time::{Clock, Time};
use std::sync::Arc;
use std::time::Duration;
use transcript::{Settings, check};

fn server(settings: &mut Settings, _now: Time) -> Connection {
    let key = if settings.take("key").is_some() { [1; 32] } else { [0; 32] };
    let clock = Clock::new(Duration::from_secs(1_000_000));
    let mut config = Config::new(Implementation::new("s", "1"), clock, key);
    config.capabilities.tools = Some(ListCapability::new());
    settings.revisions(&mut config.revisions);
    settings.bounds(&mut config.limits, &mut config.timeouts);
    Connection::new(Arc::new(config))
}

#[test]
fn eras() {
    check("eras.txt", server);
}

#[test]
fn requests() {
    check("requests.txt", server);
}

#[test]
fn asking() {
    check("asking.txt", server);
}

#[test]
fn ends() {
    check("ends.txt", server);
}

#[test]
fn malformed() {
    check("malformed.txt", server);
}

#[test]
fn batches() {
    check("batches.txt", server);
}

#[test]
fn revisions() {
    check("revisions.txt", server);
}
