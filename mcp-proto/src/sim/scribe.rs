//! Writing down what is said on a stream.

use super::lock;
use super::transcript::{Entry, Said, Side, Transcript};
use crate::time::Time;
use bytes::BytesMut;
use memchr::memchr;
use std::sync::{Arc, Mutex};

/// Writes down what is said on a [link](super::SimLink::scribe). Cheap to clone. It keeps everything, so it grows with
/// the conversation.
#[derive(Clone, Debug, Default)]
pub struct Scribe(Arc<Mutex<Transcript>>);

impl Scribe {
    /// What was said so far. A line is there once its end is.
    #[must_use]
    pub fn transcript(&self) -> Transcript {
        lock(&self.0).clone()
    }

    pub(super) fn mouth(&self, side: Side) -> Mouth {
        Mouth { scribe: self.clone(), side, begun: BytesMut::new() }
    }
}

/// One end of a stream, as far as it speaks.
#[derive(Debug)]
pub(super) struct Mouth {
    scribe: Scribe,
    side: Side,
    /// The line that has not ended.
    begun: BytesMut,
}

impl Mouth {
    pub(super) fn said(&mut self, now: Time, bytes: &[u8]) {
        // What stands before was searched already.
        let mut searched = self.begun.len();
        self.begun.extend_from_slice(bytes);
        while let Some(at) = self.begun.get(searched..).and_then(|rest| memchr(b'\n', rest)) {
            let line = self.begun.split_to(searched + at + 1);
            self.write(now, Said::read(line.freeze()));
            searched = 0;
        }
    }

    pub(super) fn ended(&mut self, now: Time) {
        self.rest(now);
        self.write(now, Said::End);
    }

    pub(super) fn broke(&mut self, now: Time) {
        self.rest(now);
        self.write(now, Said::Broke);
    }

    fn rest(&mut self, now: Time) {
        let rest = self.begun.split().freeze();
        if !rest.is_empty() {
            self.write(now, Said::read(rest));
        }
    }

    fn write(&self, now: Time, said: Said) {
        lock(&self.scribe.0).push(Entry { at: Some(now), side: self.side, said });
    }
}
