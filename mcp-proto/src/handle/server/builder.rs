//! The definition of a server: one for every adapter and both eras.

use super::arguments::arguments;
use super::catalog::{Catalog, Entry, LocalCatalog};
use super::context::Cx;
use super::handler::{LocalFuture, RawHandler, Run, ToolHandler};
use super::outcome::IntoToolResult;
use super::tool::Tool;
use crate::limits::{Limits, Timeouts};
use crate::model::{Implementation, ListCapability, Revision, ServerCapabilities};
use crate::server::Config;
use crate::tap::Tap;
use crate::time::Clock;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// A server to be served, on any adapter, to clients of both eras at once.
pub struct Server<S = ()> {
    identity: Implementation,
    capabilities: Option<ServerCapabilities>,
    instructions: Option<String>,
    revisions: Vec<Revision>,
    limits: Limits,
    timeouts: Timeouts,
    tap: Option<Tap>,
    state_key: Option<[u8; 32]>,
    state: Arc<S>,
    catalog: Catalog,
}

impl Server {
    /// A server of that name and version that offers nothing yet.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            identity: Implementation::new(name, version),
            capabilities: None,
            instructions: None,
            revisions: Revision::SPOKEN.to_vec(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            tap: None,
            state_key: None,
            state: Arc::new(()),
            catalog: Catalog::default(),
        }
    }

    /// Gives handlers something of the program's own: [`Cx::state`]. Handlers added before keep `()`.
    pub fn state<S: Send + Sync + 'static>(self, state: S) -> Server<S> {
        let Self { identity, capabilities, instructions, revisions, limits, timeouts, tap, state_key, catalog, .. } =
            self;
        let state = Arc::new(state);
        Server { identity, capabilities, instructions, revisions, limits, timeouts, tap, state_key, state, catalog }
    }
}

