//! Transcripts of the server machine.

mod transcript;

use mcp_proto::model::{CacheHint, Implementation, ListCapability};
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
    if let Some(offers) = settings.take("offers") {
        config.capabilities = serde_json::from_str(&offers).unwrap();
    }
    if let Some(ttl) = settings.take("cache") {
        config.discover_cache = CacheHint::public(ttl.parse().unwrap());
    }
    config.raw_subscriptions = settings.take("raw").is_some();
    let caller = settings.take("caller").filter(|name| name != "-").map(Arc::from);
    settings.revisions(&mut config.revisions);
    settings.bounds(&mut config.limits, &mut config.timeouts);
    Connection::for_caller(Arc::new(config), caller)
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

#[test]
fn listening() {
    check("listening.txt", server);
}

#[test]
fn subscribing() {
    check("subscribing.txt", server);
}

#[test]
fn telling() {
    check("telling.txt", server);
}

#[test]
fn logging() {
    check("logging.txt", server);
}

#[test]
fn modes() {
    check("modes.txt", server);
}
