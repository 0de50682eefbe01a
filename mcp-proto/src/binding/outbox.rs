//! Where a session puts what it has to say: messages for the peer, events for the owner.

use super::rope::Rope;
use crate::error::{Closed, RefusedCall};
use std::collections::VecDeque;

/// What a message belongs to. A stream has one carrier and every route leads to it; where each request has
/// a carrier of its own, the route finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// A request of this number, by whoever sent it.
    Call(u64),
    /// Nothing in particular.
    Unsolicited,
}

/// Messages and events of a session on a stream, until the binding hands them out.
#[derive(Debug)]
pub struct Outbox<E> {
    pub(super) bytes: Rope,
    pub(super) events: VecDeque<E>,
    pub(super) closing: Option<Closed>,
    max_message: Option<usize>,
}

impl<E> Outbox<E> {
    pub(super) fn new(max_message: Option<usize>) -> Self {
        Self { bytes: Rope::new(), events: VecDeque::new(), closing: None, max_message }
    }

    /// Tells the owner.
    pub(crate) fn event(&mut self, event: E) {
        self.events.push_back(event);
    }

    /// Sends one message, which `write` appends. A message over the limit is taken back.
    pub(crate) fn send(&mut self, _route: Route, write: impl FnOnce(&mut Rope)) -> Result<(), RefusedCall> {
        let mark = self.bytes.begin();
        write(&mut self.bytes);
        let length = self.bytes.since(&mark);
        if let Some(limit) = self.max_message.filter(|limit| length > *limit) {
            self.bytes.back(&mark);
            return Err(RefusedCall::TooLong { length, limit });
        }
        self.bytes.end();
        Ok(())
    }

    /// Ends the connection once everything said is written. The first reason stands.
    pub(crate) fn close(&mut self, why: Closed) {
        self.closing.get_or_insert(why);
    }
}
