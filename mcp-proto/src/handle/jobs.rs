//! Futures that a driver keeps and polls itself, each with a waker of its own.

use super::sync::lock;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// A set of futures.
#[derive(Debug)]
pub(crate) struct Jobs<F> {
    jobs: Vec<Option<(F, Waker)>>,
    free: Vec<usize>,
    /// Made with the first of them: most drivers keep none.
    ready: Option<Arc<Mutex<Ready>>>,
}

#[derive(Debug, Default)]
struct Ready {
    indexes: Vec<usize>,
    driver: Option<Waker>,
}

struct JobWaker {
    index: usize,
    ready: Arc<Mutex<Ready>>,
}

impl Wake for JobWaker {
    fn wake(self: Arc<Self>) {
        let driver = {
            let mut ready = lock(&self.ready);
            ready.indexes.push(self.index);
            ready.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}

impl<F: Future + Unpin> Jobs<F> {
    pub(crate) fn new() -> Self {
        Self { jobs: Vec::new(), free: Vec::new(), ready: None }
    }

    /// Adds one; it is polled at the next [`poll_next`](Self::poll_next).
    pub(crate) fn push(&mut self, job: F) {
        let index = self.free.pop().unwrap_or(self.jobs.len());
        let ready = self.ready.get_or_insert_default().clone();
        lock(&ready).indexes.push(index);
        let waker = Waker::from(Arc::new(JobWaker { index, ready }));
        let entry = Some((job, waker));
        match self.jobs.get_mut(index) {
            Some(slot) => *slot = entry,
            None => self.jobs.push(entry),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.len() == self.jobs.len()
    }

    /// Drops those that `unwanted` picks.
    pub(crate) fn remove(&mut self, unwanted: impl Fn(&F) -> bool) {
        for (index, slot) in self.jobs.iter_mut().enumerate() {
            if slot.as_ref().is_some_and(|(job, _)| unwanted(job)) {
                *slot = None;
                self.free.push(index);
            }
        }
    }

    /// Polls what was woken. Ready with the output of one that has ended; pending if none has.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Some(ready) = &self.ready else { return Poll::Pending };
        loop {
            let index = {
                let mut ready = lock(ready);
                match ready.indexes.pop() {
                    Some(index) => index,
                    None => {
                        ready.driver = Some(cx.waker().clone());
                        return Poll::Pending;
                    }
                }
            };
            let Some(slot) = self.jobs.get_mut(index) else { continue };
            let Some((job, waker)) = slot else { continue };
            if let Poll::Ready(output) = Pin::new(job).poll(&mut Context::from_waker(waker)) {
                *slot = None;
                self.free.push(index);
                return Poll::Ready(output);
            }
        }
    }
}
