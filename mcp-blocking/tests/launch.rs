//! Servers that are processes.
#![cfg(unix)]

use mcp_blocking::model::{CallToolResult, Revision};
use mcp_blocking::{CallError, ClientBuilder, Closed, Eras, Grace, Launch, Launched, SpawnError, Step};
use serde_json::json;
use std::time::Duration;

/// A hang is a failure too.
const PATIENCE: Option<Duration> = Some(Duration::from_secs(30));

fn launch(script: &str) -> Launched {
    let sh = Launch::new("/bin/sh").args(["-c", script]);
    mcp_blocking::launch(ClientBuilder::new("test", "1"), &sh).unwrap()
}

#[test]
fn a_child_that_ends_early_says_why() {
    let check = |script, expect: &str| {
        let server = launch(script);
        let early = Closed::Early(Some(expect.to_owned()));
        assert_eq!(server.closed_wait(PATIENCE), Ok(Some(early.clone())), "{script}");
        assert_eq!(server.call_tool("echo", json!({})).wait(), Err(CallError::Closed(early)), "{script}");
    };
    check("echo no >&2; exit 3", "exit code 3; its stderr ends with: no");
    check("read line; exit 0", "exit code 0");
    check("read line; kill -9 $$", "signal 9");
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let launched = mcp_blocking::launch(ClientBuilder::new("test", "1"), &Launch::new("/no/such/program"));
    assert!(matches!(launched, Err(SpawnError::NotFound { .. })), "{launched:?}");
}

/// The child reads its input to the end: closing it is how it is asked to go.
#[test]
fn closing_ends_the_input_of_the_child() {
    let server = launch("while read line; do :; done; exit 7");
    let ended = server.close(Grace::default()).wait();
    assert_eq!((ended.exit.code, ended.step), (Some(7), Step::ClosedInput));
}

#[test]
#[cfg(target_os = "linux")]
fn nothing_is_left_alive_after_drop() {
    let server = launch("sleep 1000 & while read line; do :; done; wait");
    let process = format!("/proc/{}", server.child().pid());
    assert!(std::path::Path::new(&process).exists());
    let call = server.call_tool("echo", json!({}));
    drop(server);
    assert!(!std::path::Path::new(&process).exists());
    assert!(matches!(call.wait(), Err(CallError::Closed(_))));
}

/// A server of the older era that dies of what it does not know. Launched again it is asked what it knows.
const DIES_OF_THE_PROBE: &str = r#"
read -r line
case "$line" in *initialize*) ;; *) exit 3 ;; esac
id=$(printf '%s' "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
info='"capabilities":{"tools":{}},"serverInfo":{"name":"old","version":"1"}'
printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2024-11-05",%s}}\n' "$id" "$info"
read -r initialized
read -r call
printf '{"jsonrpc":"2.0","id":%s,"result":{"content":[]}}\n' "$((id + 1))"
read -r end
"#;

#[test]
fn a_server_that_dies_of_the_probe_is_launched_again() {
    let eras = Eras::new();
    let sh = Launch::new("/bin/sh").args(["-c", DIES_OF_THE_PROBE]);
    let connect = || {
        let client = ClientBuilder::new("test", "1").eras(&eras);
        mcp_blocking::launch(client, &sh).unwrap()
    };
    let server = connect();
    let first = server.child();
    assert_eq!(server.call_tool("a", json!({})).wait(), Ok(CallToolResult::new(Vec::new())));
    assert_eq!(server.server().wait().map(|info| info.revision), Ok(Revision::V2024_11_05));
    assert_eq!(first.try_exit().and_then(|exit| exit.code), Some(3));
    assert_ne!(first.pid(), server.child().pid());
    drop(server);
    // Now it is known, and spared.
    let server = connect();
    let first = server.child();
    assert_eq!(server.call_tool("a", json!({})).wait(), Ok(CallToolResult::new(Vec::new())));
    assert_eq!(first.pid(), server.child().pid());
}
