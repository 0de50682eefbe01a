//! A peer that is scripted by hand.

use super::link::SimLink;
use crate::handle::Link as _;
use crate::rpc::{self, ErrorObject, Id, MAX_DEPTH, Message, Raw};
use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memchr;
use std::future::poll_fn;
use std::task::Poll;

/// The raw end of a stream: it says what it is told to say, sense or nonsense, and reads lines.
#[derive(Debug)]
pub struct RawPeer {
    link: SimLink,
    read: BytesMut,
    /// The other side has ended, or the stream is broken.
    over: bool,
}

impl RawPeer {
    pub(super) fn new(link: SimLink) -> Self {
        Self { link, read: BytesMut::new(), over: false }
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
            if self.over {
                let rest = self.read.split();
                return (!rest.is_empty()).then(|| String::from_utf8_lossy(&rest).into_owned());
            }
            self.fill().await;
        }
    }

    /// The line that is there already, or arrives without time passing or anybody else running; else `None`.
    pub async fn line_now(&mut self) -> Option<String> {
        poll_fn(|cx| {
            while !self.over && memchr(b'\n', &self.read).is_none() {
                let Poll::Ready(chunk) = self.link.poll_read(cx) else { return Poll::Ready(()) };
                self.take(chunk.unwrap_or_default());
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

    async fn fill(&mut self) {
        let chunk = poll_fn(|cx| self.link.poll_read(cx)).await;
        self.take(chunk.unwrap_or_default());
    }

    fn take(&mut self, chunk: Bytes) {
        self.over |= chunk.is_empty();
        self.read.extend_from_slice(&chunk);
    }
}
