//! Any reader and any writer: what can't be polled gets a thread that reads ahead. Slower, by a hop between
//! threads for every read.

use crate::transport::{IntoTransport, Transport, Wake};
use mcp_proto::time::Time;
use std::fmt;
use std::io::{self, Read, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// Most bytes read ahead.
const AHEAD: usize = 64 * 1024;

/// A reader with its thread, and a writer.
pub struct Pumped {
    shared: Arc<Shared>,
    writer: Mutex<Option<Box<dyn Write + Send>>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    ahead: Vec<u8>,
    end: Option<io::Result<()>>,
    called: bool,
    closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pumped {
    fn new(reader: impl Read + Send + 'static, writer: impl Write + Send + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let pump = shared.clone();
        std::thread::Builder::new().name("mcp-read".to_owned()).spawn(move || pump.fill(reader))?;
        Ok(Self { shared, writer: Mutex::new(Some(Box::new(writer))) })
    }
}

impl Shared {
    fn fill(&self, mut reader: impl Read) {
        let mut room = vec![0; 16 * 1024];
        loop {
            let outcome = reader.read(&mut room);
            let mut state = lock(&self.state);
            match outcome {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Ok(0) => state.end = Some(Ok(())),
                Err(e) => state.end = Some(Err(e)),
                Ok(n) => state.ahead.extend_from_slice(room.get(..n).unwrap_or_default()),
            }
            self.changed.notify_all();
            while state.ahead.len() >= AHEAD && !state.closed {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.closed || state.end.is_some() {
                return;
            }
        }
    }
}

impl Transport for Pumped {
    fn wait(&self, reads: bool, until: Option<Time>) -> io::Result<Wake> {
        let mut state = lock(&self.shared.state);
        loop {
            if std::mem::take(&mut state.called) || state.closed {
                return Ok(Wake::Called);
            }
            if reads && (!state.ahead.is_empty() || state.end.is_some()) {
                return Ok(Wake::Readable);
            }
            state = match until {
                None => self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.since(mcp_os::clock::now());
                    if left.is_zero() {
                        return Ok(Wake::Called);
                    }
                    self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        let mut state = lock(&self.shared.state);
        if state.ahead.is_empty() {
            return match state.end.take() {
                None => Err(io::ErrorKind::WouldBlock.into()),
                Some(end) => {
                    state.end = Some(Ok(()));
                    end.map(|()| 0)
                }
            };
        }
        let n = room.len().min(state.ahead.len());
        for (to, from) in room.iter_mut().zip(state.ahead.drain(..n)) {
            *to = from;
        }
        self.shared.changed.notify_all();
        Ok(n)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut writer = lock(&self.writer);
        let writer = writer.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let n = writer.write(bytes)?;
        writer.flush()?;
        Ok(n)
    }

    fn wait_writable(&self, _until: Option<Time>) -> io::Result<()> {
        // A writer that blocks never asks for this, and one that does not can't be waited for.
        Err(io::Error::new(io::ErrorKind::Unsupported, "a writer for `mcp-blocking` must block"))
    }

    fn finish(&self) {
        lock(&self.writer).take();
    }

    fn wake(&self) {
        lock(&self.shared.state).called = true;
        self.shared.changed.notify_all();
    }

    fn close(&self) {
        lock(&self.shared.state).closed = true;
        self.shared.changed.notify_all();
    }
}

impl<R: Read + Send + 'static, W: Write + Send + 'static> IntoTransport for (R, W) {
    type Transport = Pumped;

    fn into_transport(self) -> io::Result<Pumped> {
        Pumped::new(self.0, self.1)
    }
}

/// Where a socket can't be waited for together with something else.
#[cfg(not(unix))]
impl IntoTransport for std::net::TcpStream {
    type Transport = Pumped;

    fn into_transport(self) -> io::Result<Pumped> {
        // Without it every small message waits for the acknowledgement of the one before. A stream that refuses is
        // gone already, which reading will tell.
        let _ = self.set_nodelay(true);
        self.set_nonblocking(false)?;
        Pumped::new(self.try_clone()?, self)
    }
}

impl fmt::Debug for Pumped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pumped").finish_non_exhaustive()
    }
}
