//! Serving and connecting over any duplex stream.

use crate::{Halves, SmolLink};
use futures_io::{AsyncRead, AsyncWrite};
use mcp_proto::error::Closed;
use mcp_proto::handle::Link;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Caller, Catalog, Executor, LocalServer, OneThread, Server, ServerDriver, Serving};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// What a spawn hook is given to run.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Serves one connection on a task of its own. Handlers that are not ready at once become tasks.
///
/// # Errors
/// The operating system gave no randomness.
pub fn serve<S, T>(server: Server<S>, stream: T, spawn: impl Fn(Task) + Send + Sync + 'static) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    serve_known(server, stream, spawn, None)
}

/// As [`serve`], for a client whom the program knows: its handlers find out who it is.
///
/// # Errors
/// As [`serve`].
pub fn serve_caller<S, T>(
    server: Server<S>,
    stream: T,
    caller: Caller,
    spawn: impl Fn(Task) + Send + Sync + 'static,
) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    serve_known(server, stream, spawn, Some(Arc::new(caller)))
}

fn serve_known<S, T>(
    server: Server<S>,
    stream: T,
    spawn: impl Fn(Task) + Send + Sync + 'static,
    caller: Option<Arc<Caller>>,
) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let executor = executor(spawn);
    let (driver, serving) = server_driver(server, SmolLink::new(stream), executor.clone(), caller)?;
    (executor.spawn)(Box::pin(async move { drop(driver.await) }));
    Ok(serving)
}

/// Where handlers go that wait: to the user's executor, or a pool of threads if they block.
pub(crate) fn executor(spawn: impl Fn(Task) + Send + Sync + 'static) -> Executor {
    Executor { spawn: Arc::new(spawn), spawn_blocking: |run| blocking::unblock(run).detach() }
}

/// A server's driver that still has to be run.
pub(crate) fn server_driver<S, L>(
    server: Server<S>,
    link: L,
    executor: Executor,
    caller: Option<Arc<Caller>>,
) -> io::Result<(ServerDriver<Catalog, L>, Serving)>
where
    S: Send + Sync + 'static,
    L: Link + Send + 'static,
{
    let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
    let (driver, serving) = ServerDriver::new(config, catalog, link, caller);
    Ok((driver.spawning(executor), serving))
}

/// As [`serve`], for a server whose handlers stay on one thread ([`Server::local`]): whoever awaits what is returned
/// drives it, handlers and all. It can be spawned on a `LocalExecutor`, too.
///
/// # Errors
/// As [`serve`].
pub fn serve_local<S, T>(server: LocalServer<S>, stream: T) -> io::Result<LocalServing<T>>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
    let (driver, serving) = ServerDriver::new(config, catalog, SmolLink::new(stream), None);
    Ok(LocalServing { driver, serving })
}

/// A connection being served on one thread. It goes on while it is awaited; that gives the reason it ended.
/// Dropping it drops the connection.
#[derive(Debug)]
#[must_use = "it serves only while it is awaited"]
pub struct LocalServing<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> {
    driver: ServerDriver<Catalog<OneThread>, SmolLink<T>>,
    serving: Serving,
}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> LocalServing<T> {
    /// The handle, for shutting down from elsewhere.
    #[must_use]
    pub fn handle(&self) -> Serving {
        self.serving.clone()
    }
}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Future for LocalServing<T> {
    type Output = Closed;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Closed> {
        Pin::new(&mut self.driver).poll(cx)
    }
}

/// Connects over any duplex stream; the connection is driven by a task of its own.
pub fn connect<T>(client: ClientBuilder, stream: T, spawn: impl FnOnce(Task)) -> Client
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    connect_link(client, SmolLink::new(stream), spawn)
}

pub(crate) fn connect_link(
    client: ClientBuilder,
    link: impl Link + Send + Unpin + 'static,
    spawn: impl FnOnce(Task),
) -> Client {
    let (driver, client) = ClientDriver::new(client, link);
    spawn(Box::pin(async move { drop(driver.await) }));
    client
}

/// Two ends of a stream in memory, to serve on one and connect over the other.
#[must_use]
pub fn pair()
-> (impl AsyncRead + AsyncWrite + Send + Unpin + 'static, impl AsyncRead + AsyncWrite + Send + Unpin + 'static) {
    const CAPACITY: usize = 64 * 1024;
    let (read_here, write_there) = piper::pipe(CAPACITY);
    let (read_there, write_here) = piper::pipe(CAPACITY);
    (Halves { read: read_here, write: write_here }, Halves { read: read_there, write: write_there })
}
