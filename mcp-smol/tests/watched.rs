//! What a connection tells of itself comes through this adapter.

mod support;

use mcp_smol::{ClientBuilder, Cx, Direction, Frame, Server, Tap, Tool};
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use support::run;

type Frames = Receiver<(Direction, String)>;

fn tap() -> (Tap, Frames) {
    let (show, frames) = channel();
    let sink =
        move |frame: &Frame| show.send((frame.direction, String::from_utf8(frame.bytes.to_vec()).unwrap())).unwrap();
    (Tap::new(sink), frames)
}

/// The next eight frames, whoever shows them.
fn eight(frames: &Frames) -> Vec<(Direction, String)> {
    (0..8).map(|_| frames.recv_timeout(Duration::from_secs(30)).unwrap()).collect()
}

fn turned((direction, text): (Direction, String)) -> (Direction, String) {
    let other = match direction {
        Direction::Read => Direction::Written,
        Direction::Written => Direction::Read,
    };
    (other, text)
}

fn detach(task: mcp_smol::Task) {
    smol::spawn(task).detach();
}

/// What both ends were shown.
async fn conversation() -> (Frames, Frames) {
    let ((near_tap, near), (far_tap, far)) = (tap(), tap());
    let server = Server::new("test", "1").tap(far_tap).tool(Tool::new("echo"), async |args: Value, _: Cx| {
        smol::future::yield_now().await;
        args.to_string()
    });
    let (here, there) = mcp_smol::pair();
    let serving = mcp_smol::serve(server, there, detach).unwrap();
    let client = mcp_smol::connect(ClientBuilder::new("test", "1").tap(near_tap), here, detach);
    for message in ["a", "b", "c"] {
        let mut call = client.call_tool("echo", json!({ "message": message }));
        let result = (&mut call).await.unwrap();
        assert_eq!(result.content[0].as_text(), Some(json!({ "message": message }).to_string().as_str()));
        let timing = call.timing().unwrap();
        assert!(Some(timing.began) <= timing.sent && timing.sent <= timing.ended, "{timing:?}");
    }
    client.close();
    serving.clone().await;
    let (client, server) = (client.stats(), serving.stats());
    assert_eq!((client.read, client.written), (server.written, server.read));
    assert_eq!((client.calls, client.calls.completed, client.levels), (server.calls, 3, server.levels));
    (near, far)
}

#[test]
fn both_ends_see_the_same_frames_and_count_alike() {
    let (near, far) = run(conversation());
    assert_eq!(eight(&near), eight(&far).into_iter().map(turned).collect::<Vec<_>>());
}
