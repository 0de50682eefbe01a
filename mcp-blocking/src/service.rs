//! What the connections of a server share: its definition, and the threads they may have.

use mcp_proto::handle::server::{Caller, Catalog, Server};
use mcp_proto::server::Config;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A server on one connection or many. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) config: Arc<Config>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) threads: Threads,
    /// Whether a thread stands by on a connection on which nothing happens. It makes the next call quicker, and where
    /// there are many connections it costs too much.
    pub(crate) stands_by: bool,
    /// Who is at the other end, where that is known.
    pub(crate) caller: Option<Arc<Caller>>,
}

impl Service {
    /// For one connection, with that many threads.
    pub(crate) fn single<S: Send + Sync + 'static>(server: Server<S>, threads: usize) -> io::Result<Self> {
        let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
        Ok(Self { config, catalog, threads: Threads::new(threads), stands_by: true, caller: None })
    }

    /// For many connections, with that many threads together.
    pub(crate) fn shared<S: Send + Sync + 'static>(server: Server<S>, threads: usize) -> io::Result<Self> {
        Ok(Self { stands_by: false, ..Self::single(server, threads)? })
    }
}

/// Threads that may still be started.
#[derive(Clone, Debug)]
pub(crate) struct Threads(Arc<AtomicUsize>);

impl Threads {
    fn new(most: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(most)))
    }

    /// The right to one thread, for as long as it is kept.
    pub(crate) fn one(&self) -> io::Result<Permit> {
        let taken = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
        match taken {
            Ok(_) => Ok(Permit(self.clone())),
            // As the operating system says it.
            Err(_) => Err(io::Error::new(ErrorKind::WouldBlock, "all threads of this server are in use")),
        }
    }
}

/// The right to a thread.
#[derive(Debug)]
pub(crate) struct Permit(Threads);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::Threads;
    use std::io::ErrorKind;

    #[test]
    fn there_are_as_many_as_there_are() {
        let threads = Threads::new(2);
        let (first, second) = (threads.one(), threads.one());
        assert_eq!(threads.one().unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(first);
        let third = threads.one();
        assert!(third.is_ok() && threads.one().is_err());
        drop((second, third));
        assert!(threads.one().is_ok());
    }
}
