//! What a connection tells of itself comes through this adapter.

use mcp_tokio::{ClientBuilder, Cx, Direction, Frame, Server, Tap, Tool};
use serde_json::{Value, json};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

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

/// What both ends were shown.
async fn conversation() -> (Frames, Frames) {
    let ((near_tap, near), (far_tap, far)) = (tap(), tap());
    let server = Server::new("test", "1").tap(far_tap).tool(Tool::new("echo"), async |args: Value, _: Cx| {
        tokio::task::yield_now().await;
        args.to_string()
    });
    let (here, there) = mcp_tokio::pair();
    let serving = mcp_tokio::serve(server, there).unwrap();
    let client = mcp_tokio::connect(ClientBuilder::new("test", "1").tap(near_tap), here);
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
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let bounded = async { tokio::time::timeout(Duration::from_secs(30), conversation()).await };
    let (near, far) = runtime.block_on(bounded).expect("it hangs");
    assert_eq!(eight(&near), eight(&far).into_iter().map(turned).collect::<Vec<_>>());
}
