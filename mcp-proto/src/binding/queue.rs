//! A queue that is nearly always empty.

use std::collections::VecDeque;

/// First in, first out. Empty, it has room for one at most: connections on which nothing is said keep hardly anything,
/// and one call after the other finds its place made.
#[derive(Debug)]
pub(crate) struct Queue<T>(VecDeque<T>);

impl<T> Queue<T> {
    pub(crate) const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// Places that are kept.
    const KEPT: usize = 1;

    pub(crate) fn push(&mut self, value: T) {
        // Mostly it stays the only one.
        if self.0.capacity() == 0 {
            self.0.reserve_exact(Self::KEPT);
        }
        self.0.push_back(value);
    }

    /// Takes the first.
    pub(crate) fn pop(&mut self) -> Option<T> {
        if self.0.is_empty() {
            return None;
        }
        let value = self.0.pop_front();
        if self.0.is_empty() && self.0.capacity() > Self::KEPT {
            self.0 = VecDeque::new();
        }
        value
    }

    pub(crate) fn front_mut(&mut self) -> Option<&mut T> {
        self.0.front_mut()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&T> {
        self.0.get(index)
    }

    /// Keeps the first `length`.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.0.truncate(length);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0 = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_when_it_is_empty() {
        let mut queue = Queue::new();
        for rounds in [1, 1, 2, 100, 1] {
            for number in 0..rounds {
                queue.push(number);
            }
            let taken: Vec<i32> = std::iter::from_fn(|| queue.pop()).collect();
            assert_eq!(taken, (0..rounds).collect::<Vec<_>>());
            assert!(queue.0.capacity() <= 1, "{}", queue.0.capacity());
        }
    }
}
