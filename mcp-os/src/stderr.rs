//! The captured standard error of a child: drained by a thread, kept as a bounded tail.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ChildStderr;
use std::sync::{Arc, Mutex};

use crate::latch::lock;

/// Bytes of stderr kept by default: 256 KiB.
pub const DEFAULT_TAIL_CAP: usize = 256 * 1024;
/// Bytes of one line kept by default: 64 KiB.
pub const DEFAULT_LINE_CAP: usize = 64 * 1024;

/// One read from the pipe.
const CHUNK: usize = 16 * 1024;

/// Called with each line, without its line ending.
pub(crate) type LineCallback = Arc<dyn Fn(&str) + Send + Sync>;

/// The last part of what a child wrote to stderr, including a last line without a line ending.
///
/// A cheap handle on shared memory: it may be read while the child runs and after it is gone.
#[derive(Clone)]
pub struct StderrTail {
    ring: Arc<Mutex<Ring>>,
}

impl StderrTail {
    pub(crate) fn new(caps: Caps) -> Self {
        Self { ring: Arc::new(Mutex::new(Ring::new(caps))) }
    }

    /// The text kept so far. Bytes that are not UTF-8 are replaced by U+FFFD.
    ///
    /// Once [`Child::exited`](crate::Child::exited) has answered, everything that the child
    /// itself wrote has been read.
    #[must_use]
    pub fn text(&self) -> String {
        let (front, back) = {
            let ring = lock(&self.ring);
            let (front, back) = ring.bytes.as_slices();
            (front.to_vec(), back.to_vec())
        };
        String::from_utf8_lossy(&[front, back].concat()).into_owned()
    }

    /// How many bytes were read and are not in [`text`](Self::text): older lines, and what
    /// lines had over the cap.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        lock(&self.ring).dropped
    }

    fn push(&self, bytes: &[u8]) {
        lock(&self.ring).push(bytes);
    }
}

impl fmt::Debug for StderrTail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = lock(&self.ring);
        f.debug_struct("StderrTail").field("kept", &ring.bytes.len()).field("dropped", &ring.dropped).finish()
    }
}

/// Bounds of a tail, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caps {
    pub(crate) tail: usize,
    pub(crate) line: usize,
}

/// The bytes kept: whole lines, each cut at the line cap, the oldest dropped first.
struct Ring {
    caps: Caps,
    bytes: VecDeque<u8>,
    /// How much of the unterminated last line has been kept.
    line: usize,
    dropped: u64,
}

impl Ring {
    fn new(caps: Caps) -> Self {
        // A line and its line ending always fit, so dropping older lines always makes room.
        let tail = caps.tail.max(2);
        let line = caps.line.clamp(1, tail - 1);
        Self { caps: Caps { tail, line }, bytes: VecDeque::new(), line: 0, dropped: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, end) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, &b"\n"[..]),
                None => (piece, &b""[..]),
            };
            let kept = text.len().min(self.caps.line - self.line);
            self.make_room(kept + end.len());
            self.bytes.extend(&text[..kept]);
            self.bytes.extend(end);
            self.dropped += (text.len() - kept) as u64;
            self.line = if end.is_empty() { self.line + kept } else { 0 };
        }
    }

    fn make_room(&mut self, wanted: usize) {
        let Some(over) = (self.bytes.len() + wanted).checked_sub(self.caps.tail + 1) else {
            return;
        };
        // Cut after a line ending, so that what is left starts with the start of a line. The
        // last line itself is never cut: with what is wanted it is within the line cap.
        let line_start = self.bytes.len() - self.line;
        let cut = self
            .bytes
            .range(over..line_start)
            .position(|byte| *byte == b'\n')
            .map_or(line_start, |found| over + found + 1);
        self.bytes.drain(..cut);
        self.dropped += cut as u64;
    }
}

/// Puts bytes into the tail and offers lines to the callback.
struct Sorter {
    tail: StderrTail,
    callback: Option<LineCallback>,
    line: Vec<u8>,
    line_cap: usize,
}

impl Sorter {
    fn take(&mut self, bytes: &[u8]) {
        self.tail.push(bytes);
        if self.callback.is_none() {
            return;
        }
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            let kept = text.len().min(self.line_cap - self.line.len());
            self.line.extend_from_slice(&text[..kept]);
            if text.len() < piece.len() {
                self.offer_line();
            }
        }
    }

    fn end(&mut self) {
        if !self.line.is_empty() {
            self.offer_line();
        }
    }

    fn offer_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = line.strip_suffix(b"\r").unwrap_or(&line);
        let text = String::from_utf8_lossy(text);
        // Foreign code: were its panic to end this thread, the child would block on a full pipe.
        if let Some(callback) = &self.callback
            && catch_unwind(AssertUnwindSafe(|| callback(&text))).is_err()
        {
            self.callback = None;
        }
    }
}

/// Reads a child's stderr to its end.
///
/// Two threads do so: the drain's own, from the first instant, and once the watcher of the
/// process, which catches up on what the dead child left in the pipe. They take turns under
/// `reading`, so bytes stay in order.
pub(crate) struct Drain {
    reading: Mutex<Reading>,
    #[cfg(unix)]
    readable: std::os::fd::OwnedFd,
    #[cfg(not(unix))]
    ended: Arc<crate::latch::Latch<()>>,
}

