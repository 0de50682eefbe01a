//! Progress of a call, as a stream beside its result.

use super::connected::Port;
use super::feed::Feed;
use crate::model::Progress;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

/// How far a call has come, from [`Prepared::send_with_progress`](super::Prepared::send_with_progress). A stream that
/// ends with the call; where threads wait, an iterator.
///
/// It keeps the newest [`KEPT`](Self::KEPT) reports that nobody took. Dropping it does not end the call.
pub struct ProgressStream {
    feed: Arc<Feed<Progress>>,
    port: Arc<dyn Port>,
}

impl ProgressStream {
    /// Reports that wait to be taken, at most; then the oldest goes for each that comes.
    pub const KEPT: usize = 64;

    pub(super) fn new(port: Arc<dyn Port>) -> Self {
        Self { feed: Arc::new(Feed::new(Self::KEPT, |_, _| false)), port }
    }

    pub(super) fn feed(&self) -> Arc<Feed<Progress>> {
        self.feed.clone()
    }

    /// The next report, or nothing when the call has ended. Cancel-safe.
    pub async fn next(&mut self) -> Option<Progress> {
        poll_fn(|cx| self.poll_report(cx)).await
    }

    pub(super) fn poll_report(&mut self, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        self.feed.poll_next(cx)
    }

    /// As [`next`](Self::next), blocking this thread. Nothing comes on a thread that drives the connection, which
    /// would wait for itself.
    pub fn wait_next(&mut self) -> Option<Progress> {
        self.port.wait(&*self.feed, None).ok()?;
        self.feed.take()
    }
}

/// Reports one after the other, each waited for by this thread.
#[derive(Debug)]
pub struct ProgressIter(ProgressStream);

impl Iterator for ProgressIter {
    type Item = Progress;

    fn next(&mut self) -> Option<Progress> {
        self.0.wait_next()
    }
}

impl IntoIterator for ProgressStream {
    type Item = Progress;
    type IntoIter = ProgressIter;

    fn into_iter(self) -> ProgressIter {
        ProgressIter(self)
    }
}

impl fmt::Debug for ProgressStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgressStream").field("feed", &self.feed).finish_non_exhaustive()
    }
}
