//! Lists that come a page at a time.

use super::call::Call;
use super::connected::Client;
use crate::error::CallError;
use crate::model::Paged;
use rustc_hash::FxHashSet;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::Pin;
use std::task::{Context, Poll};

/// A list of the server, such as [`Client::list_tools`] gives. Awaited, it is the whole list; so it is by
/// [`wait`](Self::wait), where threads wait. Or it is a stream of items, or an iterator of them, which asks for each
/// page when the one before was taken; or page by page with [`next_page`](Self::next_page). Nothing is sent before the
/// first is wanted.
///
/// One page, at a cursor of one's own, is a call: `client.call(ListTools::new().cursor(...))`.
///
/// A list that can't end is an error ([`CallError::Invalid`]): one that comes to the same cursor again, or has more
/// than [`MOST`](Self::MOST) pages. After an error nothing follows; a cursor that the server does not take any more
/// means to begin anew. Each page has the time of a call.
#[must_use = "nothing is sent before it is awaited, waited for, or iterated over"]
pub struct Pages<M: Paged> {
    client: Client,
    /// Items of the last page that were not taken.
    items: VecDeque<M::Item>,
    /// Where the next page begins; `None` after the last.
    next: Option<Option<String>>,
    call: Option<Call<M::Result>>,
    /// The cursors so far. What counts is whether one comes again: a digest is enough, and takes no room of the peer's
    /// choosing.
    seen: FxHashSet<u64>,
}

// Nothing in it is pinned where it stands.
impl<M: Paged> Unpin for Pages<M> {}

impl<M: Paged> Pages<M> {
    /// Pages of one list, at most.
    pub const MOST: usize = 10_000;

    pub(super) fn new(client: Client) -> Self {
        Self { client, items: VecDeque::new(), next: Some(None), call: None, seen: FxHashSet::default() }
    }

    /// The whole list, blocking this thread.
    ///
    /// # Errors
    /// A page failed.
    pub fn wait(mut self) -> Result<Vec<M::Item>, CallError> {
        let mut all = Vec::new();
        while let Some(page) = self.wait_page() {
            all.extend(page?);
        }
        Ok(all)
    }

    /// The items of the next page, or those left of the last one. Cancel-safe.
    ///
    /// # Errors
    /// The page failed; nothing follows.
    pub async fn next_page(&mut self) -> Option<Result<Vec<M::Item>, CallError>> {
        poll_fn(|cx| self.poll_page(cx)).await
    }

    /// As [`next_page`](Self::next_page), blocking this thread.
    ///
    /// # Errors
    /// As [`next_page`](Self::next_page).
    pub fn wait_page(&mut self) -> Option<Result<Vec<M::Item>, CallError>> {
        if !self.items.is_empty() {
            return Some(Ok(std::mem::take(&mut self.items).into()));
        }
        let page = self.begin()?.wait_mut();
        Some(self.arrived(page))
    }

    /// The next item. Cancel-safe.
    ///
    /// # Errors
    /// Its page failed; nothing follows.
    pub async fn next(&mut self) -> Option<Result<M::Item, CallError>> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// The call of the next page, sent if it was not; nothing after the last page.
    fn begin(&mut self) -> Option<&mut Call<M::Result>> {
        if self.call.is_none() {
            let cursor = self.next.take()?;
            self.call = Some(self.client.call(M::at(cursor)));
        }
        self.call.as_mut()
    }

    fn arrived(&mut self, page: Result<M::Result, CallError>) -> Result<Vec<M::Item>, CallError> {
        self.call = None;
        let (items, cursor) = M::split(page?);
        if let Some(cursor) = cursor {
            let mut digest = DefaultHasher::new();
            cursor.hash(&mut digest);
            let endless = |why: &str| Err(CallError::Invalid(format!("`{}` does not end: {why}", M::FACTS.name)));
            if !self.seen.insert(digest.finish()) {
                return endless("it comes to the same cursor again");
            }
            if self.seen.len() >= Self::MOST {
                return endless("it has too many pages");
            }
            self.next = Some(Some(cursor));
        }
        Ok(items)
    }

    fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Vec<M::Item>, CallError>>> {
        if !self.items.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.items).into())));
        }
        let Some(call) = self.begin() else { return Poll::Ready(None) };
        let page = std::task::ready!(Pin::new(call).poll(cx));
        Poll::Ready(Some(self.arrived(page)))
    }

    pub(super) fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<M::Item, CallError>>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            // A page may be empty and not the last.
            match std::task::ready!(self.poll_page(cx)) {
                Some(Ok(page)) => self.items = page.into(),
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<M: Paged> IntoFuture for Pages<M> {
    type Output = Result<Vec<M::Item>, CallError>;
    type IntoFuture = AllPages<M>;

    fn into_future(self) -> AllPages<M> {
        AllPages { pages: self, all: Vec::new() }
    }
}

impl<M: Paged> IntoIterator for Pages<M> {
    type Item = Result<M::Item, CallError>;
    type IntoIter = Items<M>;

    fn into_iter(self) -> Items<M> {
        Items(self)
    }
}

/// A whole list, on its way.
#[must_use = "it is awaited"]
pub struct AllPages<M: Paged> {
    pages: Pages<M>,
    all: Vec<M::Item>,
}

impl<M: Paged> Unpin for AllPages<M> {}

impl<M: Paged> Future for AllPages<M> {
    type Output = Result<Vec<M::Item>, CallError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        while let Some(page) = std::task::ready!(this.pages.poll_page(cx)?) {
            this.all.extend(page);
        }
        Poll::Ready(Ok(std::mem::take(&mut this.all)))
    }
}

/// Items of a list, one after the other; this thread waits for each page.
pub struct Items<M: Paged>(Pages<M>);

impl<M: Paged> Iterator for Items<M> {
    type Item = Result<M::Item, CallError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.0.items.pop_front() {
                return Some(Ok(item));
            }
            match self.0.wait_page()? {
                Ok(page) => self.0.items = page.into(),
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

impl<M: Paged> fmt::Debug for Pages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut all = f.debug_struct("Pages");
        all.field("method", &M::FACTS.name).field("taken", &self.seen.len()).finish_non_exhaustive()
    }
}

impl<M: Paged> fmt::Debug for AllPages<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllPages").field(&self.pages).finish()
    }
}

impl<M: Paged> fmt::Debug for Items<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.0).finish()
    }
}
