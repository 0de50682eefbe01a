//! Reading what no reactor can wait for: files, terminals, and pipes off Unix.

use blocking::{Task, unblock};
use futures_io::AsyncRead;
use std::future::Future;
use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Reads on a thread of the `blocking` pool, once for each wait. (`blocking::Unblock` reads ahead until there is
/// nothing, and so loses the end of a terminal's input, which comes only once.)
pub(crate) struct ThreadRead<R> {
    state: State<R>,
}

enum State<R> {
    Reading(Task<(R, io::Result<Vec<u8>>)>),
    /// What was read, and how much of it was handed on.
    Read(R, Vec<u8>, usize),
    Ended,
}

impl<R: Read + Send + 'static> ThreadRead<R> {
    /// Bytes that are read at most, each time.
    const SIZE: usize = 64 * 1024;

    pub(crate) fn new(source: R) -> Self {
        Self { state: State::Read(source, Vec::new(), 0) }
    }
}

fn read(mut source: impl Read, mut bytes: Vec<u8>, size: usize) -> io::Result<Vec<u8>> {
    bytes.resize(size, 0);
    loop {
        match source.read(&mut bytes) {
            Ok(n) => {
                bytes.truncate(n);
                return Ok(bytes);
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

impl<R: Read + Send + Unpin + 'static> AsyncRead for ThreadRead<R> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Ended => return Poll::Ready(Ok(0)),
                State::Read(source, bytes, at) if at < bytes.len() => {
                    let n = room.len().min(bytes.len() - at);
                    room[..n].copy_from_slice(&bytes[at..at + n]);
                    self.state = State::Read(source, bytes, at + n);
                    return Poll::Ready(Ok(n));
                }
                State::Read(mut source, bytes, _) => State::Reading(unblock(move || {
                    let result = read(&mut source, bytes, Self::SIZE);
                    (source, result)
                })),
                State::Reading(mut task) => match Pin::new(&mut task).poll(cx) {
                    Poll::Pending => {
                        self.state = State::Reading(task);
                        return Poll::Pending;
                    }
                    Poll::Ready((_, Ok(bytes))) if bytes.is_empty() => State::Ended,
                    Poll::Ready((source, Ok(bytes))) => State::Read(source, bytes, 0),
                    Poll::Ready((_, Err(e))) => return Poll::Ready(Err(e)),
                },
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ThreadRead;
    use crate::support::run;
    use smol::io::AsyncReadExt as _;
    use std::collections::VecDeque;
    use std::io::{self, ErrorKind, Read};

    /// Gives what it was told to, and must not be asked for more.
    struct Script(VecDeque<Result<Vec<u8>, ErrorKind>>);

    impl Read for Script {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.pop_front().expect("read after the end")?;
            room[..bytes.len()].copy_from_slice(&bytes);
            Ok(bytes.len())
        }
    }

    type Read3 = [Result<Vec<u8>, ErrorKind>; 3];

    fn check<const N: usize>(script: [Result<&str, ErrorKind>; N], size: usize, expect: Read3) {
        let script = script.into_iter().map(|read| read.map(|text| text.as_bytes().to_vec())).collect();
        let mut reader = ThreadRead::new(Script(script));
        for expect in expect {
            let mut room = vec![0; size];
            let n = run(reader.read(&mut room)).map_err(|e| e.kind());
            assert_eq!(n.map(|n| room[..n].to_vec()), expect);
        }
    }

    #[test]
    fn each_read_is_handed_on_and_the_end_is_seen_once() {
        let ok = |text: &str| Ok(text.as_bytes().to_vec());
        check([Ok("ab"), Ok("c"), Ok("")], 9, [ok("ab"), ok("c"), ok("")]);
        check([Ok("abc"), Ok("")], 2, [ok("ab"), ok("c"), ok("")]);
        check([Ok("")], 9, [ok(""), ok(""), ok("")]);
        check([Err(ErrorKind::Interrupted), Ok("a"), Ok("")], 9, [ok("a"), ok(""), ok("")]);
        check([Ok("a"), Err(ErrorKind::Other)], 9, [ok("a"), Err(ErrorKind::Other), ok("")]);
    }
}
