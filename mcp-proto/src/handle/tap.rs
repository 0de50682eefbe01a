//! Frames on their way from a machine, under the lock of its connection, to the user's sink, under none.

use super::sync::lock;
use crate::tap::{Frame, Tap};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

/// Frames that the sink has not seen yet. Cheap to clone; without a tap it does nothing.
#[derive(Clone, Debug, Default)]
pub struct TapQueue(Option<Arc<Queue>>);

#[derive(Debug)]
struct Queue {
    tap: Tap,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    /// What the frames take, in bytes.
    size: usize,
    /// Frames there was no room for since the last one that was taken in.
    missed: u64,
    /// A thread is in the sink; it takes along what others add.
    showing: bool,
    /// The sink panicked.
    off: bool,
}

impl TapQueue {
    /// What waits for the sink at most. Over it frames are left out and counted: [`Frame::missed`]. More than
    /// one read can bring, so only a sink that is slower than the conversation gets there.
    pub const ROOM: usize = 32 * 1024 * 1024;
    /// What a frame takes besides its bytes.
    const OVERHEAD: usize = 128;

    /// For the tap of a configuration, if it has one.
    #[must_use]
    pub fn new(tap: Option<&Tap>) -> Self {
        Self(tap.map(|tap| Arc::new(Queue { tap: tap.clone(), state: Mutex::default() })))
    }

    /// Whether there is a tap: whoever has a lock then lets go of it to [`show`](Self::show).
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Takes in a frame. Under the lock of the connection, so that all come in order.
    pub fn push(&self, mut frame: Frame) {
        let Some(queue) = &self.0 else { return };
        let mut state = lock(&queue.state);
        let size = frame.bytes.len() + Self::OVERHEAD;
        if state.off {
        } else if !state.frames.is_empty() && state.size.saturating_add(size) > Self::ROOM {
            state.missed += 1;
        } else {
            state.size += size;
            frame.missed = std::mem::take(&mut state.missed);
            state.frames.push_back(frame);
        }
    }

    /// Gives the sink what it has not seen. To be called when no lock is held: it is user code.
    pub fn show(&self) {
        let Some(queue) = &self.0 else { return };
        let mut state = lock(&queue.state);
        if state.showing {
            return;
        }
        while let Some(frame) = state.frames.pop_front() {
            state.size = state.size.saturating_sub(frame.bytes.len() + Self::OVERHEAD);
            state.showing = true;
            drop(state);
            // What the sink leaves half done is not looked at again: it is not called any more.
            let panicked = catch_unwind(AssertUnwindSafe(|| queue.tap.show(frame))).is_err();
            state = lock(&queue.state);
            state.showing = false;
            if panicked {
                *state = State { off: true, ..State::default() };
            }
        }
    }
}