struct Reading {
    pipe: ChildStderr,
    sorter: Sorter,
    chunk: Box<[u8]>,
}

impl Reading {
    /// One read. `Ok(0)` is the end.
    fn step(&mut self) -> io::Result<usize> {
        let count = self.pipe.read(&mut self.chunk)?;
        match self.chunk.get(..count) {
            Some([]) | None => self.sorter.end(),
            Some(bytes) => self.sorter.take(bytes),
        }
        Ok(count)
    }
}

impl Drain {
    pub(crate) fn new(pipe: ChildStderr, tail: StderrTail, callback: Option<LineCallback>) -> io::Result<Arc<Self>> {
        let line_cap = lock(&tail.ring).caps.line;
        #[cfg(unix)]
        let readable = {
            // Both threads wait outside the mutex, so a read under it must not block. This end
            // of the pipe is ours alone: the flag changes nothing for the child.
            use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
            fcntl_setfl(&pipe, fcntl_getfl(&pipe)? | OFlags::NONBLOCK)?;
            rustix::io::fcntl_dupfd_cloexec(&pipe, 3)?
        };
        Ok(Arc::new(Self {
            reading: Mutex::new(Reading {
                pipe,
                sorter: Sorter { tail, callback, line: Vec::new(), line_cap },
                chunk: vec![0; CHUNK].into_boxed_slice(),
            }),
            #[cfg(unix)]
            readable,
            #[cfg(not(unix))]
            ended: crate::latch::Latch::new(),
        }))
    }

    /// The body of the drain thread: returns at the end of the pipe.
    ///
    /// That is when the last process that holds the other end has let go of it, which may be
    /// a descendant that outlives the child. Nobody waits for this thread.
    #[cfg(unix)]
    pub(crate) fn run(&self) {
        use rustix::event::{PollFd, PollFlags, poll};

        loop {
            let mut waited = [PollFd::new(&self.readable, PollFlags::IN)];
            if rustix::io::retry_on_intr(|| poll(&mut waited, None)).is_err() {
                return;
            }
            match lock(&self.reading).step() {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if is_transient(&error) => {}
                Err(_) => return,
            }
        }
    }

    /// Reads what is in the pipe at this moment. Called after the child has exited, so that
    /// includes its last words; what a descendant goes on to write is not waited for.
    #[cfg(unix)]
    pub(crate) fn catch_up(&self) {
        let mut reading = lock(&self.reading);
        let mut left = rustix::io::ioctl_fionread(&self.readable).unwrap_or(0);
        while left > 0 {
            match reading.step() {
                Ok(0) => return,
                Ok(count) => left = left.saturating_sub(count as u64),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// The body of the drain thread: returns at the end of the pipe.
    #[cfg(not(unix))]
    pub(crate) fn run(&self) {
        let mut reading = lock(&self.reading);
        loop {
            match reading.step() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if is_transient(&error) => {}
                Err(_) => break,
            }
        }
        self.ended.set(());
    }

    /// Gives the drain a moment to come to the end, which it does not if a descendant of the
    /// child holds the pipe open.
    #[cfg(not(unix))]
    pub(crate) fn catch_up(&self) {
        self.ended.wait(Some(std::time::Duration::from_millis(200)));
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

#[cfg(test)]
mod tests {
    use super::{Caps, StderrTail};

    fn check(tail: usize, line: usize, chunks: &[&str], text: &str, dropped: u64) {
        let kept = StderrTail::new(Caps { tail, line });
        for chunk in chunks {
            kept.push(chunk.as_bytes());
        }
        assert_eq!((kept.text().as_str(), kept.dropped()), (text, dropped), "{chunks:?}");
    }

    #[test]
    fn keeps_the_newest_lines() {
        check(16, 8, &[], "", 0);
        check(16, 8, &["one\ntwo"], "one\ntwo", 0);
        check(16, 8, &["on", "e\n", "", "two"], "one\ntwo", 0);
        // A long line is cut at its end, wherever the chunks are cut.
        check(16, 8, &["0123456789\nx"], "01234567\nx", 2);
        check(16, 8, &["01234", "56789", "\n", "x"], "01234567\nx", 2);
        // Exactly full, then one byte over: the oldest line goes as a whole.
        check(8, 7, &["aaa\n", "bbb\n"], "aaa\nbbb\n", 0);
        check(8, 7, &["aaa\n", "bbb\n", "c"], "bbb\nc", 4);
        check(8, 7, &["a\n", "b\n", "c\n", "d\n", "eee"], "c\nd\neee", 4);
        // A line that takes the whole room.
        check(8, 7, &["aaa\n", "bbbbbbb"], "bbbbbbb", 4);
        check(8, 7, &["aaa\n", "bbb", "bbbb", "b\n", "c"], "c", 13);
        // Caps that make no sense are bent until they do.
        check(0, 0, &["abc\ndef"], "d", 6);
        check(4, 99, &["abcdef"], "abc", 3);
    }
}
