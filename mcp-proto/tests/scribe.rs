//! Transcripts: written by a scribe, compared, read back, and played again.

use mcp_proto::error::{CallError, Closed, Fault};
use mcp_proto::handle::client::ClientBuilder;
use mcp_proto::handle::server::{Cx, Server, Tool};
use mcp_proto::model::Revision;
use mcp_proto::rpc::Raw;
use mcp_proto::sim::{Behaviour, RawPeer, Scribe, Side, Transcript, World};
use serde_json::json;
use std::time::Duration;

fn tea() -> Server {
    Server::new("kitchen", "1").revisions(&Revision::SPOKEN[1..]).tool(Tool::new("brew"), |_: Raw, _: Cx| "tea")
}

/// What a client that brews tea and a kitchen say to each other.
const CONVERSATION: &str = r#"0.000 C> {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"guest","version":"1"}}}
0.250 S> {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"kitchen","version":"1"}}}
0.500 C> {"jsonrpc":"2.0","method":"notifications/initialized"}
0.500 C> {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"brew","arguments":{}}}
0.750 S> {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"tea"}]}}
1.000 C.
1.250 S.
"#;

fn guest() -> ClientBuilder {
    ClientBuilder::new("guest", "1").opening(mcp_proto::client::Opening::LegacyOnly)
}

fn far() -> Behaviour {
    Behaviour { delay: Duration::from_millis(250), ..Behaviour::default() }
}

#[test]
fn a_scribe_hears_both_sides() {
    let world = World::new(1);
    let (near, far) = world.link(far());
    // The first end is the client, whichever is asked.
    let scribe = far.scribe();
    let serving = world.serve(tea(), far);
    let client = world.connect(guest(), near);
    world.run(client.call_tool("brew", json!({}))).unwrap().unwrap();
    drop(client);
    world.run(serving).unwrap();
    assert_eq!(scribe.transcript().to_string(), CONVERSATION);
    assert_eq!(CONVERSATION.parse(), Ok(scribe.transcript()));
    scribe.transcript().check(CONVERSATION).unwrap();
}

#[test]
fn what_was_said_is_played_again() {
    let transcript: Transcript = CONVERSATION.parse().unwrap();

    let world = World::new(2);
    let (near, far_end) = world.link(far());
    let client = world.connect(guest(), near);
    let call = client.call_tool("brew", json!({}));
    world.spawn(async move {
        let answer = call.await.unwrap();
        assert_eq!(answer.content[0].as_text(), Some("tea"));
        drop(client);
    });
    let scribe = far_end.scribe();
    assert_eq!(world.run(far_end.into_peer().play(Side::Server, &transcript)), Ok(Ok(())));
    assert_eq!(scribe.transcript().to_string(), CONVERSATION);

    let world = World::new(2);
    let (near, far_end) = world.link(far());
    let scribe = near.scribe();
    let _serving = world.serve(tea(), far_end);
    assert_eq!(world.run(near.into_peer().play(Side::Client, &transcript)), Ok(Ok(())));
    assert_eq!(scribe.transcript().to_string(), CONVERSATION);
}

/// Has a peer speak on a stream that is tapped.
fn said(speak: impl AsyncFnOnce(&mut RawPeer, &mut RawPeer)) -> (World, Scribe) {
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let scribe = near.scribe();
    let (mut near, mut far) = (near.into_peer(), far.into_peer());
    world.run(speak(&mut near, &mut far)).unwrap();
    drop((near, far));
    (world, scribe)
}

#[test]
fn every_byte_has_its_text() {
    let (_, scribe) = said(async |near, far| {
        near.send_bytes(r#"{"a":"\n\\"}"#).await;
        near.send_bytes("\nsecond\r\nthi").await;
        far.send_line("# no remark: \u{e9}\u{2028}").await;
        far.send_bytes(&b"\xff\n\n \nlast"[..]).await;
        near.send_bytes("rd\n").await;
        far.close();
        near.send_line("").await;
        near.reset();
        near.reset();
    });
    let expect = r##"
        0.000 C> {"a":"\n\\"}
        0.000 C~ second\r\n
        0.000 S~ # no remark: é\xe2\x80\xa8\n
        0.000 S~ \xff\n
        0.000 S~ \n
        0.000 S~  \n
        0.000 C> third
        0.000 S~ last
        0.000 S.
        0.000 C~ \n
        0.000 C!
    "##;
    let lines: String =
        expect.lines().map(str::trim_start).filter(|l| !l.is_empty()).map(|l| format!("{l}\n")).collect();
    assert_eq!(scribe.transcript().to_string(), lines);
    assert_eq!(lines.parse(), Ok(scribe.transcript()));
    assert_eq!(expect.parse(), Ok(scribe.transcript()), "indentation does not count");

    // All of it can be played, from both sides.
    let transcript = scribe.transcript();
    let (_, again) = said(async |near, far| {
        let both = [(near, Side::Client), (far, Side::Server)];
        let [near, far] = both.map(|(peer, side)| Box::pin(peer.play(side, &transcript)));
        assert_eq!(together(near, far).await, (Ok(()), Ok(())));
    });
    assert_eq!(again.transcript(), transcript);
}

/// Runs two futures side by side.
async fn together<A: Future + Unpin, B: Future + Unpin>(mut a: A, mut b: B) -> (A::Output, B::Output) {
    use std::pin::Pin;
    use std::task::Poll;
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |cx| {
        if first.is_none()
            && let Poll::Ready(done) = Pin::new(&mut a).poll(cx)
        {
            first = Some(done);
        }
        if second.is_none()
            && let Poll::Ready(done) = Pin::new(&mut b).poll(cx)
        {
            second = Some(done);
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready((a, b)),
            unfinished => {
                (first, second) = unfinished;
                Poll::Pending
            }
        }
    })
    .await
}

