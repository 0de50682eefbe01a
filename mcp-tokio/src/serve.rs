//! Serving and connecting over any duplex stream.

use crate::TokioLink;
use mcp_proto::handle::Link;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Caller, Executor, LocalServer, Server, ServerDriver, Serving};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};

/// Serves one connection on a task of its own. Handlers that are not ready at once become tasks.
///
/// # Errors
/// The operating system gave no randomness.
///
/// # Panics
/// Outside a tokio runtime.
pub fn serve<S, T>(server: Server<S>, stream: T) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    serve_link(server, TokioLink::new(stream), None)
}

/// As [`serve`], for a client whom the program knows: its handlers find out who it is.
///
/// # Errors
/// As [`serve`].
///
/// # Panics
/// Outside a tokio runtime.
pub fn serve_caller<S, T>(server: Server<S>, stream: T, caller: Caller) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    serve_link(server, TokioLink::new(stream), Some(Arc::new(caller)))
}

/// Where handlers go that wait: onto this runtime.
pub(crate) fn executor() -> Executor {
    let runtime = tokio::runtime::Handle::current();
    let spawn = Arc::new(move |task| drop(runtime.spawn(task)));
    Executor { spawn, spawn_blocking: |run| drop(tokio::task::spawn_blocking(run)) }
}

pub(crate) fn serve_link<S, L>(server: Server<S>, link: L, caller: Option<Arc<Caller>>) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    L: Link + Send + Unpin + 'static,
{
    let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
    let (driver, serving) = ServerDriver::new(config, catalog, link, caller);
    tokio::spawn(driver.spawning(executor()));
    Ok(serving)
}

/// As [`serve`], for a server whose handlers stay on one thread ([`Server::local`]): on a local task.
///
/// # Errors
/// As [`serve`].
///
/// # Panics
/// Outside a `LocalSet` or local runtime.
pub fn serve_local<S, T>(server: LocalServer<S>, stream: T) -> io::Result<Serving>
where
    S: Send + Sync + 'static,
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (config, catalog) = server.into_parts(mcp_os::clock::clock(), mcp_os::seed()?);
    let (driver, serving) = ServerDriver::new(config, catalog, TokioLink::new(stream), None);
    tokio::task::spawn_local(driver);
    Ok(serving)
}

/// Connects over any duplex stream; the connection is driven by a task of its own.
///
/// # Panics
/// Outside a tokio runtime.
pub fn connect<T>(client: ClientBuilder, stream: T) -> Client
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    connect_link(client, TokioLink::new(stream))
}

pub(crate) fn connect_link(client: ClientBuilder, link: impl Link + Send + Unpin + 'static) -> Client {
    let (driver, client) = ClientDriver::new(client, link);
    tokio::spawn(driver);
    client
}

/// Two ends of a stream in memory, to serve on one and connect over the other.
#[must_use]
pub fn pair() -> (DuplexStream, DuplexStream) {
    tokio::io::duplex(64 * 1024)
}
