//! Sockets that listen, and where they are reached.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use {
    crate::connect::connect_unix,
    rustix::fs::{FileType, lstat, unlink},
    std::os::unix::net::UnixListener,
    std::path::{Path, PathBuf},
};

/// Connections that the operating system holds until they are accepted, where it allows as many.
#[cfg(unix)]
const BACKLOG: i32 = 4096;

/// A socket that listens, with the cap on its connections. It is bound but not served yet, so an address in use is told
/// before anything is started.
#[derive(Debug)]
pub struct Listener {
    pub(crate) socket: Socket,
    pub(crate) connections: usize,
}

/// What listens.
#[derive(Debug)]
pub enum Socket {
    /// On an address of the network.
    Tcp(TcpListener),
    /// On a path.
    #[cfg(unix)]
    Unix(BoundListener),
}

impl Listener {
    /// Connections at a time, unless [`connections`](Self::connections) says otherwise.
    pub const CONNECTIONS: usize = 1024;

    /// Binds a TCP address; port 0 takes a free one. A name is looked up first, on this thread.
    ///
    /// Whoever reaches the address is served: keep to `127.0.0.1` unless something else decides who that is.
    ///
    /// # Errors
    /// The address is in use, is none of this machine's, or takes rights that the process does not have.
    pub fn tcp(address: impl ToSocketAddrs) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        #[cfg(unix)]
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener.into())
    }

    /// Binds a Unix socket to a path, which is removed when listening ends. Who may connect is decided by the
    /// rights of the directory and the umask of the process.
    ///
    /// What stands at the path stays: also a socket that a dead process left behind. To have that one removed, call
    /// [`unix_in_place_of_dead`](Self::unix_in_place_of_dead).
    ///
    /// # Errors
    /// Something stands at the path, its directory is not there or can't be written, or it is too long (about 100
    /// bytes).
    #[cfg(unix)]
    pub fn unix(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let listener = UnixListener::bind(path)?;
        let path = Some(BoundPath::new(path)?);
        rustix::net::listen(&listener, BACKLOG)?;
        let socket = Socket::Unix(BoundListener { _path: path, listener });
        Ok(Self { socket, connections: Self::CONNECTIONS })
    }

    /// As [`unix`](Self::unix), but removes a socket at the path on which nobody listens any more. Anything else
    /// that stands there stays, and is an error. Two processes that do this at the same moment may take the path
    /// from each other: let one of them decide.
    ///
    /// # Errors
    /// As [`unix`](Self::unix); a process listens at the path.
    #[cfg(unix)]
    pub fn unix_in_place_of_dead(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let is_socket = lstat(path).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Socket);
        if is_socket && connect_unix(path).is_err_and(|e| e.kind() == io::ErrorKind::ConnectionRefused) {
            unlink(path)?;
        }
        Self::unix(path)
    }

    /// The cap on connections at a time. Default 1024; zero counts as one.
    ///
    /// At the cap nothing more is accepted: the operating system holds what comes in its backlog, where it waits for
    /// its turn without a descriptor of ours, and refuses what no longer fits. A connection accepted only to be closed
    /// would look like a broken server to its client, which would come again at once.
    ///
    /// A connection keeps its place for as long as it is open, also one that says nothing: the protocol has no rule
    /// on how long a client may be silent.
    #[must_use]
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most;
        self
    }

    /// The address, unless it is a Unix socket. A port 0 is the one that was taken.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Socket::Unix(_) => None,
        }
    }

    /// For adapters: the socket, in non-blocking mode, and the cap.
    ///
    /// # Errors
    /// The mode can't be set.
    pub fn into_parts(self) -> io::Result<(Socket, usize)> {
        match &self.socket {
            Socket::Tcp(listener) => listener.set_nonblocking(true)?,
            #[cfg(unix)]
            Socket::Unix(bound) => bound.listener.set_nonblocking(true)?,
        }
        Ok((self.socket, self.connections))
    }
}

/// From a listener the program made, or inherited. Its backlog stays as it is.
impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self { socket: Socket::Tcp(listener), connections: Self::CONNECTIONS }
    }
}

/// From a listener the program made, or inherited. Its backlog stays as it is, and so does its path.
#[cfg(unix)]
impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        let socket = Socket::Unix(BoundListener { _path: None, listener });
        Self { socket, connections: Self::CONNECTIONS }
    }
}

/// A Unix socket that listens, and its path if that is removed with it.
#[cfg(unix)]
#[derive(Debug)]
pub struct BoundListener<L = UnixListener> {
    /// Dropped first: as long as the socket is open, the number of its file is no other's.
    _path: Option<BoundPath>,
    /// The socket.
    pub listener: L,
}

#[cfg(unix)]
impl<L> BoundListener<L> {
    /// For adapters: the socket as their runtime has it.
    ///
    /// # Errors
    /// What `register` says.
    pub fn try_map<M>(self, register: impl FnOnce(L) -> io::Result<M>) -> io::Result<BoundListener<M>> {
        Ok(BoundListener { _path: self._path, listener: register(self.listener)? })
    }
}

/// The path of a Unix socket, removed when this is dropped, unless something else stands there by then.
#[cfg(unix)]
#[derive(Debug)]
struct BoundPath {
    path: PathBuf,
    /// Device and number of the socket's file.
    file: (u64, u64),
}

#[cfg(unix)]
impl BoundPath {
    fn new(path: &Path) -> io::Result<Self> {
        // The working directory may be another one by the time it is removed.
        let path = std::path::absolute(path)?;
        let file = Self::file(&path)?;
        Ok(Self { path, file })
    }

    fn file(path: &Path) -> io::Result<(u64, u64)> {
        use std::os::unix::fs::MetadataExt as _;
        let metadata = std::fs::symlink_metadata(path)?;
        Ok((metadata.dev(), metadata.ino()))
    }
}

#[cfg(unix)]
impl Drop for BoundPath {
    fn drop(&mut self) {
        if Self::file(&self.path).is_ok_and(|file| file == self.file) {
            // Whoever removed it meanwhile did what we wanted.
            let _ = unlink(&self.path);
        }
    }
}
