//! Recordings as text: written by hand, or broken.

use mcp_proto::model::Implementation;
use mcp_proto::server;
use mcp_proto::sim::Recording;
use mcp_proto::time::Clock;
use std::sync::Arc;

fn server_machine() -> server::Connection {
    server::Connection::new(Arc::new(server::Config::new(Implementation::new("s", "1"), Clock::default(), [0; 32])))
}

const TEXT: &str = r#"0 read {"jsonrpc":"2.0","id":1,"method":"ping"}\n{"jsonrpc":"2.0","id":2,"method"
> write {"jsonrpc":"2.0","id":1,"result":{}}\n

0.25 written 10

1.5 read :"x/y","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}\r\n
> event request 1 2026-07-28 x/y {"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}} {"capabilities":{},"round":0}

1.5 command respond 1 error {"code":7,"message":"a\\nb \\\\ ü"}
> write {"jsonrpc":"2.0","id":2,"error":{"code":7,"message":"a\\nb \\\\ ü"}}\n

1.75 timeout

2 failed broken pipe
> closed the connection broke: pipe

"#;

/// A recording written by hand is played as well as one that was made.
#[test]
fn the_text_of_a_recording() {
    let recording: Recording = TEXT.parse().unwrap();
    assert_eq!(recording.to_string(), TEXT);
    assert_eq!(recording.replay(server_machine()).unwrap().to_string(), TEXT);
}

#[test]
fn texts_that_are_no_recording() {
    let check = |text: &str, why: &str| {
        let read = text.parse::<Recording>().and_then(|recording| recording.replay(server_machine()));
        assert_eq!(read.map_err(|e| e.to_string()), Err(why.to_owned()));
    };
    check("soon timeout", "not seconds: soon");
    check("0 wait", "not an input: wait");
    check("0 read \\q", "not an escape: \\\\q");
    check("0 written many", "not a number: many");
    check("0 command dance", "not a server's command: dance");
    check("0 command respond 1 result 7", "not a result: 7");
    check("0 failed softly", "not a fault: softly");
    check("0 failed broken pipe\\xff", "not UTF-8: pipe\\\\xff");
}
