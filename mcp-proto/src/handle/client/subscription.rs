//! Subscriptions as a stream of what changed.

use super::call::{Call, Canceller};
use super::connected::{Client, Port};
use super::feed::Feed;
use super::pending::Listener;
use crate::error::CallError;
use crate::model::{
    ACKNOWLEDGED, Acknowledged, Changes, Listen, ListenResult, PROMPTS_LIST_CHANGED, RESOURCE_UPDATED,
    RESOURCES_LIST_CHANGED, TOOLS_LIST_CHANGED,
};
use crate::rpc::{Name, Object};
use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What a subscription tells.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Update {
    /// What the server accepted of what was asked for: the rest will not be told. First of all; and again when a
    /// server was started afresh, and then anything may have changed meanwhile.
    Acknowledged(Changes),
    /// The list of tools changed.
    ToolsListChanged,
    /// The list of prompts changed.
    PromptsListChanged,
    /// The list of resources changed.
    ResourcesListChanged,
    /// The content of this resource changed: one that was asked for, or a part of it.
    ResourceUpdated(String),
    /// Another notification of the subscription, such as one of an extension: its name and parameters.
    Other(Name, Object),
}

impl Update {
    pub(super) fn read(method: Name, params: Object) -> Self {
        let read = match method.as_str() {
            ACKNOWLEDGED => params.raw().parse::<Acknowledged>().ok().map(|a| Self::Acknowledged(a.notifications)),
            TOOLS_LIST_CHANGED => Some(Self::ToolsListChanged),
            PROMPTS_LIST_CHANGED => Some(Self::PromptsListChanged),
            RESOURCES_LIST_CHANGED => Some(Self::ResourcesListChanged),
            RESOURCE_UPDATED => params.get("uri").and_then(|uri| uri.parse().ok()).map(Self::ResourceUpdated),
            _ => None,
        };
        read.unwrap_or(Self::Other(method, params))
    }

    /// Whether one need not be told when the other still waits.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Acknowledged(_) | Self::Other(..), _) => false,
            (one, other) => one == other,
        }
    }
}

/// A subscription, from [`Client::listen`]. A stream of [`Update`]s that ends when the server ends the subscription;
/// where threads wait, an iterator. An error is the last that comes.
///
/// A change that was not looked at yet is told once, however often it came. Dropping it ends the subscription and tells
/// the server. What changed before it was acknowledged is not told, nor what changed while a server was started
/// afresh: whoever keeps lists asks for them anew after each [`Update::Acknowledged`].
#[must_use = "dropping a subscription ends it"]
pub struct Subscription {
    call: Call<ListenResult>,
    feed: Arc<Feed<Update>>,
    port: Arc<dyn Port>,
    over: bool,
}

impl Subscription {
    /// Updates that wait to be looked at, beside one for each resource that was asked for. A server that tells of more,
    /// as of parts of resources, loses the oldest; see [`missed`](Self::missed).
    pub const KEPT: usize = 64;

    /// How many updates were given up for newer ones, since nobody looked at them in time.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.feed.missed()
    }

    /// A handle that ends the subscription: what has come is still told, then [`CallError::Cancelled`].
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        self.call.canceller()
    }

    /// The next update. Cancel-safe.
    ///
    /// # Errors
    /// The subscription ended before its time; nothing follows.
    pub async fn next(&mut self) -> Option<Result<Update, CallError>> {
        poll_fn(|cx| self.poll_update(cx)).await
    }

    /// As [`next`](Self::next), blocking this thread.
    ///
    /// # Errors
    /// As [`next`](Self::next); and refused on a thread that drives the connection.
    pub fn wait_next(&mut self) -> Option<Result<Update, CallError>> {
        if self.over {
            return None;
        }
        if let Err(refused) = self.port.wait(&*self.feed, None) {
            return Some(Err(refused.into()));
        }
        match self.feed.take() {
            Some(update) => Some(Ok(update)),
            None => {
                self.over = true;
                self.call.wait_mut().err().map(Err)
            }
        }
    }

    pub(super) fn poll_update(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Update, CallError>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Some(update) = std::task::ready!(self.feed.poll_next(cx)) {
            return Poll::Ready(Some(Ok(update)));
        }
        // How it ended is there before the end of the updates.
        let ended = std::task::ready!(Pin::new(&mut self.call).poll(cx));
        self.over = true;
        Poll::Ready(ended.err().map(Err))
    }
}

impl Client {
    /// Subscribes to changes, in either era: by `subscriptions/listen`, or before 2026-07-28 by what the server has of
    /// `resources/subscribe` and announced changes of lists. The time of a call runs until the server has
    /// acknowledged it.
    pub fn listen(&self, changes: Changes) -> Subscription {
        let resources = changes.resource_subscriptions.as_ref().map_or(0, Vec::len);
        let feed = Arc::new(Feed::new(Subscription::KEPT.saturating_add(resources), Update::same));
        let mut prepared = self.prepare(Listen::new(changes));
        prepared.listeners.updates = Some(Listener::Feed(feed.clone()));
        Subscription { call: prepared.send(), feed, port: self.port(), over: false }
    }
}

/// Updates one after the other, each waited for by this thread.
#[derive(Debug)]
pub struct Updates(Subscription);

impl Iterator for Updates {
    type Item = Result<Update, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.wait_next()
    }
}

impl IntoIterator for Subscription {
    type Item = Result<Update, CallError>;
    type IntoIter = Updates;

    fn into_iter(self) -> Updates {
        Updates(self)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("feed", &self.feed).finish_non_exhaustive()
    }
}
