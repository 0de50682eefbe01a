//! Reaching a server that listens.

use mcp_proto::handle::client::ClientBuilder;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
#[cfg(unix)]
use {
    rustix::io::{Errno, FdFlags, fcntl_setfd, ioctl_fionbio},
    rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket},
    std::os::fd::OwnedFd,
    std::os::unix::net::UnixStream,
    std::path::Path,
};

/// Tells the client by what name [`Eras`](mcp_proto::handle::client::Eras) knows the server: its address.
#[must_use]
pub fn tcp_target(client: ClientBuilder, peer: io::Result<SocketAddr>) -> ClientBuilder {
    match peer {
        Ok(address) => client.target(format!("tcp:{address}")),
        // It is gone already, which reading will tell.
        Err(_) => client,
    }
}

/// As [`tcp_target`], for a Unix socket: its path.
#[cfg(unix)]
#[must_use]
pub fn unix_target(client: ClientBuilder, path: &Path) -> ClientBuilder {
    client.target(format!("unix:{}", path.display()))
}

/// The error of a connection that was not there in time.
#[must_use]
pub fn not_reached(within: Duration) -> io::Error {
    let why = format!("the server was not reached within {within:?}; is the address right? (`Timeouts::open`)");
    io::Error::new(io::ErrorKind::TimedOut, why)
}

/// Connects to a Unix socket, without waiting; the stream is in non-blocking mode.
///
/// # Errors
/// Nothing stands at the path, nobody listens there, or the process may not connect.
/// [`WouldBlock`](io::ErrorKind::WouldBlock): the server's backlog is full.
#[cfg(unix)]
pub fn connect_unix(path: impl AsRef<Path>) -> io::Result<UnixStream> {
    let stream: OwnedFd = socket(AddressFamily::UNIX, SocketType::STREAM, None)?;
    fcntl_setfd(&stream, FdFlags::CLOEXEC)?;
    ioctl_fionbio(&stream, true)?;
    match connect(&stream, &SocketAddrUnix::new(path.as_ref())?) {
        Ok(()) => Ok(stream.into()),
        Err(Errno::AGAIN) => {
            let why = "as many connections wait for the server as fit into its backlog; try again later";
            Err(io::Error::new(io::ErrorKind::WouldBlock, why))
        }
        Err(e) => Err(e.into()),
    }
}
