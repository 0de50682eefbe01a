//! Sockets: listening and connecting, over TCP and Unix.

use crate::reactor::{Duplex, Socket};
use crate::serve::{Task, connect_link, executor};
use crate::{Listener, Listening, SmolLink};
use async_io::{Async, Timer};
use mcp_os::{Accepting, Acceptor};
use mcp_proto::handle::client::{Client, ClientBuilder};
use mcp_proto::handle::server::{Connections, Server, Service};
use mcp_proto::time::Time;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;
#[cfg(unix)]
use {
    mcp_os::BoundListener,
    std::os::unix::net::{UnixListener, UnixStream},
    std::path::Path,
};

/// Connects over TCP. A name is looked up on another thread, and its addresses are tried in turn. `TCP_NODELAY` is
/// set. The connection is driven by a task of its own.
///
/// Reaching the server takes at most `Timeouts::open` of the client; opening has that time once more.
///
/// Dropping the future gives up.
///
/// # Errors
/// There is no such name, nobody listens there, or nothing was heard in time.
pub async fn connect_tcp(
    client: ClientBuilder,
    address: impl ToSocketAddrs + Send + 'static,
    spawn: impl FnOnce(Task),
) -> io::Result<Client> {
    let within = client.open_timeout();
    let mut timer = within.map_or_else(Timer::never, Timer::after);
    let mut connecting = pin!(reach(address));
    let stream = poll_fn(|cx| {
        if let Poll::Ready(stream) = connecting.as_mut().poll(cx) {
            return Poll::Ready(stream);
        }
        ready!(Pin::new(&mut timer).poll(cx));
        Poll::Ready(Err(mcp_os::not_reached(within.unwrap_or_default())))
    });
    let stream = stream.await?;
    let client = mcp_os::tcp_target(client, stream.get_ref().peer_addr());
    Ok(connect_link(client, tcp_link(stream), spawn))
}

async fn reach(address: impl ToSocketAddrs + Send + 'static) -> io::Result<Async<TcpStream>> {
    let addresses = blocking::unblock(move || address.to_socket_addrs().map(Vec::from_iter)).await?;
    let mut last = None;
    for address in addresses {
        match Async::<TcpStream>::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the name has no address")))
}

/// Connects to a Unix socket, which is done or fails at once. The connection is driven by a task of its own.
///
/// # Errors
/// Nothing stands at the path, nobody listens there, or the process may not connect.
/// [`WouldBlock`](ErrorKind::WouldBlock): as many connections wait for the server as fit.
#[cfg(unix)]
pub fn connect_unix(client: ClientBuilder, path: impl AsRef<Path>, spawn: impl FnOnce(Task)) -> io::Result<Client> {
    let stream = Async::new_nonblocking(mcp_os::connect_unix(&path)?)?;
    let client = mcp_os::unix_target(client, path.as_ref());
    Ok(connect_link(client, SmolLink::new(Socket::new(stream)), spawn))
}

/// Serves every connection that comes, each on a task of its own; one more task accepts. All share the handlers and
/// their state. `TCP_NODELAY` is set.
///
/// # Errors
/// The operating system gave no randomness, or the reactor does not take the socket.
pub fn listen<S: Send + Sync + 'static>(
    server: Server<S>,
    listener: impl Into<Listener>,
    spawn: impl Fn(Task) + Send + Sync + 'static,
) -> io::Result<Listening> {
    let listener = listener.into();
    let address = listener.local_addr();
    let service = Service::new(server, mcp_os::clock::clock(), mcp_os::seed()?, executor(spawn));
    let (socket, most) = listener.into_parts()?;
    Ok(match socket {
        mcp_os::Socket::Tcp(listener) => accept(address, most, Async::new_nonblocking(listener)?, service),
        #[cfg(unix)]
        mcp_os::Socket::Unix(bound) => accept(address, most, bound.try_map(Async::new_nonblocking)?, service),
    })
}

