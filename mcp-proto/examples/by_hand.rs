//! A client over a socket of the standard library, with no adapter: calls one method of the server at an address, and
//! says its result.
//!
//! `cargo run -p mcp-proto --example by_hand -- 127.0.0.1:8000 tools/list`

#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::disallowed_macros, reason = "it is no core")]

use bytes::Bytes;
use mcp_proto::client::{CallId, CallRequest, Command, Config, Connection, Event};
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::Implementation;
use mcp_proto::rpc::{Name, Raw};
use mcp_proto::time::Time;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Calls one method, and gives its result as JSON.
fn call(mut stream: TcpStream, method: String, params: Raw) -> io::Result<String> {
    let start = Instant::now();
    let now = || Time::from_elapsed(start.elapsed());

    let config = Config::new(Implementation::new("by-hand", "1.0"));
    let mut client = Connection::new(Arc::new(config), now());
    let request = CallRequest::new(Name::from(method), params, Some(Duration::from_secs(10)));
    client.handle_input(now(), Input::Command(Command::Call { call: CallId(1), request }));

    let mut room = [0; 4096];
    loop {
        // 1. Do what the machine wants done.
        while let Some(output) = client.poll_output() {
            match output {
                Output::Write(bytes) => {
                    stream.write_all(&bytes)?;
                    client.handle_input(now(), Input::Written(bytes.len()));
                }
                Output::Event(Event::Ended { outcome, .. }) => {
                    let reply = outcome.map_err(io::Error::other)?;
                    return Ok(reply.result.raw().as_str().to_owned());
                }
                Output::Event(_) | Output::Frame(_) => {}
                Output::Finish => stream.shutdown(Shutdown::Write)?,
                Output::Closed(why) => return Err(io::Error::other(why)),
            }
        }
        // 2. Wait for bytes, or for the time it wants to be told. A timeout of zero would mean none.
        let patience = client.poll_timeout().map(|due| due.since(now()).max(Duration::from_millis(1)));
        stream.set_read_timeout(patience)?;
        let input = match stream.read(&mut room) {
            Ok(0) => Input::ReadEnd(None),
            Ok(n) => Input::Read(Bytes::copy_from_slice(&room[..n])),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Input::Timeout,
            Err(e) => return Err(e),
        };
        // 3. Tell it what happened.
        client.handle_input(now(), input);
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let (Some(address), Some(method)) = (words.next(), words.next()) else {
        return Err("usage: by_hand ADDRESS METHOD".into());
    };
    println!("{}", call(TcpStream::connect(address)?, method, Raw::empty_object())?);
    Ok(())
}