#[test]
fn differences_are_shown() {
    let found: Transcript = r#"
        0 C> {"id":1,"params":{"a":[1,{"b":2}],"c":"x"}}
        0.5 S> no JSON
        1 S.
    "#
    .parse()
    .unwrap();
    let line = r#"0.000 C> {"id":1,"params":{"a":[1,{"b":2}],"c":"x"}}"#;
    let check = |expected: &str, difference: &str| {
        let differs = found.check(expected).err().map(|d| d.to_string()).unwrap_or_default();
        let short = differs.replace(line, "(as it is)");
        assert_eq!(short, difference, "{expected}");
    };
    let rest = "\n0.5 S> no JSON\n1 S.";
    check(&format!("{line}{rest}"), "");
    check(&format!(r#"* C> {{ "params": {{"c":"x","a":[1,{{"b":2}}]}}, "id":1 }}{rest}"#), "");
    check(&format!(r#"0 C> {{"id":"*","params":"*"}}{rest}"#), "");
    check(&format!(r#"0 C> {{"id":"*","*":"*"}}{rest}"#), "");
    check(&format!(r#"0 C> {{"*":"*","params":{{"a":["*","*"],"*":"*"}}}}{rest}"#), "");
    check(&format!("{line}\n* S> no JSON\n* S."), "");

    let at = |expected: &str, place: &str| {
        check(
            expected,
            &format!("line 1 differs at {place}\n  expected 0.000 {}\n  found    (as it is)", &expected[2..]),
        );
    };
    at(r#"0 C> {"id":2,"params":"*"}"#, "/id");
    at(r#"0 C> {"id":1}"#, "/params");
    at(r#"0 C> {"id":1,"params":"*","more":1}"#, "/more");
    at(r#"0 C> {"id":1,"params":{"a":[1,{"b":3}],"c":"x"}}"#, "/params/a/1/b");
    at(r#"0 C> {"id":1,"params":{"a":[1],"c":"x"}}"#, "/params/a/1");
    at(r#"0 C> {"id":1,"params":{"a":[1,"*",3],"c":"x"}}"#, "/params/a/2");
    at("0 C> 1", "/");
    at("0 C> word", "its text");
    at("0 C.", "what it is");
    at(r#"0 S> {"id":1,"params":{"a":[1,{"b":2}],"c":"x"}}"#, "who speaks");
    check("7 C> {}", "line 1 differs at the time\n  expected 7.000 C> {}\n  found    (as it is)");
    check(line, "line 2: nothing more was expected\n  found    0.500 S> no JSON");
    check(&format!("{line}{rest}\n* C!"), "line 4 is missing\n  expected * C!");
    check("0 X> {}", "not a line of a transcript: 0 X> {}");
    check("soon C> {}", "not seconds: soon");
    check(r"0 C~ \x4", r"not an escape: \\x4");
}

#[test]
fn a_line_that_does_not_come_is_named() {
    let transcript: Transcript = "* C> hello\n2 S> hello\n* C> bye".parse().unwrap();
    let world = World::new(1);
    let (near, far) = world.link(Behaviour::default());
    let mut near = near.into_peer();
    world.run(near.send_line("hello")).unwrap();
    let played = world.run(far.into_peer().play(Side::Server, &transcript)).unwrap();
    assert_eq!(played.unwrap_err().to_string(), "line 3 is missing\n  expected * C> bye");
    assert_eq!(world.now().as_nanos(), 3_602_000_000_000, "an hour after the line before");
}

#[test]
fn a_stream_that_breaks_in_a_transcript_breaks_again() {
    let mut transcript = CONVERSATION.lines().take(4).collect::<Vec<_>>().join("\n");
    transcript.push_str("\n0.75 S!");
    let world = World::new(1);
    let (near, far_end) = world.link(far());
    let client = world.connect(guest(), near);
    let call = client.call_tool("brew", json!({}));
    world.run(far_end.into_peer().play(Side::Server, &transcript.parse().unwrap())).unwrap().unwrap();
    let lost = CallError::Closed(Closed::Lost(Fault::Broken("reset".to_owned())));
    assert_eq!(world.run(call).unwrap().unwrap_err(), lost);
}
