//! Serving and connecting over any duplex stream.

use crate::{Halves, SmolLink};
use futures_io::{AsyncRead, AsyncWrite};
use mcp_proto::error::Closed;
use mcp_proto::handle::Link;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Catalog, LocalCatalog, LocalServer, Server, ServerDriver, Serving};
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
    let spawn = Arc::new(spawn);
    let (driver, serving) = server_driver(server, SmolLink::new(stream), spawn.clone())?;
    spawn(Box::pin(async move { drop(driver.await) }));
    Ok(serving)
}

/// A server's driver that still has to be run.
pub(crate) fn server_driver<S, L>(
    server: Server<S>,
    link: L,
    spawn: Arc<impl Fn(Task) + Send + Sync + 'static>,
) -> io::Result<(ServerDriver<Catalog, L>, Serving)>
where
    S: Send + Sync + 'static,
    L: Link + Send + 'static,
{
    let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
    let (driver, serving) = ServerDriver::new(config, Arc::new(catalog), link);
    Ok((driver.spawning(spawn), serving))
}

/// As [`serve`], for a server with handlers that stay on one thread: whoever awaits what is returned drives it,
/// handlers and all. It can be spawned on a `LocalExecutor`, too.
///
/// # Errors
/// As [`serve`].
pub fn serve_local<S, T>(server: LocalServer<S>, stream: T) -> io::Result<LocalServing<T>>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
    #[expect(clippy::arc_with_non_send_sync, reason = "the driver takes catalogs of both kinds")]
    let catalog = Arc::new(catalog);
    let (driver, serving) = ServerDriver::new(config, catalog, SmolLink::new(stream));
    Ok(LocalServing { driver, serving })
}

/// A connection being served on one thread. It goes on while it is awaited; that gives the reason it ended.
/// Dropping it drops the connection.
#[derive(Debug)]
#[must_use = "it serves only while it is awaited"]
pub struct LocalServing<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> {
    driver: ServerDriver<LocalCatalog, SmolLink<T>>,
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