fn accept<L: Accept>(address: Option<SocketAddr>, most: usize, listener: L, service: Service) -> Listening {
    let spawn = service.executor().spawn.clone();
    let sockets = Sockets { listener: Some(listener), service, timer: Timer::never(), set: None };
    let (accepting, listening) = Accepting::new(address, most, sockets);
    spawn(Box::pin(accepting));
    listening
}

/// A listener of one kind, and who serves its connections.
struct Sockets<L> {
    /// Gone once it is closed.
    listener: Option<L>,
    service: Service,
    timer: Timer,
    /// What the timer is set to.
    set: Option<Time>,
}

/// A kind of listener.
trait Accept: Send + Unpin + 'static {
    type Stream: Duplex;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Async<Self::Stream>>>;

    fn link(stream: Async<Self::Stream>) -> SmolLink<Socket<Self::Stream>>;
}

impl Accept for Async<TcpListener> {
    type Stream = TcpStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Async<TcpStream>>> {
        poll_accept(self, cx, TcpListener::accept).map(|accepted| Async::new(accepted?.0))
    }

    fn link(stream: Async<TcpStream>) -> SmolLink<Socket<TcpStream>> {
        tcp_link(stream)
    }
}

#[cfg(unix)]
impl Accept for BoundListener<Async<UnixListener>> {
    type Stream = UnixStream;

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Async<UnixStream>>> {
        poll_accept(&self.listener, cx, UnixListener::accept).map(|accepted| Async::new(accepted?.0))
    }

    fn link(stream: Async<UnixStream>) -> SmolLink<Socket<UnixStream>> {
        SmolLink::new(Socket::new(stream))
    }
}

fn poll_accept<L, T>(
    listener: &Async<L>,
    cx: &mut Context<'_>,
    accept: impl Fn(&L) -> io::Result<T>,
) -> Poll<io::Result<T>> {
    loop {
        match accept(listener.get_ref()) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => ready!(listener.poll_readable(cx))?,
            accepted => return Poll::Ready(accepted),
        }
    }
}

/// Every TCP stream, of either role, becomes a link here.
fn tcp_link(stream: Async<TcpStream>) -> SmolLink<Socket<TcpStream>> {
    // Without it every small message waits for the acknowledgement of the one before. A stream that refuses is gone
    // already, which reading will tell.
    let _ = stream.get_ref().set_nodelay(true);
    SmolLink::new(Socket::new(stream))
}

impl<L: Accept> Acceptor for Sockets<L> {
    type Stream = Async<L::Stream>;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Stream>> {
        self.listener.as_ref().map_or(Poll::Pending, |listener| listener.poll_accept(cx))
    }

    fn serve(&mut self, stream: Self::Stream, connections: &Arc<Connections>) -> io::Result<()> {
        (self.service.executor().spawn)(Box::pin(self.service.connection(L::link(stream), connections)));
        Ok(())
    }

    fn poll_sleep(&mut self, cx: &mut Context<'_>, until: Time) -> Poll<()> {
        if self.set.replace(until) != Some(until) {
            match Instant::now().checked_add(until.since(mcp_os::clock::now())) {
                Some(instant) => self.timer.set_at(instant),
                None => self.timer.clear(),
            }
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        // Should it be waited for again, it has come already.
        self.set = None;
        Poll::Ready(())
    }

    fn close(&mut self) {
        self.listener = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::run;

    #[test]
    fn every_tcp_link_sends_at_once() {
        let is_set = |link: SmolLink<Socket<TcpStream>>| link.stream.get_ref().nodelay().unwrap();
        run(async {
            let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
            let near = reach(listener.get_ref().local_addr().unwrap()).await.unwrap();
            let far = poll_fn(|cx| Accept::poll_accept(&listener, cx)).await.unwrap();
            assert_eq!((near.get_ref().nodelay().unwrap(), is_set(tcp_link(near))), (false, true));
            assert_eq!((far.get_ref().nodelay().unwrap(), is_set(Async::<TcpListener>::link(far))), (false, true));
        });
    }
}
