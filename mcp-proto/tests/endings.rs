//! Why a connection ended, when the end and a failing write come together: a program that dies does both, in any
//! order.

use mcp_proto::client::{Command, Config, Connection};
use mcp_proto::error::{Closed, Fault};
use mcp_proto::machine::{Input, Machine, Output};
use mcp_proto::model::Implementation;
use mcp_proto::time::Time;
use std::sync::Arc;
use std::time::Duration;

fn broken() -> Fault {
    Fault::Broken("broken pipe".to_owned())
}

/// Feeds a client that has just begun, and gives the reason it ends with.
fn check(inputs: Vec<(u64, Input<Command>)>, expect: Option<Closed>) {
    let at = |millis| Time::ORIGIN.after(Duration::from_millis(millis));
    let mut client = Connection::new(Arc::new(Config::new(Implementation::new("test", "1"))), at(0));
    let told = format!("{inputs:?}");
    let mut closed = None;
    for (millis, input) in [(0, Input::Written(0))].into_iter().chain(inputs) {
        client.handle_input(at(millis), input);
        while let Some(output) = client.poll_output() {
            if let Output::Closed(why) = output {
                closed = Some(why);
            }
        }
    }
    assert_eq!(closed, expect, "{told}");
}

#[test]
fn the_end_of_the_peer_says_more_than_a_failing_write() {
    let ended = || Input::ReadEnd(Some("exit code 3".to_owned()));
    let early = || Some(Closed::Early(Some("exit code 3".to_owned())));
    check(vec![(1, Input::WriteFailed(broken())), (2, ended())], early());
    check(vec![(1, ended()), (2, Input::WriteFailed(broken()))], early());
    // Reading goes on for a second, and no longer.
    check(vec![(1, Input::WriteFailed(broken())), (1000, Input::Timeout)], None);
    check(vec![(1, Input::WriteFailed(broken())), (1001, Input::Timeout)], Some(Closed::Lost(broken())));
    check(vec![(1, Input::Failed(broken()))], Some(Closed::Lost(broken())));
    // What we closed ourselves was not delivered.
    let close = Input::Command(Command::Close);
    check(vec![(1, close), (2, Input::WriteFailed(broken()))], Some(Closed::Lost(broken())));
}
