//! What is open while a text is scanned.

/// The kinds of the containers that are open: a stack of bits, 64 of them at hand.
#[derive(Debug, Default)]
pub(super) struct Kinds {
    top: u64,
    count: usize,
    below: Vec<u64>,
}

impl Kinds {
    #[inline]
    pub(super) fn push(&mut self, object: bool) {
        if self.count != 0 && self.count.is_multiple_of(64) {
            self.below.push(self.top);
        }
        self.top = self.top << 1 | u64::from(object);
        self.count += 1;
    }

    #[inline]
    pub(super) fn pop(&mut self) {
        self.count = self.count.saturating_sub(1);
        self.top >>= 1;
        if self.count != 0
            && self.count.is_multiple_of(64)
            && let Some(below) = self.below.pop()
        {
            self.top = below;
        }
    }

    #[inline]
    pub(super) fn object(&self) -> bool {
        self.top & 1 == 1
    }
}
