//! Servers that are processes.
#![cfg(unix)]

use mcp_tokio::model::{CallToolResult, Revision};
use mcp_tokio::{CallError, ClientBuilder, Closed, Eras, Grace, Launch, Launched, SpawnError, Step};
use serde_json::json;
use std::future::Future;
use std::time::Duration;

/// Runs to the end, or fails: a hang is a failure too.
fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), future).await.expect("it hangs") })
}

fn launch(script: &str) -> Launched {
    let sh = Launch::new("/bin/sh").args(["-c", script]);
    mcp_tokio::launch(ClientBuilder::new("test", "1"), &sh).unwrap()
}

#[test]
fn a_child_that_ends_early_says_why() {
    let check = |script, expect: &str| {
        run(async {
            let server = launch(script);
            let early = Closed::Early(Some(expect.to_owned()));
            assert_eq!(server.closed().await, early, "{script}");
            assert_eq!(server.call_tool("echo", json!({})).await, Err(CallError::Closed(early)), "{script}");
        });
    };
    check("echo no >&2; exit 3", "exit code 3; its stderr ends with: no");
    check("read line; exit 0", "exit code 0");
    check("read line; kill -9 $$", "signal 9");
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    run(async {
        let launched = mcp_tokio::launch(ClientBuilder::new("test", "1"), &Launch::new("/no/such/program"));
        assert!(matches!(launched, Err(SpawnError::NotFound { .. })), "{launched:?}");
    });
}

/// The child reads its input to the end: closing it is how it is asked to go.
#[test]
fn closing_ends_the_input_of_the_child() {
    run(async {
        let server = launch("while read line; do :; done; exit 7");
        let ended = server.close(Grace::default()).await;
        assert_eq!((ended.exit.code, ended.step), (Some(7), Step::ClosedInput));
    });
}

/// The handle outlives its runtime, and still leaves nothing alive.
#[test]
#[cfg(target_os = "linux")]
fn nothing_is_left_alive_after_drop() {
    let server = run(async { launch("sleep 1000 & while read line; do :; done; wait") });
    let process = format!("/proc/{}", server.child().pid());
    assert!(std::path::Path::new(&process).exists());
    let call = server.call_tool("echo", json!({}));
    drop(server);
    assert!(!std::path::Path::new(&process).exists());
    assert!(matches!(run(call), Err(CallError::Closed(_))));
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
    run(async {
        let eras = Eras::new();
        let sh = Launch::new("/bin/sh").args(["-c", DIES_OF_THE_PROBE]);
        let connect = || {
            let client = ClientBuilder::new("test", "1").eras(&eras);
            mcp_tokio::launch(client, &sh).unwrap()
        };
        let server = connect();
        let first = server.child();
        assert_eq!(server.call_tool("a", json!({})).await, Ok(CallToolResult::new(Vec::new())));
        assert_eq!(server.server().await.map(|info| info.revision), Ok(Revision::V2024_11_05));
        assert_eq!(first.try_exit().and_then(|exit| exit.code), Some(3));
        assert_ne!(first.pid(), server.child().pid());
        drop(server);
        // Now it is known, and spared.
        let server = connect();
        let first = server.child();
        assert_eq!(server.call_tool("a", json!({})).await, Ok(CallToolResult::new(Vec::new())));
        assert_eq!(first.pid(), server.child().pid());
    });
}

/// A server that has a last word when its input ends does not die of it.
#[test]
fn last_words_do_not_kill() {
    run(async {
        let server = launch(
            "while read line; do :; done; i=0; while [ $i -lt 3000 ]; do echo a last word of 64 bytes, said again and again to nobody at all; i=$((i+1)); done; exit 5",
        );
        let ended = server.close(Grace { stdin: Duration::from_secs(20), ..Grace::default() }).await;
        assert_eq!((ended.exit.code, ended.step), (Some(5), Step::ClosedInput));
    });
}
