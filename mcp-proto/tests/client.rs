//! Transcripts of the client machine.

mod transcript;

use mcp_proto::client::{Config, Connection, Opening, Restarts};
use mcp_proto::model::{ElicitationCapability, Extra, Implementation};
use mcp_proto::time::Time;
use std::sync::Arc;
use transcript::{Settings, check};

fn client(settings: &mut Settings, now: Time) -> Connection {
    let mut config = Config::new(Implementation::new("c", "1"));
    config.opening = match settings.take("opening").as_deref() {
        None => Opening::Probe,
        Some("legacy-only") => Opening::LegacyOnly,
        Some("modern-only") => Opening::ModernOnly,
        Some("legacy-first") => Opening::LegacyFirst,
        Some(other) => panic!("{other}"),
    };
    if settings.take("forms").is_some() {
        config.capabilities.elicitation = Some(ElicitationCapability::new().form(Extra::new()));
    }
    if let Some(can) = settings.take("can") {
        config.capabilities = serde_json::from_str(&can).unwrap();
    }
    config.log_level = settings.take("log").map(|level| level.parse().unwrap());
    config.result_types = settings.take("types").map(|name| vec![name]).unwrap_or_default();
    config.reopens = settings.take("reopens").is_some();
    if let Some(attempts) = settings.take("restarts") {
        config.restarts = Restarts::attempts(attempts.parse().unwrap());
    }
    settings.revisions(&mut config.revisions);
    settings.bounds(&mut config.limits, &mut config.timeouts);
    Connection::new(Arc::new(config), now)
}

#[test]
fn opening() {
    check("opening.txt", client);
}

#[test]
fn calls() {
    check("calls.txt", client);
}

#[test]
fn questions() {
    check("questions.txt", client);
}

#[test]
fn answers_that_are_none() {
    check("broken-answers.txt", client);
}

#[test]
fn ladder() {
    check("ladder.txt", client);
}

#[test]
fn afresh() {
    check("afresh.txt", client);
}

#[test]
fn subscriptions() {
    check("subscriptions.txt", client);
}

#[test]
fn subscriptions_in_the_older_era() {
    check("listening-older.txt", client);
}

#[test]
fn our_own_time_is_not_the_servers() {
    check("patience.txt", client);
}

#[test]
fn log_messages() {
    check("levels.txt", client);
}

#[test]
fn what_is_said_when() {
    check("legality.txt", client);
}
