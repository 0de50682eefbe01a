//! A value that is published once and waited for by threads and tasks alike.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Locks, whether or not another holder panicked: none of our critical sections leaves
/// a state behind that the next one could not work with.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) struct Latch<T> {
    slot: Mutex<Slot<T>>,
    published: Condvar,
}

struct Slot<T> {
    value: Option<T>,
    /// One entry for each [`Wait`] that is alive and pending, so as many as the caller holds.
    wakers: Vec<(u64, Waker)>,
    next_key: u64,
}

impl<T: Copy> Latch<T> {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            slot: Mutex::new(Slot { value: None, wakers: Vec::new(), next_key: 0 }),
            published: Condvar::new(),
        })
    }

    /// Publishes the value. The first one stays.
    pub(crate) fn set(&self, value: T) {
        let wakers = {
            let mut slot = lock(&self.slot);
            slot.value.get_or_insert(value);
            std::mem::take(&mut slot.wakers)
        };
        self.published.notify_all();
        // A waker may run foreign code, so it is called with no lock held.
        for (_, waker) in wakers {
            waker.wake();
        }
    }

    pub(crate) fn get(&self) -> Option<T> {
        lock(&self.slot).value
    }

    /// Blocks until the value is there or `timeout` is over; `None` waits without limit.
    pub(crate) fn wait(&self, timeout: Option<Duration>) -> Option<T> {
        let pending = |slot: &mut Slot<T>| slot.value.is_none();
        let slot = lock(&self.slot);
        let slot = match timeout {
            None => self.published.wait_while(slot, pending).unwrap_or_else(PoisonError::into_inner),
            Some(timeout) => {
                self.published.wait_timeout_while(slot, timeout, pending).unwrap_or_else(PoisonError::into_inner).0
            }
        };
        slot.value
    }

    pub(crate) fn future(self: &Arc<Self>) -> Wait<T> {
        Wait { latch: Arc::clone(self), key: None }
    }
}

/// Waits for a [`Latch`]. Dropping it takes its waker along.
pub(crate) struct Wait<T> {
    latch: Arc<Latch<T>>,
    key: Option<u64>,
}

impl<T: Copy> Wait<T> {
    pub(crate) fn latch(&self) -> &Latch<T> {
        &self.latch
    }
}

impl<T: Copy> Future for Wait<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        let this = &mut *self;
        let mut slot = lock(&this.latch.slot);
        if let Some(value) = slot.value {
            return Poll::Ready(value);
        }
        match slot.wakers.iter_mut().find(|(key, _)| Some(*key) == this.key) {
            Some((_, waker)) => waker.clone_from(context.waker()),
            None => {
                let key = slot.next_key;
                slot.next_key += 1;
                slot.wakers.push((key, context.waker().clone()));
                this.key = Some(key);
            }
        }
        Poll::Pending
    }
}

impl<T> Drop for Wait<T> {
    fn drop(&mut self) {
        if self.key.is_some() {
            lock(&self.latch.slot).wakers.retain(|(key, _)| Some(*key) != self.key);
        }
    }
}
