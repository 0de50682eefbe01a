//! A stream that another takes the place of.

use crate::transport::{IntoTransport, Transport, Wake};
use mcp_proto::time::Time;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A stream to a server that can be reached anew when it has ended: by launching it again, by connecting once more.
///
/// A client over it is to be told so ([`ClientBuilder::reopens`](crate::ClientBuilder::reopens)); when and how often a
/// stream is replaced, its [`Restarts`](crate::Restarts) say.
pub struct Replaceable<T> {
    first: T,
    /// Set once the first one is replaced: mostly it never is, and then nothing is locked or counted.
    replaced: AtomicBool,
    later: Mutex<Option<Arc<T>>>,
    fresh: Fresh<T>,
}

type Fresh<T> = Box<dyn Fn() -> io::Result<T> + Send + Sync>;

impl<T: Transport> Replaceable<T> {
    /// `first`, and what makes another to the same server. That runs on a thread of the client's, which nothing is
    /// read on meanwhile.
    pub fn new(first: T, fresh: impl Fn() -> io::Result<T> + Send + Sync + 'static) -> Self {
        Self { first, replaced: AtomicBool::new(false), later: Mutex::new(None), fresh: Box::new(fresh) }
    }

    fn with<R>(&self, act: impl FnOnce(&T) -> R) -> R {
        if !self.replaced.load(Ordering::Acquire) {
            return act(&self.first);
        }
        let later = self.later.lock().unwrap_or_else(PoisonError::into_inner).clone();
        act(later.as_deref().unwrap_or(&self.first))
    }
}

impl<T: Transport> Transport for Replaceable<T> {
    fn wait(&self, reads: bool, until: Option<Time>) -> io::Result<Wake> {
        self.with(|current| current.wait(reads, until))
    }

    fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        self.with(|current| current.read(room))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|current| current.write(bytes))
    }

    fn wait_writable(&self, until: Option<Time>) -> io::Result<()> {
        self.with(|current| current.wait_writable(until))
    }

    fn finish(&self) {
        self.with(T::finish);
    }

    fn wake(&self) {
        self.with(T::wake);
    }

    fn close(&self) {
        self.with(T::close);
    }

    fn reopen(&self) -> io::Result<()> {
        let fresh = Arc::new((self.fresh)()?);
        let old = self.later.lock().unwrap_or_else(PoisonError::into_inner).replace(fresh);
        self.replaced.store(true, Ordering::Release);
        let old = old.as_deref().unwrap_or(&self.first);
        old.finish();
        old.close();
        Ok(())
    }

    fn end_reason(&self) -> Option<String> {
        self.with(T::end_reason)
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
