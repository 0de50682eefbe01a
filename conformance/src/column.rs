//! The adapters, each a column of the matrix.

use crate::fixture::Fixture;
use mcp_blocking::{IntoTransport as _, Replaceable};
use mcp_proto::error::Fault;
use mcp_proto::handle::Link;
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::server::{Server, Serving};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// An adapter and its runtime.
pub trait Column: Send + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Serves one connection.
    ///
    /// # Errors
    /// The adapter could not start.
    fn serve(&self, server: Server<Fixture>, stream: UnixStream) -> io::Result<Serving>;

    /// Connects.
    ///
    /// # Errors
    /// The adapter could not start.
    fn connect(&self, client: ClientBuilder, stream: UnixStream) -> io::Result<Client>;

    /// Connects to a server that can be reached anew.
    ///
    /// # Errors
    /// The adapter could not start.
    fn connect_anew(&self, client: ClientBuilder, stream: UnixStream, fresh: Fresh) -> io::Result<Client>;
}

/// Makes another stream to the same server.
pub type Fresh = Box<dyn Fn() -> io::Result<UnixStream> + Send + Sync>;

/// A driver whose stream can be replaced, for adapters that are links.
fn reopening<L: Link + Send + Unpin + 'static>(
    client: ClientBuilder,
    stream: UnixStream,
    fresh: Fresh,
    link: impl Fn(UnixStream) -> io::Result<L> + Send + 'static,
) -> io::Result<(ClientDriver<L>, Client)> {
    let first = link(stream)?;
    let fresh = move || fresh().and_then(&link).map_err(|e| Fault::Broken(e.to_string()));
    Ok(ClientDriver::reopening(client, first, Box::new(fresh)))
}

/// The columns with a runtime, in order.
///
/// # Errors
/// A runtime could not start.
pub fn columns() -> io::Result<Vec<Arc<dyn Column>>> {
    Ok(vec![Arc::new(Tokio::new()?), Arc::new(Smol), Arc::new(AsyncStd), Arc::new(Blocking)])
}

/// Clients of one adapter on servers of another.
pub struct Across {
    /// Whose clients.
    pub clients: Arc<dyn Column>,
    /// Whose servers.
    pub servers: Arc<dyn Column>,
}

impl Column for Across {
    fn name(&self) -> &'static str {
        "across"
    }

    fn serve(&self, server: Server<Fixture>, stream: UnixStream) -> io::Result<Serving> {
        self.servers.serve(server, stream)
    }

    fn connect(&self, client: ClientBuilder, stream: UnixStream) -> io::Result<Client> {
        self.clients.connect(client, stream)
    }

    fn connect_anew(&self, client: ClientBuilder, stream: UnixStream, fresh: Fresh) -> io::Result<Client> {
        self.clients.connect_anew(client, stream, fresh)
    }
}

struct Tokio(tokio::runtime::Runtime);

impl Tokio {
    fn new() -> io::Result<Self> {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map(Self)
    }

    fn stream(stream: UnixStream) -> io::Result<tokio::net::UnixStream> {
        stream.set_nonblocking(true)?;
        tokio::net::UnixStream::from_std(stream)
    }
}

impl Column for Tokio {
    fn name(&self) -> &'static str {
        "tokio"
    }

    fn serve(&self, server: Server<Fixture>, stream: UnixStream) -> io::Result<Serving> {
        let _inside = self.0.enter();
        mcp_tokio::serve(server, Self::stream(stream)?)
    }

    fn connect(&self, client: ClientBuilder, stream: UnixStream) -> io::Result<Client> {
        let _inside = self.0.enter();
        Ok(mcp_tokio::connect(client, Self::stream(stream)?))
    }

    fn connect_anew(&self, client: ClientBuilder, stream: UnixStream, fresh: Fresh) -> io::Result<Client> {
        let _inside = self.0.enter();
        let link = |stream| Ok(mcp_tokio::TokioLink::new(Self::stream(stream)?));
        let (driver, client) = reopening(client, stream, fresh, link)?;
        tokio::spawn(driver);
        Ok(client)
    }
}

struct Smol;

impl Column for Smol {
    fn name(&self) -> &'static str {
        "smol"
    }

    fn serve(&self, server: Server<Fixture>, stream: UnixStream) -> io::Result<Serving> {
        mcp_smol::serve(server, async_io::Async::new(stream)?, |task| smol::spawn(task).detach())
    }

    fn connect(&self, client: ClientBuilder, stream: UnixStream) -> io::Result<Client> {
        Ok(mcp_smol::connect(client, async_io::Async::new(stream)?, |task| smol::spawn(task).detach()))
    }

    fn connect_anew(&self, client: ClientBuilder, stream: UnixStream, fresh: Fresh) -> io::Result<Client> {
        let link = |stream| Ok(mcp_smol::SmolLink::new(async_io::Async::new(stream)?));
        let (driver, client) = reopening(client, stream, fresh, link)?;
        smol::spawn(driver).detach();
        Ok(client)
    }
}

/// The adapter of smol under async-std's executor and over its streams.
struct AsyncStd;

impl AsyncStd {
    fn stream(stream: UnixStream) -> io::Result<async_std::os::unix::net::UnixStream> {
        stream.set_nonblocking(true)?;
        Ok(stream.into())
    }
}

impl Column for AsyncStd {
    fn name(&self) -> &'static str {
        "async-std"
    }

    fn serve(&self, server: Server<Fixture>, stream: UnixStream) -> io::Result<Serving> {
        mcp_smol::serve(server, Self::stream(stream)?, |task| drop(async_std::task::spawn(task)))
    }

    fn connect(&self, client: ClientBuilder, stream: UnixStream) -> io::Result<Client> {
        Ok(mcp_smol::connect(client, Self::stream(stream)?, |task| drop(async_std::task::spawn(task))))
    }

    fn connect_anew(&self, client: ClientBuilder, stream: UnixStream, fresh: Fresh) -> io::Result<Client> {
        let link = |stream| Ok(mcp_smol::SmolLink::new(Self::stream(stream)?));
        let (driver, client) = reopening(client, stream, fresh, link)?;
        drop(async_std::task::spawn(driver));
        Ok(client)
    }
}

struct Blocking;

impl Column for Blocking {
    fn name(&self) -> &'static str {
        "blocking"
    }

    fn serve(&self, server: Server<Fixture>, stream: UnixStream) -> io::Result<Serving> {
        mcp_blocking::serve(server, stream)
    }

    fn connect(&self, client: ClientBuilder, stream: UnixStream) -> io::Result<Client> {
        mcp_blocking::connect(client, stream)
    }

    fn connect_anew(&self, client: ClientBuilder, stream: UnixStream, fresh: Fresh) -> io::Result<Client> {
        let fresh = move || fresh()?.into_transport();
        mcp_blocking::connect(client.reopens(), Replaceable::new(stream.into_transport()?, fresh))
    }
}
