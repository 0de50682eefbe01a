//! Room to read into.

use super::sync::lock;
use bytes::{Bytes, BytesMut};
use std::sync::Mutex;

/// Room to read into, handed on as slices; only what is small is copied. What earlier slices no longer need is used
/// again.
///
/// The room is lent: connections on which nothing is said have none. [`give_back`](Self::give_back) it whenever
/// there is nothing to read.
#[derive(Debug, Default)]
pub struct ReadBuffer {
    lent: Option<Box<Room>>,
}

#[derive(Debug, Default)]
struct Room {
    /// Initialised, so that safe readers can fill it.
    large: BytesMut,
    /// Where small reads are copied to.
    small: BytesMut,
}

/// Rooms that nobody reads into at the moment, at most so many. Only as many threads read at a time as there are
/// processors to run them; a room that comes back when there are enough is freed.
#[allow(clippy::vec_box, reason = "they are lent as boxes: a connection that reads has a pointer to one")]
static ROOMS: Mutex<Vec<Box<Room>>> = Mutex::new(Vec::new());
const KEPT: usize = 16;

impl ReadBuffer {
    /// Bytes a read may bring at most.
    pub const SIZE: usize = 64 * 1024;
    /// With less room than this a new round begins.
    const LEAST: usize = 16 * 1024;
    /// What is at most this long is copied: a small call in flight keeps no large buffer alive, and one call after
    /// the other uses the same warm memory.
    const SMALL: usize = 1024;
    /// Where copies of small reads share room.
    const SMALL_ROOM: usize = 4 * 1024;

    /// Where to read into.
    pub fn room(&mut self) -> &mut [u8] {
        let room = self.lent.get_or_insert_with(|| lock(&ROOMS).pop().unwrap_or_default());
        if room.large.len() < Self::LEAST {
            room.large.clear();
            room.large.resize(Self::SIZE, 0);
        }
        &mut room.large
    }

    /// The first `n` bytes of the room were filled.
    pub fn filled(&mut self, n: usize) -> Bytes {
        let Some(room) = &mut self.lent else { return Bytes::new() };
        if let Some(small) = room.large.get(..n).filter(|_| n <= Self::SMALL) {
            if room.small.capacity() < n {
                room.small.reserve(Self::SMALL_ROOM);
            }
            room.small.extend_from_slice(small);
            return room.small.split().freeze();
        }
        room.large.split_to(n.min(room.large.len())).freeze()
    }

    /// There is nothing to read at the moment.
    pub fn give_back(&mut self) {
        if let Some(room) = self.lent.take() {
            let mut rooms = lock(&ROOMS);
            if rooms.len() < KEPT {
                rooms.push(room);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_stays_as_it_was() {
        // Small ones share a buffer, large ones another; both are begun anew several times, and lent anew.
        let mut buffers = [ReadBuffer::default(), ReadBuffer::default()];
        let lengths = [1, 200, ReadBuffer::SMALL, ReadBuffer::SMALL + 1, 10_000, ReadBuffer::LEAST];
        let expected: Vec<Vec<u8>> =
            lengths.iter().cycle().zip(0..=u8::MAX).map(|(length, byte)| vec![byte; *length]).collect();
        let mut kept = Vec::new();
        for (at, bytes) in expected.iter().enumerate() {
            let buffer = &mut buffers[at % 2];
            buffer.room()[..bytes.len()].copy_from_slice(bytes);
            kept.push(buffer.filled(bytes.len()));
            if at % 3 == 0 {
                buffer.give_back();
            }
        }
        assert_eq!(kept, expected);
    }

    #[test]
    fn rooms_are_lent_and_only_so_many_are_kept() {
        let mut buffers: Vec<ReadBuffer> = (0..KEPT + 5).map(|_| ReadBuffer::default()).collect();
        for buffer in &mut buffers {
            assert!(buffer.room().len() >= ReadBuffer::LEAST);
        }
        for buffer in &mut buffers {
            buffer.give_back();
            assert!(buffer.lent.is_none());
            assert!(lock(&ROOMS).len() <= KEPT);
        }
        // What is not lent was not filled.
        assert_eq!(buffers[0].filled(5), Bytes::new());
    }
}
