//! Locks and one-shot values, in one place so that a model checker can stand in for them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Locks. A panic elsewhere is no reason to panic here too: no lock of `handle` is held while user code runs.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Blocks this thread while something is `missing`, at most for `timeout`.
pub(crate) fn wait_while<'a, T>(
    came: &Condvar,
    state: MutexGuard<'a, T>,
    timeout: Option<Duration>,
    missing: impl FnMut(&mut T) -> bool,
) -> MutexGuard<'a, T> {
    match timeout {
        None => came.wait_while(state, missing).unwrap_or_else(PoisonError::into_inner),
        Some(timeout) => came.wait_timeout_while(state, timeout, missing).unwrap_or_else(PoisonError::into_inner).0,
    }
}

/// A value that comes once, for tasks and for threads.
#[derive(Debug)]
pub struct Once<T> {
    state: Mutex<State<T>>,
    came: Condvar,
    /// Whether the value is there, for those who look often.
    there: AtomicBool,
}

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    wakers: Vec<Waker>,
    /// Threads that wait. Telling nobody still costs a system call.
    blocked: usize,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self {
            state: Mutex::new(State { value: None, wakers: Vec::new(), blocked: 0 }),
            came: Condvar::new(),
            there: AtomicBool::new(false),
        }
    }
}

impl<T> Once<T> {
    /// Nothing has come yet.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Puts the value; only the first one stays. The wakers are the caller's to wake, once no lock is held.
    #[must_use = "wake them when no lock is held"]
    pub fn put(&self, value: T) -> Vec<Waker> {
        self.try_put(value).unwrap_or_default()
    }

    /// As [`put`](Self::put); `None` if there was a value already.
    pub(crate) fn try_put(&self, value: T) -> Option<Vec<Waker>> {
        let mut state = lock(&self.state);
        if state.value.is_some() {
            return None;
        }
        state.value = Some(value);
        self.there.store(true, Ordering::Release);
        if state.blocked > 0 {
            self.came.notify_all();
        }
        Some(std::mem::take(&mut state.wakers))
    }

    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        self.there.load(Ordering::Acquire)
    }

    /// Takes it, if it is there. Whoever looks later finds nothing.
    pub fn take(&self) -> Option<T> {
        self.take_from(&mut lock(&self.state).value)
    }

    /// Looks at it, if it is there.
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        lock(&self.state).value.as_ref().map(look)
    }

    /// Takes it, or leaves a waker.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<T> {
        self.poll(cx, |value| self.take_from(value))
    }

    /// Blocks this thread until it is there, at most for `timeout`. Whether it is.
    pub fn block(&self, timeout: Option<Duration>) -> bool {
        let mut state = lock(&self.state);
        state.blocked += 1;
        let missing = |state: &mut State<T>| state.value.is_none();
        let mut state = wait_while(&self.came, state, timeout, missing);
        state.blocked -= 1;
        state.value.is_some()
    }

    fn take_from(&self, value: &mut Option<T>) -> Option<T> {
        self.there.store(false, Ordering::Release);
        value.take()
    }

    fn poll<R>(&self, cx: &mut Context<'_>, look: impl FnOnce(&mut Option<T>) -> Option<R>) -> Poll<R> {
        let mut state = lock(&self.state);
        if let Some(value) = look(&mut state.value) {
            return Poll::Ready(value);
        }
        if !state.wakers.iter().any(|w| w.will_wake(cx.waker())) {
            state.wakers.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

impl<T: Clone> Once<T> {
    /// A copy, if it is there.
    pub fn get(&self) -> Option<T> {
        lock(&self.state).value.clone()
    }

    /// A copy, or leaves a waker.
    pub fn poll_get(&self, cx: &mut Context<'_>) -> Poll<T> {
        self.poll(cx, |value| value.clone())
    }
}

/// Wakes each. To be called when no lock is held: a waker is user code.
pub fn wake(wakers: Vec<Waker>) {
    for waker in wakers {
        waker.wake();
    }
}
