//! The virtual clock and what waits for it.

use super::lock;
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The virtual clock. It stands still while anything can run.
#[derive(Debug, Default)]
pub(super) struct Timeline(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    now: Time,
    /// How often everything has come to rest.
    rests: u64,
    timers: BTreeMap<(Time, u64), Waker>,
    last: u64,
}

impl Timeline {
    pub(super) fn now(&self) -> Time {
        lock(&self.0).now
    }

    /// How often everything has come to rest.
    pub(super) fn rests(&self) -> u64 {
        lock(&self.0).rests
    }

    /// Everything has come to rest: goes to the earliest timer. Whom to wake; nobody if there is none.
    pub(super) fn advance(&self) -> Vec<Waker> {
        let mut state = lock(&self.0);
        state.rests += 1;
        let Some((at, _)) = state.timers.keys().next().copied() else { return Vec::new() };
        state.now = state.now.max(at);
        let later = state.timers.split_off(&(at, u64::MAX));
        std::mem::replace(&mut state.timers, later).into_values().collect()
    }
}

/// Wakes somebody at an instant. One at a time: setting it anew forgets the earlier one.
#[derive(Debug)]
pub(super) struct Timer {
    timeline: Arc<Timeline>,
    key: Option<(Time, u64)>,
}

impl Timer {
    pub(super) const fn new(timeline: Arc<Timeline>) -> Self {
        Self { timeline, key: None }
    }

    pub(super) fn poll(&mut self, cx: &Context<'_>, until: Time) -> Poll<()> {
        if self.timeline.now() >= until {
            self.disarm();
            return Poll::Ready(());
        }
        self.arm(cx, until);
        Poll::Pending
    }

    /// Wakes at `at`, at the earliest when everything has come to rest.
    pub(super) fn arm(&mut self, cx: &Context<'_>, at: Time) {
        let mut state = lock(&self.timeline.0);
        if let Some(old) = self.key.filter(|(old, _)| *old == at)
            && let Some(waker) = state.timers.get_mut(&old)
        {
            waker.clone_from(cx.waker());
            return;
        }
        let old = self.key.take().and_then(|key| state.timers.remove(&key));
        state.last += 1;
        let key = (at, state.last);
        state.timers.insert(key, cx.waker().clone());
        self.key = Some(key);
        drop(state);
        drop(old);
    }

    pub(super) fn disarm(&mut self) {
        let Some(key) = self.key.take() else { return };
        let waker = lock(&self.timeline.0).timers.remove(&key);
        drop(waker);
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.disarm();
    }
}