impl<S: Send + Sync + 'static> Server<S> {
    /// Offers a tool. The handler takes typed arguments and a [`Cx`], and is any of
    ///
    /// - a plain closure or `fn`: it runs on the thread that read the call;
    /// - an async closure (`async |args: Args, cx: Cx<App>| …`) that captures nothing, or an `async fn`;
    /// - a closure that captures and returns an `async move` block.
    ///
    /// ```
    /// use mcp_proto::handle::server::{Cx, Failure, Server, Tool};
    /// use std::sync::Arc;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct City {
    ///     name: String,
    /// }
    ///
    /// async fn rain(city: City, _cx: Cx) -> Result<String, Failure> {
    ///     Ok(format!("it rains in {}", city.name))
    /// }
    ///
    /// let climate = Arc::new("mild");
    /// let server = Server::new("weather", "1.0.0")
    ///     .tool(Tool::new("sun"), |city: City, _cx: Cx| format!("the sun shines in {}", city.name))
    ///     .tool(Tool::new("wind"), async |city: City, _cx: Cx| format!("{} is windy", city.name))
    ///     .tool(Tool::new("rain"), rain)
    ///     .tool(Tool::new("climate"), move |_city: City, _cx: Cx| {
    ///         let climate = climate.clone();
    ///         async move { climate.to_string() }
    ///     });
    /// ```
    ///
    /// Arguments that do not parse are answered with -32602 and never reach it. A second tool of the same
    /// name takes the place of the first.
    #[must_use]
    pub fn tool<A, M, H>(mut self, tool: Tool, handler: H) -> Self
    where
        A: DeserializeOwned,
        H: ToolHandler<A, S, M>,
    {
        let state = self.state.clone();
        let run = Box::new(move |call: Arc<super::context::CallContext>| match arguments(&call.request) {
            Ok(arguments) => handler.run(arguments, Cx::new(call, state.clone())),
            Err(answer) => Run::Ready(answer),
        });
        self.catalog.tools.insert(tool.listing.name.clone(), Entry::new(tool, run));
        self
    }

    /// Offers a tool whose futures stay on one thread. The server then runs only where one thread serves.
    pub fn local_tool<A, H, F>(self, tool: Tool, handler: H) -> LocalServer<S>
    where
        A: DeserializeOwned,
        H: Fn(A, Cx<S>) -> F + 'static,
        F: Future<Output: IntoToolResult> + 'static,
    {
        LocalServer { server: self, catalog: LocalCatalog::default() }.local_tool(tool, handler)
    }

    /// Handles whatever nothing else does, raw: for extensions and gateways. Its results are written as they
    /// are.
    #[must_use]
    pub fn fallback<M, H: RawHandler<S, M>>(mut self, handler: H) -> Self {
        let state = self.state.clone();
        self.catalog.fallback = Some(Box::new(move |call| {
            let request = call.request.clone();
            handler.run(request, Cx::new(call, state.clone()))
        }));
        self
    }

    /// What the server says it offers. Default: what it was given.
    #[must_use]
    pub fn capabilities(mut self, capabilities: ServerCapabilities) -> Self {
        self.capabilities = Some(capabilities);
        self
    }

    /// How to use it, for a model to read.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.instructions = Some(instructions.into());
        self
    }

    /// The revisions served, best first. Default: all this library speaks.
    #[must_use]
    pub fn revisions(mut self, revisions: impl Into<Vec<Revision>>) -> Self {
        self.revisions = revisions.into();
        self
    }

    /// Bounds on memory and work of each connection.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Bounds on waiting.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Shows every frame of each connection to `tap`, both ways.
    #[must_use]
    pub fn tap(mut self, tap: Tap) -> Self {
        self.tap = Some(tap);
        self
    }

    /// The key that authenticates what a client carries between rounds of questions. Default: random per
    /// process. Instances that answer each other's clients must share one.
    #[must_use]
    pub fn state_key(mut self, key: [u8; 32]) -> Self {
        self.state_key = Some(key);
        self
    }

    /// For drivers: the machine's configuration, and the offers.
    #[must_use]
    pub fn into_parts(self, clock: Clock, seed: [u8; 32]) -> (Arc<Config>, Catalog) {
        let offers = !self.catalog.tools.is_empty();
        (self.config(clock, seed, offers), self.catalog)
    }

    fn config(&self, clock: Clock, seed: [u8; 32], has_tools: bool) -> Arc<Config> {
        let mut config = Config::new(self.identity.clone(), clock, self.state_key.unwrap_or(seed));
        config.capabilities = self.capabilities.clone().unwrap_or_else(|| {
            let mut capabilities = ServerCapabilities::new();
            capabilities.tools = has_tools.then(ListCapability::new);
            capabilities
        });
        config.instructions = self.instructions.clone();
        config.revisions = self.revisions.clone();
        config.limits = self.limits.clone();
        config.timeouts = self.timeouts.clone();
        config.tap = self.tap.clone();
        Arc::new(config)
    }
}

impl<S> fmt::Debug for Server<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tools: Vec<&String> = self.catalog.tools.keys().collect();
        f.debug_struct("Server").field("identity", &self.identity).field("tools", &tools).finish_non_exhaustive()
    }
}

/// A server some of whose handlers stay on one thread.
pub struct LocalServer<S = ()> {
    server: Server<S>,
    catalog: LocalCatalog,
}

impl<S: Send + Sync + 'static> LocalServer<S> {
    /// As [`Server::local_tool`].
    #[must_use]
    pub fn local_tool<A, H, F>(mut self, tool: Tool, handler: H) -> Self
    where
        A: DeserializeOwned,
        H: Fn(A, Cx<S>) -> F + 'static,
        F: Future<Output: IntoToolResult> + 'static,
    {
        let state = self.server.state.clone();
        let run = Box::new(move |call: Arc<super::context::CallContext>| match arguments(&call.request) {
            Ok(arguments) => {
                let future = handler(arguments, Cx::new(call, state.clone()));
                Run::Task(Box::pin(async move { future.await.into_answer() }) as LocalFuture)
            }
            Err(answer) => Run::Ready(answer),
        });
        self.catalog.tools.insert(tool.listing.name.clone(), Entry::new(tool, run));
        self
    }

    /// For drivers: the machine's configuration, and the offers.
    #[must_use]
    pub fn into_parts(mut self, clock: Clock, seed: [u8; 32]) -> (Arc<Config>, LocalCatalog) {
        let config = self.server.config(clock, seed, true);
        self.catalog.shared = self.server.catalog;
        (config, self.catalog)
    }
}

impl<S> fmt::Debug for LocalServer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalServer").field("server", &self.server).finish_non_exhaustive()
    }
}
