//! What the connections of one listener share, where each is driven by a task of its own.

use super::{Catalog, Connections, Executor, Server, ServerDriver};
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
    executor: Executor,
}

impl Service {
    /// `clock` and `seed` as [`Server::into_parts`] takes them. Handlers that wait go to the executor.
    #[must_use]
    pub fn new<S: Send + Sync + 'static>(server: Server<S>, clock: Clock, seed: [u8; 32], executor: Executor) -> Self {
        let (config, catalog) = server.into_parts(clock, seed);
        Self { config, catalog, executor }
    }

    /// Where handlers go that wait.
    #[must_use]
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// One more connection, which counts among `connections` until the future is done or dropped. It goes on while it
    /// is polled.
    #[must_use = "it serves only while it is polled"]
    pub fn connection<L: Link + Send + Unpin + 'static>(
        &self,
        link: L,
        connections: &Arc<Connections>,
    ) -> impl Future<Output = ()> + Send + use<L> {
        let (driver, serving) = ServerDriver::<Catalog, L>::new(self.config.clone(), self.catalog.clone(), link, None);
        let driver = driver.spawning(self.executor.clone());
        connections.add(serving).of(driver)
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("config", &self.config).finish_non_exhaustive()
    }
}
