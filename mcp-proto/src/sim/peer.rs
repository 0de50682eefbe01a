//! A peer that is scripted by hand.

use super::difference::{Difference, compare};
use super::link::SimLink;
use super::transcript::{Entry, Said, Side, Transcript};
use crate::error::Fault;
use crate::handle::Link as _;
use crate::rpc::{self, ErrorObject, Id, MAX_DEPTH, Message, Raw};
use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memchr;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

/// The raw end of a stream: it says what it is told to say, sense or nonsense, and reads lines.
#[derive(Debug)]
pub struct RawPeer {
    link: SimLink,
    read: BytesMut,
    /// The other side has ended, or the stream is broken.
    over: Option<Said>,
}

/// Virtual time after which nobody waits for a line of a transcript any more: longer than any default bound.
const PATIENCE: Duration = Duration::from_secs(60 * 60);

impl RawPeer {
    pub(super) fn new(link: SimLink) -> Self {
        Self { link, read: BytesMut::new(), over: None }
    }

    /// Sends a line; its end is added. Nothing happens if the stream is broken: reading tells.
    pub async fn send_line(&mut self, line: &str) {
        let mut bytes = BytesMut::from(line);
        bytes.extend_from_slice(b"\n");
        self.send_bytes(bytes).await;
    }

    /// Sends bytes as they are. Nothing happens if the stream is broken: reading tells.
    pub async fn send_bytes(&mut self, bytes: impl Into<Bytes>) {
        let mut rest: Bytes = bytes.into();
        while !rest.is_empty() {
            let Ok(count) = poll_fn(|cx| self.link.poll_write(cx, &rest)).await else { return };
            rest.advance(count.min(rest.len()));
        }
    }

