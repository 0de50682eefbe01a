//! Pipes and sockets: waited for by `poll`, together with a pipe of our own that calls the waiting thread.

use crate::transport::{IntoTransport, Transport, Wake};
use mcp_os::{Child, LastWords};
use mcp_proto::time::Time;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A pair of descriptors in non-blocking mode.
#[derive(Debug)]
pub struct Descriptors {
    input: Arc<OwnedFd>,
    /// Gone once our side has ended.
    output: Mutex<Option<Arc<OwnedFd>>>,
    call: Bell,
    closed: Bell,
    /// A socket, whose writing side is ended by itself.
    socket: bool,
    /// Where the other end is a child process.
    last_words: Option<LastWords>,
}

/// A pipe that one side rings and the other waits for.
#[derive(Debug)]
pub(crate) struct Bell {
    reader: PipeReader,
    writer: PipeWriter,
    rung: AtomicBool,
}

/// What the bell rings with. Anything else in its pipe came through a stopper.
const RING: u8 = 0;

impl Bell {
    pub(crate) fn new() -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        Ok(Self { reader, writer, rung: AtomicBool::new(false) })
    }

    fn ring(&self) {
        // One ring at a time is in the pipe, so this never blocks.
        if !self.rung.swap(true, Ordering::AcqRel) {
            let _ = (&self.writer).write(&[RING]);
        }
    }

    /// Takes what is in the pipe, which is something. Whether serving is to stop.
    fn silence(&self) -> bool {
        let mut taken = [RING; 16];
        let n = (&self.reader).read(&mut taken).unwrap_or(0);
        let taken = taken.get(..n).unwrap_or_default();
        if taken.contains(&RING) {
            // A swap, so that what stood before a ring that came too late for a byte is seen from here on.
            self.rung.swap(false, Ordering::AcqRel);
        }
        taken.iter().any(|byte| *byte != RING)
    }
}

impl std::task::Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }
}

/// Blocks until the bell rings, or something is there to be read, or it is `until`.
pub(crate) fn wait_readable(bell: &Bell, fd: Option<&impl AsFd>, until: Option<Time>) -> io::Result<()> {
    let timeout = until.map(timeout);
    let mut fds = vec![PollFd::new(&bell.reader, PollFlags::IN)];
    fds.extend(fd.map(|fd| PollFd::new(fd, PollFlags::IN)));
    match poll(&mut fds, timeout.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(e) => return Err(e.into()),
    }
    if fds.first().is_some_and(ready) {
        bell.silence();
    }
    Ok(())
}

impl Descriptors {
    /// Over two descriptors, which are put into non-blocking mode and should be nobody else's.
    ///
    /// # Errors
    /// The mode can't be set, or there are no descriptors left.
    pub fn new(input: OwnedFd, output: OwnedFd) -> io::Result<Self> {
        for fd in [&input, &output] {
            rustix::io::ioctl_fionbio(fd, true)?;
        }
        Self::over(Arc::new(input), Arc::new(output), false)
    }

    fn over(input: Arc<OwnedFd>, output: Arc<OwnedFd>, socket: bool) -> io::Result<Self> {
        let output = Mutex::new(Some(output));
        Ok(Self { input, output, call: Bell::new()?, closed: Bell::new()?, socket, last_words: None })
    }

    /// They are the pipes of this child: at the end of its output it is asked how it ended.
    pub(crate) fn of_child(mut self, child: &Child) -> Self {
        self.last_words = Some(LastWords::of(child));
        self
    }

    /// Where a byte that is not zero stops serving. It is the bell's own pipe: one descriptor more to look at
    /// would be felt in every wait for bytes, and a thread of its own is one thread more.
    pub(crate) fn stopper(&self) -> io::Result<PipeWriter> {
        self.call.writer.try_clone()
    }

    fn output(&self) -> Option<Arc<OwnedFd>> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn timeout(until: Time) -> Timespec {
    let left = until.since(mcp_os::clock::now());
    Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() }
}

fn ready(fd: &PollFd<'_>) -> bool {
    !fd.revents().is_empty()
}

impl Transport for Descriptors {
    fn wait(&self, reads: bool, until: Option<Time>) -> io::Result<Wake> {
        let timeout = until.map(timeout);
        let call = PollFd::new(&self.call.reader, PollFlags::IN);
        let input = PollFd::new(&*self.input, PollFlags::IN);
        let mut fds = [call, input];
        // A hang-up is reported whatever is asked for, so an input that is not read is not looked at.
        let looked_at = if reads { &mut fds[..] } else { &mut fds[..1] };
        match poll(looked_at, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        let [call, input] = &fds;
        if ready(call) {
            return Ok(if self.call.silence() { Wake::Stop } else { Wake::Called });
        }
        Ok(if reads && ready(input) { Wake::Readable } else { Wake::Called })
    }

    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&*self.input, room)?)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        // Never blocks, so the lock may be held meanwhile.
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        let output = output.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(rustix::io::write(output, bytes)?)
    }

    fn wait_writable(&self, until: Option<Time>) -> io::Result<()> {
        let output = self.output().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut fds = [PollFd::new(&*output, PollFlags::OUT), PollFd::new(&self.closed.reader, PollFlags::IN)];
        let timeout = until.map(timeout);
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
        if ready(&fds[1]) { Err(io::ErrorKind::ConnectionAborted.into()) } else { Ok(()) }
    }

    fn finish(&self) {
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(socket) = output.filter(|_| self.socket) {
            // Our reading side holds the socket open, so its writing side is ended by itself.
            let _ = shutdown(&*socket, Shutdown::Write);
        }
    }

    fn wake(&self) {
        self.call.ring();
    }

    fn close(&self) {
        self.closed.ring();
        self.call.ring();
    }

    fn end_reason(&self) -> Option<String> {
        self.last_words.as_ref().and_then(LastWords::wait)
    }
}

fn socket(fd: OwnedFd) -> io::Result<Descriptors> {
    rustix::io::ioctl_fionbio(&fd, true)?;
    let fd = Arc::new(fd);
    Descriptors::over(fd.clone(), fd, true)
}

impl IntoTransport for Descriptors {
    type Transport = Self;

    fn into_transport(self) -> io::Result<Self> {
        Ok(self)
    }
}

impl IntoTransport for UnixStream {
    type Transport = Descriptors;

    fn into_transport(self) -> io::Result<Descriptors> {
        socket(self.into())
    }
}

impl IntoTransport for TcpStream {
    type Transport = Descriptors;

    fn into_transport(self) -> io::Result<Descriptors> {
        // Without it every small message waits for the acknowledgement of the one before. A stream that refuses is
        // gone already, which reading will tell.
        let _ = self.set_nodelay(true);
        socket(self.into())
    }
}

/// Two ends of a stream within this process, to serve on one and connect over the other.
///
/// # Errors
/// There are no descriptors left.
pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
    UnixStream::pair()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Every TCP stream, of either role, is made a transport that way.
    #[test]
    fn every_tcp_stream_sends_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        for stream in [near, listener.accept().unwrap().0] {
            let same = stream.try_clone().unwrap();
            assert!(!same.nodelay().unwrap());
            let _transport = stream.into_transport().unwrap();
            assert!(same.nodelay().unwrap());
        }
    }
}
