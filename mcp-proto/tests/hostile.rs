//! Lines no transcript has room for: too long, too deep, not text. They are answered with their id, and the
//! session lives.

use bytes::Bytes;
use mcp_proto::client;
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::Implementation;
use mcp_proto::server::{Config, Connection};
use mcp_proto::sim::Tell;
use mcp_proto::time::{Clock, Time};
use std::sync::Arc;

const MIB: usize = 1024 * 1024;

fn server() -> Connection {
    Connection::new(Arc::new(Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32])))
}

/// What a machine says and tells when it reads `bytes` in chunks of `size`.
fn feed<M: Machine<Event: Tell>>(machine: &mut M, bytes: &[u8], size: usize) -> Vec<String> {
    let mut said = Vec::new();
    let bytes = Bytes::copy_from_slice(bytes);
    for start in (0..bytes.len()).step_by(size) {
        machine.handle_input(Time::ORIGIN, Input::Read(bytes.slice(start..bytes.len().min(start + size))));
        while let Some(output) = machine.poll_output() {
            match output {
                Output::Write(bytes) => said.extend(std::str::from_utf8(&bytes).unwrap().lines().map(str::to_owned)),
                Output::Event(event) => said.push(format!("* {}", event.tell())),
                other => panic!("{:?}", matches!(other, Output::Finish)),
            }
        }
    }
    said
}

fn answered(line: &[u8], code: i64, id: &str, why: &str) {
    let ping = br#"{"jsonrpc":"2.0","id":"alive","method":"ping"}"#;
    let bytes = [line, b"\n", ping, b"\n"].concat();
    let id = if id.is_empty() { String::new() } else { format!(r#""id":{id},"#) };
    let expect = [
        format!(r#"{{"jsonrpc":"2.0",{id}"error":{{"code":{code},"message":"{why}"}}}}"#),
        r#"{"jsonrpc":"2.0","id":"alive","result":{}}"#.to_owned(),
    ];
    for size in [64 * 1024, 4093, bytes.len()] {
        let mut said = feed(&mut server(), &bytes, size);
        said.retain(|line| !line.starts_with('*'));
        assert_eq!(said, expect, "in chunks of {size}");
    }
}

fn filled(template: &str, with: &[u8]) -> Vec<u8> {
    let (before, after) = template.split_once('$').unwrap();
    [before.as_bytes(), with, after.as_bytes()].concat()
}

const FIRST: &str = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":$}}"#;
const LAST: &str = r#"{"params":{"name":$,"id":7},"method":"tools/call","jsonrpc":"2.0","id":"last"}"#;

#[test]
fn seventeen_mebibytes() {
    let text = filled("\"$\"", &vec![b'x'; 17 * MIB]);
    for (template, id) in [(FIRST, "1"), (LAST, r#""last""#)] {
        let line = filled(template, &text);
        let why = format!("message of {} bytes is longer than the limit of {} bytes", line.len(), 16 * MIB);
        answered(&line, -32600, id, &why);
    }
}

#[test]
fn a_hundred_thousand_levels() {
    let levels = 100_000;
    let deep = ["[".repeat(levels), "]".repeat(levels)].concat();
    for (template, id) in [(FIRST, "1"), (LAST, r#""last""#)] {
        answered(&filled(template, deep.as_bytes()), -32700, id, "nested deeper than 128 levels");
    }
    // It does not even end.
    let open = filled("$", "{\"a\":".repeat(levels).as_bytes());
    answered(&open, -32700, "", "nested deeper than 128 levels");
}

#[test]
fn not_utf8() {
    for bytes in [&b"\xff"[..], b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf"] {
        let text = filled("\"$\"", bytes);
        for (template, id) in [(FIRST, "1"), (LAST, r#""last""#)] {
            answered(&filled(template, &text), -32700, id, "not UTF-8");
        }
    }
}

/// What is kept of a line that never ends is bounded, and so is the work: every byte is looked at once.
#[test]
fn a_line_that_never_ends() {
    let mut machine = server();
    for _ in 0..64 {
        assert_eq!(feed(&mut machine, &vec![b' '; MIB], 64 * 1024), Vec::<String>::new());
    }
    let said = feed(&mut machine, b"{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}\n", 7);
    let length = 64 * MIB + 40;
    let why = format!("message of {length} bytes is longer than the limit of {} bytes", 16 * MIB);
    let expect = [
        format!("* violation request 5: {why}"),
        format!(r#"{{"jsonrpc":"2.0","id":5,"error":{{"code":-32600,"message":"{why}"}}}}"#),
    ];
    assert_eq!(said, expect);
}

/// A server that answers with such a line fails that call and no other.
#[test]
fn a_client_gets_seventeen_mebibytes() {
    use mcp_proto::sim::Spell as _;
    let config = Arc::new(client::Config::new(Implementation::new("c", "1")));
    let mut machine = client::Connection::new(config, Time::ORIGIN);
    let ready =
        br#"{"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}}"#;
    feed(&mut machine, &[&ready[..], b"\n"].concat(), 1000);
    for call in ["1", "2"] {
        let text = format!(r#"call {call} {{"method":"tools/list","params":{{}}}}"#);
        machine.handle_input(Time::ORIGIN, Input::Command(client::Command::read(&text).unwrap()));
    }
    let long = filled(r#"{"result":{"x":"$"},"id":2,"jsonrpc":"2.0"}"#, &vec![b'x'; 17 * MIB]);
    let bytes = [&long[..], b"\n", br#"{"jsonrpc":"2.0","id":3,"result":{"tools":[]}}"#, b"\n"].concat();
    let said = feed(&mut machine, &bytes, 64 * 1024);
    let why = format!("message of {} bytes is longer than the limit of {} bytes", long.len(), 16 * MIB);
    let told: Vec<_> = said.iter().filter(|line| line.starts_with('*')).cloned().collect();
    let expect = [
        format!("* ended 1 failed: the peer's answer could not be read: {why}"),
        format!("* violation response 2: {why}"),
        r#"* ended 2 complete {"tools":[]}"#.to_owned(),
    ];
    assert_eq!(told, expect);
}
