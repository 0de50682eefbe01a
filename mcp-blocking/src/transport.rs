//! Streams that threads wait for, and can be called away from.

use mcp_proto::time::Time;
use std::io;

/// What a wait ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There is something to read, or the end.
    Readable,
    /// Somebody called [`Transport::wake`], or the time has come.
    Called,
    /// Somebody wants serving to stop.
    Stop,
}

/// A duplex stream for threads. One thread reads and one writes at a time; any may wake and close.
pub trait Transport: Send + Sync + 'static {
    /// Blocks until somebody calls, or it is `until`, or if it `reads` until there is something to read.
    ///
    /// # Errors
    /// The stream broke.
    fn wait(&self, reads: bool, until: Option<Time>) -> io::Result<Wake>;

    /// Reads what is there. Zero is the end; [`io::ErrorKind::WouldBlock`] means that nothing is there after
    /// all.
    ///
    /// # Errors
    /// The stream broke.
    fn read(&self, room: &mut [u8]) -> io::Result<usize>;

    /// Writes a beginning of `bytes`. [`io::ErrorKind::WouldBlock`] means: not now.
    ///
    /// # Errors
    /// The stream broke.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Blocks until something can be written, or it is `until`, or the stream is closed.
    ///
    /// # Errors
    /// The stream broke.
    fn wait_writable(&self, until: Option<Time>) -> io::Result<()>;

    /// Ends our side: the peer reads the end.
    fn finish(&self);

    /// Calls the waiting thread.
    fn wake(&self);

    /// Ends every wait, now and later.
    fn close(&self);

    /// Puts a fresh stream to the same server in the place of this one, which has ended. Threads that wait on the old
    /// one come back.
    ///
    /// # Errors
    /// This is no stream that can be replaced, or no other could be had.
    fn reopen(&self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// After the end was read: what is known of why. May block a moment.
    fn end_reason(&self) -> Option<String> {
        None
    }
}

/// What can carry a connection: a stream of the system, or a pair of any reader and any writer. A writer of the
/// latter kind that blocks for ever holds a thread for ever: only what can be polled can be given up.
pub trait IntoTransport {
    /// The transport it becomes.
    type Transport: Transport;

    /// Makes it one.
    ///
    /// # Errors
    /// The operating system refused what waiting needs.
    fn into_transport(self) -> io::Result<Self::Transport>;
}
