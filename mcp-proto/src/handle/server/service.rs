//! What the connections of one listener share, where each is driven by a task of its own.

use super::{Catalog, Connections, Server, ServerDriver, Spawn};
use crate::handle::Link;
use crate::server::Config;
use crate::time::Clock;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// A server for many connections. For adapters whose runtime has tasks.
pub struct Service {
    config: Arc<Config>,
    catalog: Arc<Catalog>,
    spawn: Spawn,
}

impl Service {
    /// `clock` and `seed` as [`Server::into_parts`] takes them. Handlers that wait are put on the executor by `spawn`.
    #[must_use]
    pub fn new<S: Send + Sync + 'static>(server: Server<S>, clock: Clock, seed: [u8; 32], spawn: Spawn) -> Self {
        let (config, catalog) = server.into_parts(clock, seed);
        Self { config, catalog: Arc::new(catalog), spawn }
    }

    /// What puts a future on the executor.
    #[must_use]
    pub fn spawn(&self) -> &Spawn {
        &self.spawn
    }

    /// One more connection, which counts among `connections` until the future is done or dropped. It goes on while it
    /// is polled.
    #[must_use = "it serves only while it is polled"]
    pub fn connection<L: Link + Send + Unpin + 'static>(
        &self,
        link: L,
        connections: &Arc<Connections>,
    ) -> impl Future<Output = ()> + Send + use<L> {
        let (driver, serving) = ServerDriver::<Catalog, L>::new(self.config.clone(), self.catalog.clone(), link);
        let driver = driver.spawning(self.spawn.clone());
        connections.add(serving).of(driver)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("config", &self.config).finish_non_exhaustive()
    }
}
