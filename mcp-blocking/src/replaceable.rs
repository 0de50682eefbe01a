//! A stream that another takes the place of.

use crate::transport::{IntoTransport, Transport, Wake};
use mcp_proto::time::Time;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

/// A stream to a server that can be reached anew when it has ended: by launching it again, by connecting once more.
///
/// A client over it is to be told so ([`ClientBuilder::reopens`](crate::ClientBuilder::reopens)); when and how often a
/// stream is replaced, its [`Restarts`](crate::Restarts) say.
pub struct Replaceable<T> {
    current: RwLock<Arc<T>>,
    fresh: Fresh<T>,
}

type Fresh<T> = Box<dyn Fn() -> io::Result<T> + Send + Sync>;

impl<T: Transport> Replaceable<T> {
    /// `first`, and what makes another to the same server. That runs on a thread of the client's, which nothing is
    /// read on meanwhile.
    pub fn new(first: T, fresh: impl Fn() -> io::Result<T> + Send + Sync + 'static) -> Self {
        Self { current: RwLock::new(Arc::new(first)), fresh: Box::new(fresh) }
    }

    fn current(&self) -> Arc<T> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<T: Transport> Transport for Replaceable<T> {
    fn wait(&self, reads: bool, until: Option<Time>) -> io::Result<Wake> {
        self.current().wait(reads, until)
    }

    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        self.current().read(room)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.current().write(bytes)
    }

    fn wait_writable(&self, until: Option<Time>) -> io::Result<()> {
        self.current().wait_writable(until)
    }

    fn finish(&self) {
        self.current().finish();
    }

    fn wake(&self) {
        self.current().wake();
    }

    fn close(&self) {
        self.current().close();
    }

    fn reopen(&self) -> io::Result<()> {
        let fresh = Arc::new((self.fresh)()?);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *current, fresh);
        drop(current);
        old.close();
        Ok(())
    }

    fn end_reason(&self) -> Option<String> {
        self.current().end_reason()
    }
}

impl<T: Transport> IntoTransport for Replaceable<T> {
    type Transport = Self;

    fn into_transport(self) -> io::Result<Self> {
        Ok(self)
    }
}

impl<T> std::fmt::Debug for Replaceable<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replaceable").finish_non_exhaustive()
    }
}
