//! The pipes of a process: its own standard streams, and those of a child. Pipes and sockets are the reactor's
//! business, anything else a thread's.

#[cfg(unix)]
use crate::reactor;
use crate::threaded::ThreadRead;
use blocking::Unblock;
use futures_io::{AsyncRead, AsyncWrite};
use mcp_os::stdio::Stream;
use std::io;
use std::process::{ChildStdin, ChildStdout};

/// Bytes on their way to a thread that writes.
const CAPACITY: usize = 64 * 1024;

/// An end that is read from, whatever it is.
pub(crate) type Input = Box<dyn AsyncRead + Send + Unpin>;
/// An end that is written to, whatever it is.
pub(crate) type Output = Box<dyn AsyncWrite + Send + Unpin>;

/// To read what is written to a standard stream.
pub(crate) fn input(stream: Stream) -> io::Result<Input> {
    match stream {
        #[cfg(unix)]
        Stream::Pipe(fd) | Stream::Socket(fd) => Ok(Box::new(reactor::ReadEnd::new(fd)?)),
        Stream::Other(file) => Ok(Box::new(ThreadRead::new(file))),
    }
}

/// To write to a standard stream.
pub(crate) fn output(stream: Stream) -> io::Result<Output> {
    match stream {
        #[cfg(unix)]
        Stream::Pipe(fd) | Stream::Socket(fd) => Ok(Box::new(reactor::WriteEnd::new(fd)?)),
        Stream::Other(file) => Ok(Box::new(Unblock::with_capacity(CAPACITY, file))),
    }
}

/// To write what a child reads.
#[cfg(unix)]
pub(crate) fn child_input(stdin: ChildStdin) -> io::Result<impl AsyncWrite + Send + Unpin + 'static> {
    reactor::WriteEnd::new(stdin)
}

/// To read what a child writes.
#[cfg(unix)]
pub(crate) fn child_output(stdout: ChildStdout) -> io::Result<impl AsyncRead + Send + Unpin + 'static> {
    reactor::ReadEnd::new(stdout)
}

/// To write what a child reads.
#[cfg(not(unix))]
pub(crate) fn child_input(stdin: ChildStdin) -> io::Result<impl AsyncWrite + Send + Unpin + 'static> {
    Ok(Unblock::with_capacity(CAPACITY, stdin))
}

/// To read what a child writes.
#[cfg(not(unix))]
pub(crate) fn child_output(stdout: ChildStdout) -> io::Result<impl AsyncRead + Send + Unpin + 'static> {
    Ok(ThreadRead::new(stdout))
}

#[cfg(all(test, unix))]
mod tests {
    use crate::reactor::{ReadEnd, WriteEnd};
    use crate::support::run;
    use futures_io::AsyncRead as _;
    use smol::future::zip;
    use smol::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use std::io::Write as _;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    fn read(end: &mut ReadEnd, size: usize) -> Poll<Vec<u8>> {
        let mut room = vec![0; size];
        let n = Pin::new(end).poll_read(&mut Context::from_waker(Waker::noop()), &mut room);
        n.map(|n| room[..n.unwrap()].to_vec())
    }

    #[test]
    fn a_pipe_gives_what_is_there_and_then_is_pending() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut end = ReadEnd::new(reader).unwrap();
        for (written, size) in [(1, 100), (100, 100), (4095, 65_536), (4096, 65_536), (65_536, 65_536)] {
            let bytes = vec![b'x'; written];
            assert_eq!(read(&mut end, size), Poll::Pending);
            writer.write_all(&bytes).unwrap();
            assert_eq!(read(&mut end, size), Poll::Ready(bytes));
            assert_eq!(read(&mut end, size), Poll::Pending);
        }
        drop(writer);
        assert_eq!(read(&mut end, 100), Poll::Ready(vec![]));
    }

    #[test]
    fn what_is_written_is_read_until_it_is_closed() {
        for piece in [1, 1000, 4096, 100_000] {
            let (reader, writer) = std::io::pipe().unwrap();
            let (mut reader, mut writer) = (ReadEnd::new(reader).unwrap(), WriteEnd::new(writer).unwrap());
            let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(piece * 7).collect();
            let write = async {
                for piece in bytes.chunks(piece) {
                    writer.write_all(piece).await.unwrap();
                    smol::future::yield_now().await;
                }
                writer.close().await.unwrap();
                writer.write(b"more").await.map_err(|e| e.kind())
            };
            let mut got = Vec::new();
            let (late, read) = run(zip(write, reader.read_to_end(&mut got)));
            assert_eq!(late, Err(std::io::ErrorKind::BrokenPipe));
            assert_eq!((read.unwrap(), got == bytes), (bytes.len(), true));
        }
    }
}
