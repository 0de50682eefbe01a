//! How a connection usually opens: what `open` stands for in a transcript.

use crate::scenario::{Setup, Subject};
use mcp_proto::model::Era;

const SERVER_OPENS: &[&str] = &[
    r#"C> 0 initialize {"protocolVersion":"<revision>","capabilities":{},"clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> 0 result {"protocolVersion":"<revision>","capabilities":{"tools":{}},"serverInfo":{"name":"fixture-server","version":"1"}}"#,
    "C> notifications/initialized",
];
const ELICITING_CLIENT_OPENS: &[&str] = &[
    r#"C> 0 initialize {"protocolVersion":"<revision>","capabilities":{"elicitation":{"form":{}}},"clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> 0 result {"protocolVersion":"<revision>","capabilities":{"tools":{}},"serverInfo":{"name":"fixture-server","version":"1"}}"#,
    "C> notifications/initialized",
];
const GATEWAY_OPENS: &[&str] = &[
    r#"C> 0 initialize {"protocolVersion":"<revision>","capabilities":{"elicitation":{"form":{}}},"clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> 0 result {"protocolVersion":"<revision>","capabilities":{"tools":{}},"serverInfo":{"name":"gateway","version":"1"}}"#,
    "C> notifications/initialized",
];
const MODERN_CLIENT_OPENS: &[&str] = &[
    "C> <probe> server/discover",
    r#"S> <probe> result {"supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private"}"#,
];
const LEGACY_CLIENT_OPENS: &[&str] = &[
    "C> modern <probe> server/discover",
    "S> <probe> error -32601",
    r#"C> <initialize> initialize {"protocolVersion":"2025-11-25","capabilities":"*","clientInfo":{"name":"fixture-client","version":"1"}}"#,
    r#"S> <initialize> result {"protocolVersion":"<revision>","capabilities":{"tools":{}},"serverInfo":{"name":"scripted-server","version":"1"}}"#,
    "C> notifications/initialized",
];

/// How a connection usually opens: what `open` stands for.
pub(crate) fn opening(setup: &Setup, era: Era) -> &'static [&'static str] {
    match (setup.subject, era) {
        (Subject::Both, _) | (Subject::Server | Subject::Gateway, Era::Modern) => &[],
        (Subject::Server, Era::Legacy) if setup.elicits.0 => ELICITING_CLIENT_OPENS,
        (Subject::Server, Era::Legacy) => SERVER_OPENS,
        (Subject::Gateway, Era::Legacy) => GATEWAY_OPENS,
        (Subject::Client, Era::Modern) => MODERN_CLIENT_OPENS,
        (Subject::Client, Era::Legacy) => LEGACY_CLIENT_OPENS,
    }
}
