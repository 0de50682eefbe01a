//! Sockets: listening and connecting, over TCP and Unix.

use crate::link::origin;
use crate::serve::{connect_link, executor};
use crate::{Listener, Listening, TokioLink};
use mcp_os::{Accepting, Acceptor, Socket};
use mcp_proto::handle::client::{Client, ClientBuilder};
use mcp_proto::handle::server::{Connections, Server, Service};
use mcp_proto::time::Time;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::time::Sleep;
#[cfg(unix)]
use {
    mcp_os::BoundListener,
    std::path::Path,
    tokio::net::{UnixListener, UnixStream},
};

/// Connects over TCP. The addresses of a name are tried in turn. `TCP_NODELAY` is set.
///
/// Reaching the server takes at most `Timeouts::open` of the client; opening has that time once more.
///
/// Dropping the future gives up.
///
/// # Errors
/// There is no such name, nobody listens there, or nothing was heard in time.
///
/// # Panics
/// Outside a tokio runtime.
pub async fn connect_tcp(client: ClientBuilder, address: impl ToSocketAddrs) -> io::Result<Client> {
    let connecting = TcpStream::connect(address);
    let stream = match client.open_timeout() {
        None => connecting.await?,
        Some(within) => tokio::time::timeout(within, connecting).await.map_err(|_| mcp_os::not_reached(within))??,
    };
    let client = mcp_os::tcp_target(client, stream.peer_addr());
    Ok(connect_link(client, tcp_link(stream)))
}

/// Connects to a Unix socket, which is done or fails at once.
///
/// # Errors
/// Nothing stands at the path, nobody listens there, or the process may not connect.
/// [`WouldBlock`](io::ErrorKind::WouldBlock): as many connections wait for the server as fit.
///
/// # Panics
/// Outside a tokio runtime.
#[cfg(unix)]
pub fn connect_unix(client: ClientBuilder, path: impl AsRef<Path>) -> io::Result<Client> {
    let stream = UnixStream::from_std(mcp_os::connect_unix(&path)?)?;
    let client = mcp_os::unix_target(client, path.as_ref());
    Ok(connect_link(client, TokioLink::new(stream)))
}

/// Serves every connection that comes, each on a task of its own; one more task accepts. All share the handlers and
/// their state. `TCP_NODELAY` is set.
///
/// # Errors
/// The operating system gave no randomness, or the runtime does not take the socket.
///
/// # Panics
/// Outside a tokio runtime.
pub fn listen<S: Send + Sync + 'static>(server: Server<S>, listener: impl Into<Listener>) -> io::Result<Listening> {
    let listener = listener.into();
    let address = listener.local_addr();
    let service = Service::new(server, mcp_os::clock::clock(), mcp_os::seed()?, executor());
    let (socket, most) = listener.into_parts()?;
    Ok(match socket {
        Socket::Tcp(listener) => {
            let listener = TcpListener::from_std(listener)?;
            accept(address, most, Sockets { listener: Some(listener), service, sleep: None })
        }
        #[cfg(unix)]
        Socket::Unix(listener) => {
            let listener = listener.try_map(UnixListener::from_std)?;
            accept(address, most, Sockets { listener: Some(listener), service, sleep: None })
        }
    })
}

fn accept<L: Accept>(address: Option<std::net::SocketAddr>, most: usize, sockets: Sockets<L>) -> Listening {
    let (accepting, listening) = Accepting::new(address, most, sockets);
    tokio::spawn(accepting);
    listening
}

/// A listener of one kind, and who serves its connections.
struct Sockets<L> {
    /// Gone once it is closed.
    listener: Option<L>,
    service: Service,
    sleep: Option<(Time, Pin<Box<Sleep>>)>,
}

/// A kind of listener.
trait Accept: Send + Unpin + 'static {
    type Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Stream>>;

    fn link(stream: Self::Stream) -> TokioLink<Self::Stream>;
}

impl Accept for TcpListener {
    type Stream = TcpStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        Self::poll_accept(self, cx).map_ok(|(stream, _)| stream)
    }

    fn link(stream: TcpStream) -> TokioLink<TcpStream> {
        tcp_link(stream)
    }
}

#[cfg(unix)]
impl Accept for BoundListener<UnixListener> {
    type Stream = UnixStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        self.listener.poll_accept(cx).map_ok(|(stream, _)| stream)
    }

    fn link(stream: UnixStream) -> TokioLink<UnixStream> {
        TokioLink::new(stream)
    }
}

/// Every TCP stream, of either role, becomes a link here.
fn tcp_link(stream: TcpStream) -> TokioLink<TcpStream> {
    // Without it every small message waits for the acknowledgement of the one before. A stream that refuses is gone
    // already, which reading will tell.
    let _ = stream.set_nodelay(true);
    TokioLink::new(stream)
}

impl<L: Accept> Acceptor for Sockets<L> {
    type Stream = L::Stream;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<L::Stream>> {
        self.listener.as_ref().map_or(Poll::Pending, |listener| listener.poll_accept(cx))
    }

    fn serve(&mut self, stream: L::Stream, connections: &Arc<Connections>) -> io::Result<()> {
        tokio::spawn(self.service.connection(L::link(stream), connections));
        Ok(())
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()> {
        let sleep = match &mut self.sleep {
            Some((set, sleep)) if *set == until => sleep,
            other => {
                let sleep = tokio::time::sleep_until(origin() + until.since(Time::ORIGIN));
                &mut other.insert((until, Box::pin(sleep))).1
            }
        };
        sleep.as_mut().poll(cx)
    }

    fn close(&mut self) {
        self.listener = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tcp_link_sends_at_once() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (far, _) = listener.accept().await.unwrap();
            let is_set = |link: TokioLink<TcpStream>| link.stream.nodelay().unwrap();
            assert_eq!((near.nodelay().unwrap(), is_set(tcp_link(near))), (false, true));
            assert_eq!((far.nodelay().unwrap(), is_set(TcpListener::link(far))), (false, true));
        });
    }
}
