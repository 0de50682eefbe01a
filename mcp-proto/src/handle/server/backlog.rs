//! Runs that were handed to the executor and have not begun.

use crate::handle::sync::lock;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Counts them, and holds the driver back while there are too many: one that reads faster than the executor begins
/// would take calls in up to their limit and refuse the rest, although each of them is quick.
#[derive(Clone, Debug, Default)]
pub(super) struct Backlog(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    unbegun: usize,
    driver: Option<Waker>,
}

impl Backlog {
    /// So many may wait for the executor.
    const MOST: usize = 16;

    /// Ready when another may be handed over.
    pub(super) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.0);
        if state.unbegun < Self::MOST {
            return Poll::Ready(());
        }
        state.driver = Some(cx.waker().clone());
        Poll::Pending
    }

    /// One is handed over. It has begun when what is returned is dropped.
    pub(super) fn add(&self) -> Unbegun {
        lock(&self.0).unbegun += 1;
        Unbegun(self.clone())
    }
}

/// A run that has not begun.
#[derive(Debug)]
pub(super) struct Unbegun(Backlog);

impl Drop for Unbegun {
    fn drop(&mut self) {
        let driver = {
            let mut state = lock(&self.0.0);
            state.unbegun = state.unbegun.saturating_sub(1);
            state.driver.take()
        };
        if let Some(driver) = driver {
            driver.wake();
        }
    }
}
