//! Values that come one after another, for tasks and for threads: updates of a subscription, progress of a call.

use super::connected::Awaited;
use crate::handle::sync::{lock, wait_while};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// A bounded queue with one reader. What comes when it is full takes the place of the oldest; what is the same as
/// something that still waits is not kept twice.
pub(super) struct Feed<T> {
    state: Mutex<State<T>>,
    came: Condvar,
    most: usize,
    same: fn(&T, &T) -> bool,
}

struct State<T> {
    items: VecDeque<T>,
    /// How many were given up for newer ones.
    missed: u64,
    over: bool,
    waker: Option<Waker>,
    /// Threads that wait. Telling nobody still costs a system call.
    blocked: usize,
}

impl<T> Feed<T> {
    /// Keeps `most` values, at least one; `same` tells which need not wait twice.
    pub(super) fn new(most: usize, same: fn(&T, &T) -> bool) -> Self {
        let state = State { items: VecDeque::new(), missed: 0, over: false, waker: None, blocked: 0 };
        Self { state: Mutex::new(state), came: Condvar::new(), most: most.max(1), same }
    }

    /// Adds a value. The waker is the caller's to wake, once no lock is held.
    #[must_use = "wake it when no lock is held"]
    pub(super) fn push(&self, value: T) -> Option<Waker> {
        let mut state = lock(&self.state);
        if state.over || state.items.iter().any(|waiting| (self.same)(waiting, &value)) {
            return None;
        }
        if state.items.len() >= self.most {
            state.items.pop_front();
            state.missed += 1;
        }
        state.items.push_back(value);
        self.tell(&mut state)
    }

    /// Nothing more will come.
    #[must_use = "wake it when no lock is held"]
    pub(super) fn end(&self) -> Option<Waker> {
        let mut state = lock(&self.state);
        state.over = true;
        self.tell(&mut state)
    }

    fn tell(&self, state: &mut State<T>) -> Option<Waker> {
        if state.blocked > 0 {
            self.came.notify_all();
        }
        state.waker.take()
    }

    /// The next value, if it is there.
    pub(super) fn take(&self) -> Option<T> {
        lock(&self.state).items.pop_front()
    }

    /// The next value, or nothing when it is over, or leaves a waker.
    pub(super) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let mut state = lock(&self.state);
        if let Some(value) = state.items.pop_front() {
            return Poll::Ready(Some(value));
        }
        if state.over {
            return Poll::Ready(None);
        }
        if !state.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            state.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }

    /// How many were given up for newer ones.
    pub(super) fn missed(&self) -> u64 {
        lock(&self.state).missed
    }
}

impl<T: Send> Awaited for Feed<T> {
    fn is_there(&self) -> bool {
        let state = lock(&self.state);
        state.over || !state.items.is_empty()
    }

    fn block(&self, timeout: Option<Duration>) {
        let mut state = lock(&self.state);
        state.blocked += 1;
        let missing = |state: &mut State<T>| !state.over && state.items.is_empty();
        wait_while(&self.came, state, timeout, missing).blocked -= 1;
    }
}

impl<T> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.state);
        f.debug_struct("Feed").field("waiting", &state.items.len()).field("over", &state.over).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits() {
        let cases: &[(&[u32], &[u32], u64)] = &[
            (&[], &[], 0),
            (&[1, 2, 3], &[1, 2, 3], 0),
            (&[1, 2, 3, 4, 5], &[3, 4, 5], 2),
            // Tens are the same as others of them, wherever those wait.
            (&[10, 1, 20], &[10, 1], 0),
            (&[10, 1, 2, 3, 20], &[2, 3, 20], 2),
        ];
        for (pushed, expected, missed) in cases {
            let feed = Feed::new(3, |a: &u32, b: &u32| *a >= 10 && *b >= 10);
            for value in *pushed {
                assert!(feed.push(*value).is_none(), "nobody waits");
            }
            let cx = &mut Context::from_waker(Waker::noop());
            assert!(feed.end().is_none() && feed.push(9).is_none());
            let mut taken = Vec::new();
            while let Poll::Ready(Some(value)) = feed.poll_next(cx) {
                taken.push(value);
            }
            assert_eq!((taken.as_slice(), feed.missed()), (*expected, *missed));
            assert_eq!(feed.poll_next(cx), Poll::Ready(None));
        }
    }

    #[test]
    fn who_waits_is_told() {
        let feed = Feed::new(1, |_: &u32, _| false);
        let cx = &mut Context::from_waker(Waker::noop());
        assert_eq!((feed.is_there(), feed.poll_next(cx)), (false, Poll::Pending));
        assert!(feed.push(1).is_some());
        assert_eq!((feed.is_there(), feed.take(), feed.is_there()), (true, Some(1), false));
        assert_eq!(feed.poll_next(cx), Poll::Pending);
        assert!(feed.end().is_some());
        assert!(feed.is_there());
    }
}
