//! Sockets: listening and connecting, over TCP and Unix.

use crate::client::connect;
use crate::server::Served;
use crate::service::Service;
use crate::transport::IntoTransport;
use crate::{Listener, Listening};
#[cfg(unix)]
use mcp_os::AcceptErrors;
use mcp_os::{Accepting, Acceptor, Socket};
use mcp_proto::handle::client::{Client, ClientBuilder};
use mcp_proto::handle::server::{Connections, Server};
use mcp_proto::time::Time;
use std::future::Future as _;
use std::io::{self, ErrorKind};
use std::net::{TcpStream, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
#[cfg(unix)]
use {
    crate::descriptor::{Bell, wait_readable},
    std::path::Path,
};

/// Threads that the connections of a listener have together, beyond one for each that the cap allows.
const SPARE_THREADS: usize = 1024;

/// Connects over TCP. The addresses of a name are tried in turn. `TCP_NODELAY` is set.
///
/// Reaching the server takes at most `Timeouts::open` of the client, not counting how long the operating system takes
/// to look up a name; opening has that time once more.
///
/// # Errors
/// There is no such name, nobody listens there, or nothing was heard in time; or there were no descriptors, or no
/// thread.
pub fn connect_tcp(client: ClientBuilder, address: impl ToSocketAddrs) -> io::Result<Client> {
    let within = client.open_timeout();
    let addresses = address.to_socket_addrs()?;
    let until = within.map(|within| mcp_os::clock::now().after(within));
    let mut last = None;
    for address in addresses {
        let reached = match (within, until) {
            (Some(within), Some(until)) => {
                let left = until.since(mcp_os::clock::now());
                let late = |e: &io::Error| e.kind() == ErrorKind::TimedOut || left.is_zero();
                TcpStream::connect_timeout(&address, left)
                    .map_err(|e| if late(&e) { mcp_os::not_reached(within) } else { e })
            }
            _ => TcpStream::connect(address),
        };
        match reached {
            Ok(stream) => return connect(mcp_os::tcp_target(client, stream.peer_addr()), stream),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::Error::new(ErrorKind::InvalidInput, "the name has no address")))
}

/// Connects to a Unix socket, which is done or fails at once.
///
/// # Errors
/// Nothing stands at the path, nobody listens there, or the process may not connect; or there were no descriptors, or
/// no thread. [`WouldBlock`](ErrorKind::WouldBlock): as many connections wait for the server as fit.
#[cfg(unix)]
pub fn connect_unix(client: ClientBuilder, path: impl AsRef<Path>) -> io::Result<Client> {
    let stream = mcp_os::connect_unix(&path)?;
    connect(mcp_os::unix_target(client, path.as_ref()), stream)
}

/// Serves every connection that comes, on threads; one more thread accepts. All share the handlers and their state.
/// `TCP_NODELAY` is set.
///
/// A connection costs five descriptors, and a thread while it is idle. One that calls has two, and more while its
/// handlers take long: up to 64, and all connections together up to 1024 more than the cap on connections. Beyond
/// that, a connection runs its calls one after the other on the thread it has, and one that comes when there is no
/// thread at all is closed.
///
/// # Errors
/// The operating system gave no randomness, no descriptors or no thread.
pub fn listen<S: Send + Sync + 'static>(server: Server<S>, listener: impl Into<Listener>) -> io::Result<Listening> {
    let listener = listener.into();
    let address = listener.local_addr();
    let (socket, most) = listener.into_parts()?;
    let service = Service::shared(server, most.saturating_add(SPARE_THREADS))?;
    #[cfg(unix)]
    let call = Arc::new(Bell::new()?);
    let sockets = Sockets { socket: Some(socket), service, accepts: false, until: None };
    let (mut accepting, listening) = Accepting::new(address, most, sockets);
    std::thread::Builder::new().name("mcp-accept".to_owned()).spawn(move || {
        #[cfg(unix)]
        let waker = std::task::Waker::from(call.clone());
        #[cfg(not(unix))]
        let waker = crate::park::waker();
        while Pin::new(&mut accepting).poll(&mut Context::from_waker(&waker)).is_pending() {
            let sockets = accepting.acceptor();
            #[cfg(unix)]
            sockets.wait(&call);
            #[cfg(not(unix))]
            sockets.wait();
        }
    })?;
    Ok(listening)
}

type Transport = <TcpStream as IntoTransport>::Transport;

/// A listener, and what its connections share.
struct Sockets {
    /// Gone once it is closed.
    socket: Option<Socket>,
    service: Service,
    /// Waits for a connection.
    accepts: bool,
    /// Waits for that time.
    until: Option<Time>,
}

impl Sockets {
    /// Waits for what was said to be waited for, or for a call.
    #[cfg(unix)]
    fn wait(&mut self, call: &Bell) {
        let until = self.until.take();
        let accepts = std::mem::take(&mut self.accepts);
        let socket = self.socket.as_ref().filter(|_| accepts);
        let waited = match socket {
            None => wait_readable(call, None::<&std::net::TcpListener>, until),
            Some(Socket::Tcp(listener)) => wait_readable(call, Some(listener), until),
            Some(Socket::Unix(bound)) => wait_readable(call, Some(&bound.listener), until),
        };
        if waited.is_err() {
            // Out of memory, perhaps. It must not become a busy loop.
            std::thread::park_timeout(AcceptErrors::FIRST_PAUSE);
        }
    }

    /// Where a socket can't be waited for together with something else, it is looked at now and then.
    #[cfg(not(unix))]
    fn wait(&mut self) {
        const LOOK: std::time::Duration = std::time::Duration::from_millis(20);
        let left = self.until.take().map(|until| until.since(mcp_os::clock::now()));
        let look = std::mem::take(&mut self.accepts).then_some(LOOK);
        match [left, look].into_iter().flatten().min() {
            Some(time) => std::thread::park_timeout(time),
            None => std::thread::park(),
        }
    }
}

impl Acceptor for Sockets {
    type Stream = Transport;

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Transport>> {
        let accepted = match &self.socket {
            None => return Poll::Pending,
            Some(Socket::Tcp(listener)) => listener.accept().map(|(stream, _)| stream.into_transport()),
            #[cfg(unix)]
            Some(Socket::Unix(bound)) => bound.listener.accept().map(|(stream, _)| stream.into_transport()),
        };
        match accepted {
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                self.accepts = true;
                Poll::Pending
            }
            accepted => Poll::Ready(accepted.flatten()),
        }
    }

    fn serve(&mut self, transport: Transport, connections: &Arc<Connections>) -> io::Result<()> {
        let (served, serving) = Served::new(self.service.clone(), transport);
        let place = connections.add(serving);
        served.add_thread()?;
        served.keep(place);
        Ok(())
    }

    fn poll_sleep(&mut self, _: &mut Context<'_>, until: Time) -> Poll<()> {
        if mcp_os::clock::now() >= until {
            return Poll::Ready(());
        }
        self.until = Some(until);
        Poll::Pending
    }

    fn close(&mut self) {
        self.socket = None;
    }
}