    /// The next line without its end; `None` once the other side has ended or the stream is broken. What
    /// stands after the last line end is a line too.
    pub async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = memchr(b'\n', &self.read) {
                let line = self.read.split_to(at);
                self.read.advance(1);
                return Some(String::from_utf8_lossy(&line).into_owned());
            }
            if self.over.is_some() {
                let rest = self.read.split();
                return (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned());
            }
            self.fill().await;
        }
    }

    /// The line that is there already, or arrives without time passing or anybody else running; else `None`.
    pub async fn line_now(&mut self) -> Option<String> {
        poll_fn(|cx| {
            while self.over.is_none() && memchr(b'\n', &self.read).is_none() {
                let Poll::Ready(chunk) = self.link.poll_read(cx) else { return Poll::Ready(()) };
                self.take(chunk);
            }
            Poll::Ready(())
        })
        .await;
        if memchr(b'\n', &self.read).is_some() { self.line().await } else { None }
    }

    /// The next line as a message; lines that are none are skipped.
    pub async fn message(&mut self) -> Option<Message> {
        loop {
            if let Ok(message) = rpc::classify(&Bytes::from(self.line().await?), MAX_DEPTH) {
                return Some(message);
            }
        }
    }

    /// The next request of that method: its id. Everything before it is skipped.
    pub async fn request(&mut self, method: &str) -> Option<Id> {
        loop {
            match self.message().await? {
                Message::Request { id, method: asked, .. } if asked == *method => return Some(id),
                _ => {}
            }
        }
    }

    /// Answers a request with a result, given as JSON.
    pub async fn respond(&mut self, id: &Id, result: &str) {
        let mut bytes = BytesMut::new();
        match Raw::new(result.to_owned(), MAX_DEPTH) {
            Ok(result) => rpc::write::result(&mut bytes, id, &result),
            Err(why) => {
                rpc::write::error(&mut bytes, Some(id), &ErrorObject::new(rpc::INTERNAL_ERROR, why.to_string()));
            }
        }
        bytes.extend_from_slice(b"\n");
        self.send_bytes(bytes).await;
    }

    /// Answers a request with an error.
    pub async fn refuse(&mut self, id: &Id, error: &ErrorObject) {
        let mut bytes = BytesMut::new();
        rpc::write::error(&mut bytes, Some(id), error);
        bytes.extend_from_slice(b"\n");
        self.send_bytes(bytes).await;
    }

    /// Ends our output. Reading goes on.
    pub fn close(&mut self) {
        self.link.end();
    }

    /// Breaks the stream.
    pub fn reset(&mut self) {
        self.link.reset();
    }

    /// Plays one side of a transcript: says what that side says, and compares what is heard with what the other
    /// says, as [`Transcript::check`] does but for the times. A line of its own is said when everything before it
    /// was said and heard, not before its time, and as it stands. What the other side says after the last line
    /// is not looked at.
    ///
    /// So a conversation that went wrong becomes a test: here a client meets a server that leaves out `content`.
    ///
    /// ```
    /// use mcp_proto::handle::client::ClientBuilder;
    /// use mcp_proto::sim::{Behaviour, Side, World};
    ///
    /// let transcript = r#"
    ///     * C> {"jsonrpc":"2.0","id":1,"method":"server/discover","params":"*"}
    ///     * S> {"jsonrpc":"2.0","id":1,"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}}
    ///     * C> {"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"rain","arguments":{},"_meta":"*"}}
    ///     2 S> {"jsonrpc":"2.0","id":2,"result":{}}
    /// "#;
    /// let world = World::new(1);
    /// let (near, far) = world.link(Behaviour::default());
    /// let client = world.connect(ClientBuilder::new("c", "1.0"), near);
    /// let call = client.call_tool("rain", serde_json::json!({}));
    /// let mut server = far.into_peer();
    /// world.run(server.play(Side::Server, &transcript.parse()?))??;
    /// assert!(world.run(call)?.unwrap_err().to_string().contains("missing field `content`"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first line that was not heard as it is written. A line that does not come within an hour of virtual time
    /// is missing.
    pub async fn play(&mut self, side: Side, transcript: &Transcript) -> Result<(), Difference> {
        for (number, entry) in (1..).zip(transcript.entries()) {
            if entry.side != side {
                let expected = Entry { at: None, ..entry.clone() };
                let heard = self.hear().await;
                let found = heard.map(|said| Entry { at: Some(self.link.time()), side: entry.side, said });
                compare(number, &expected, found.as_ref())?;
                continue;
            }
            if let Some(at) = entry.at {
                let mut timer = self.link.timer();
                poll_fn(|cx| timer.poll(cx, at)).await;
            }
            match &entry.said {
                Said::Line(line) => self.send_line(line).await,
                Said::Bytes(bytes) => self.send_bytes(bytes.clone()).await,
                Said::End => self.close(),
                Said::Broke => self.reset(),
            }
        }
        Ok(())
    }

    /// What the other side says next; `None` if it says nothing for too long.
    async fn hear(&mut self) -> Option<Said> {
        let until = self.link.time().after(PATIENCE);
        let mut timer = self.link.timer();
        loop {
            if let Some(at) = memchr(b'\n', &self.read) {
                return Some(Said::read(self.read.split_to(at + 1).freeze()));
            }
            if let Some(over) = &self.over {
                let rest = self.read.split().freeze();
                return Some(if rest.is_empty() { over.clone() } else { Said::read(rest) });
            }
            let in_time = poll_fn(|cx| {
                if let Poll::Ready(chunk) = self.link.poll_read(cx) {
                    self.take(chunk);
                    return Poll::Ready(true);
                }
                timer.poll(cx, until).map(|()| false)
            });
            if !in_time.await {
                return None;
            }
        }
    }

    async fn fill(&mut self) {
        let chunk = poll_fn(|cx| self.link.poll_read(cx)).await;
        self.take(chunk);
    }

    fn take(&mut self, chunk: Result<Bytes, Fault>) {
        match chunk {
            Ok(chunk) if chunk.is_empty() => self.over = Some(Said::End),
            Ok(chunk) => self.read.extend_from_slice(&chunk),
            Err(_) => self.over = Some(Said::Broke),
        }
    }
}
