//! The definition of a server: one for every adapter and both eras.

use super::affinity::{Affinity, AnyThread, OneThread};
use super::catalog::{Catalog, Table};
use super::completing::Completing;
use super::handler::Handler;
use super::middleware::Middleware;
use super::offer::{Prompt, Resource, ResourceTemplate, Tool};
use super::offers::Offers;
use super::outcome::Any;
use crate::limits::{Limits, Timeouts};
use crate::model::{
    CacheHint, CallTool, Complete, Extensions, Extra, GetPrompt, Implementation, ListCapability, ReadResource,
    Reference, ResourcesCapability, Revision, ServerCapabilities,
};
use crate::rpc::Raw;
use crate::server::{Config, Request};
use crate::tap::Tap;
use crate::time::Clock;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;

/// A server to be served to clients of both eras at once: on any adapter, or one whose handlers stay on one thread
/// ([`Server::local`]).
///
/// Handlers take typed arguments and a [`Cx`](super::Cx), and are any of
///
/// - a plain closure or `fn`: it runs on the thread that read the call, or where the offer says
///   ([`Tool::spawned`], [`Tool::blocking`]);
/// - an async closure (`async |args: Args, cx: Cx<App>| …`) that captures nothing, or an `async fn`;
/// - a closure that captures and returns an `async move` block.
///
/// What they may return is listed at [`IntoAnswer`](super::IntoAnswer).
///
/// ```
/// use mcp_proto::handle::server::{Completing, Cx, Failure, Prompt, Resource, ResourceTemplate, Server, Tool};
/// use mcp_proto::model::Reference;
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
///     })
///     .resource(Resource::new("weather://stations", "stations"), |_uri: String, _cx: Cx| "Oslo, Bergen")
///     .resource_template(
///         ResourceTemplate::new("weather://{name}/now", "now")?.mime_type("text/plain"),
///         async |city: City, _cx: Cx| format!("{}: 12 degrees", city.name),
///     )
///     .prompt(Prompt::new("pack").required("name", "Where to"), |city: City, _cx: Cx| {
///         format!("What should I pack for {}?", city.name)
///     })
///     .completion(Reference::prompt("pack"), "name", |so_far: Completing, _cx: Cx| {
///         ["Oslo", "Bergen"].into_iter().filter(|city| city.starts_with(&so_far.value)).collect::<Vec<_>>()
///     });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Server<S = (), T: Affinity = AnyThread> {
    about: Definition,
    catalog: Arc<Catalog<T>>,
    offers: Offers<S, T>,
}

/// What a server is, but for its offers.
struct Definition {
    identity: Implementation,
    capabilities: Option<ServerCapabilities>,
    instructions: Option<String>,
    revisions: Vec<Revision>,
    limits: Limits,
    timeouts: Timeouts,
    tap: Option<Tap>,
    state_key: Option<[u8; 32]>,
    logging: bool,
    extensions: Option<Extensions>,
    raw_subscriptions: bool,
}

/// A server whose handlers stay on one thread.
pub type LocalServer<S = ()> = Server<S, OneThread>;

impl Server {
    /// A server of that name and version that offers nothing yet.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::of(Implementation::new(name, version))
    }
}

impl Server<(), OneThread> {
    /// As [`Server::new`], for handlers that stay on the thread that serves: they and their futures may hold what
    /// can't be sent to another. It runs only where one thread serves.
    ///
    /// ```
    /// use mcp_proto::handle::server::{Cx, Server, Tool};
    /// use std::{cell::Cell, rc::Rc};
    ///
    /// let count = Rc::new(Cell::new(0));
    /// let server = Server::local("counter", "1.0").tool(Tool::new("count"), move |_: serde_json::Value, _: Cx| {
    ///     let count = count.clone();
    ///     async move {
    ///         count.set(count.get() + 1);
    ///         count.get().to_string()
    ///     }
    /// });
    /// ```
    pub fn local(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self::of(Implementation::new(name, version))
    }
}

impl<T: Affinity> Server<(), T> {
    fn of(identity: Implementation) -> Self {
        let about = Definition {
            identity,
            capabilities: None,
            instructions: None,
            revisions: Revision::SPOKEN.to_vec(),
            limits: Limits::default(),
            timeouts: Timeouts::default(),
            tap: None,
            state_key: None,
            logging: false,
            extensions: None,
            raw_subscriptions: false,
        };
        #[allow(clippy::arc_with_non_send_sync, reason = "one kind of catalog for handlers of any thread and of one")]
        let catalog = Arc::default();
        let offers = Offers::new(&catalog, ());
        Self { about, catalog, offers }
    }

    /// Gives handlers something of the program's own: [`Cx::state`](super::Cx::state). Handlers added before keep `()`.
    pub fn state<S>(self, state: S) -> Server<S, T> {
        let offers = Offers::new(&self.catalog, state);
        Server { about: self.about, catalog: self.catalog, offers }
    }
}

impl<S: 'static, T: Affinity> Server<S, T> {
    /// Offers a tool. A second one of the same name takes the place of the first.
    ///
    /// Arguments that do not parse never reach the handler: the answer names the place and what is wrong with it, for
    /// the model to mend (2025-11-25 and later, tools: error handling) or as invalid params (-32602, before).
    #[must_use]
    pub fn tool<A, M, H>(self, tool: Tool, handler: H) -> Self
    where
        A: DeserializeOwned + 'static,
        H: Handler<CallTool, A, S, M, T>,
    {
        self.offers.add_tool(tool, handler);
        self
    }

    /// Offers a resource. Its handler gets the URI.
    #[must_use]
    pub fn resource<M, H>(self, resource: Resource, handler: H) -> Self
    where
        H: Handler<ReadResource, String, S, M, T>,
    {
        self.offers.add_resource(resource, handler);
        self
    }

    /// Offers a family of resources. Its handler gets the variables of the template, typed: they are texts, and what is
    /// wanted as a number or a boolean is read out of them. It answers `None` where there is no such resource. A
    /// resource of the same URI comes first; of several templates that fit, the first in the order of their texts.
    #[must_use]
    pub fn resource_template<A, M, H>(self, template: ResourceTemplate, handler: H) -> Self
    where
        A: DeserializeOwned + 'static,
        H: Handler<ReadResource, A, S, M, T>,
    {
        self.offers.add_resource_template(template, handler);
        self
    }

    /// Offers a prompt. Its arguments are texts; what is wanted as a number or a boolean is read out of them. Arguments
    /// that do not parse are answered with -32602.
    #[must_use]
    pub fn prompt<A, M, H>(self, prompt: Prompt, handler: H) -> Self
    where
        A: DeserializeOwned + 'static,
        H: Handler<GetPrompt, A, S, M, T>,
    {
        self.offers.add_prompt(prompt, handler);
        self
    }

    /// Completes an argument of a prompt, or a variable of a resource template, while it is typed. Clients get the
    /// first 100 values (since 2024-11-05), and are told how many there are.
    #[must_use]
    pub fn completion<M, H>(self, of: Reference, argument: impl Into<String>, handler: H) -> Self
    where
        H: Handler<Complete, Completing, S, M, T>,
    {
        self.offers.add_completion(&of, argument, handler);
        self
    }

    /// Handles a method the specification does not have: of an extension, or of one's own. Its parameters come typed
    /// (`_meta` is among them), its result goes out as [`Json`](super::Json), [`Raw`](crate::rpc::Raw) or
    /// [`Answer`](crate::server::Answer).
    #[must_use]
    pub fn method<A, M, H>(self, name: impl Into<String>, handler: H) -> Self
    where
        A: DeserializeOwned + 'static,
        H: Handler<Any, A, S, M, T>,
    {
        self.offers.add_method(name, handler);
        self
    }

    /// Handles whatever nothing else does, raw: for gateways. Its results are written as they are.
    #[must_use]
    pub fn fallback<M, H>(self, handler: H) -> Self
    where
        H: Handler<Any, Arc<Request>, S, M, T>,
    {
        self.offers.fallback(handler);
        self
    }

    /// Puts middleware around every call that a handler or the catalog answers: it sees method, parameters and metadata
    /// as they came ([`Cx::request`](super::Cx::request)), and may refuse, delay, measure or change the answer. The
    /// first one added is the outermost. What the core answers itself (`initialize`, `ping`, `server/discover`,
    /// subscriptions) does not come by.
    ///
    /// ```
    /// use mcp_proto::handle::server::{Cx, Failure, Next, Server};
    ///
    /// let server = Server::new("guarded", "1.0").wrap(async |cx: Cx, next: Next| {
    ///     if cx.principal() != Some("ann") {
    ///         return Err(Failure::invalid_params("you are not Ann"));
    ///     }
    ///     Ok(next.run().await)
    /// });
    /// ```
    #[must_use]
    pub fn wrap<M, W: Middleware<S, M, T>>(self, middleware: W) -> Self {
        self.offers.wrap(middleware);
        self
    }
}

impl<S, T: Affinity> Server<S, T> {
    /// What is offered, to be added to and taken from while it is served. Clients are told if the server is
    /// [`changing`](Self::changing).
    #[must_use]
    pub fn offers(&self) -> Offers<S, T> {
        self.offers.clone()
    }

    /// Says that the lists of tools, resources and prompts may change, and that resources tell when they do: clients
    /// may subscribe. The lists are then offered also while they are empty.
    #[must_use]
    pub fn changing(self) -> Self {
        self.catalog.write().changing = true;
        self
    }

    /// Says that handlers log ([`Cx::log`](super::Cx::log)).
    #[must_use]
    pub fn logging(mut self) -> Self {
        self.about.logging = true;
        self
    }

    /// Declares an extension (2026-07-28), with its settings: an object, often an empty one. What it brings is to be
    /// used only with clients that have it too: [`Cx::client_capabilities`](super::Cx::client_capabilities).
    #[must_use]
    pub fn extension(mut self, name: impl Into<String>, settings: Raw) -> Self {
        self.about.extensions = Some(self.about.extensions.unwrap_or_default().with(name, settings));
        self
    }

    /// Entries of a page of a list, at least one. Default: 1000.
    #[must_use]
    pub fn page_size(self, entries: usize) -> Self {
        self.catalog.write().page = entries;
        self
    }

    /// How long the lists and `server/discover` may be kept, and by whom (2026-07-28, caching). Default: not at all.
    #[must_use]
    pub fn cache(self, hint: CacheHint) -> Self {
        self.catalog.write().cache = hint;
        self
    }

    /// What the server says it offers. Default: what it was given.
    #[must_use]
    pub fn capabilities(mut self, capabilities: ServerCapabilities) -> Self {
        self.about.capabilities = Some(capabilities);
        self
    }

    /// How to use it, for a model to read.
    #[must_use]
    pub fn instructions(mut self, instructions: impl Into<String>) -> Self {
        self.about.instructions = Some(instructions.into());
        self
    }

    /// Everything the server says of itself: title, icons, web page, beside name and version.
    #[must_use]
    pub fn identity(mut self, identity: Implementation) -> Self {
        self.about.identity = identity;
        self
    }

    /// The revisions served, best first. Default: all this library speaks.
    #[must_use]
    pub fn revisions(mut self, revisions: impl Into<Vec<Revision>>) -> Self {
        self.about.revisions = revisions.into();
        self
    }

    /// Bounds on memory and work of each connection.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.about.limits = limits;
        self
    }

    /// Bounds on waiting.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.about.timeouts = timeouts;
        self
    }

    /// Shows every frame of each connection to `tap`, both ways.
    #[must_use]
    pub fn tap(mut self, tap: Tap) -> Self {
        self.about.tap = Some(tap);
        self
    }

    /// The key that authenticates what a client carries between rounds of questions. Default: random per
    /// process. Instances that answer each other's clients must share one: without it, a call that asked one of them
    /// is refused by the others, and has to be made anew.
    #[must_use]
    pub fn state_key(mut self, key: [u8; 32]) -> Self {
        self.about.state_key = Some(key);
        self
    }

    /// Subscriptions come to the [`fallback`](Self::fallback) as they are, for gateways
    /// ([`Config::raw_subscriptions`]).
    #[must_use]
    pub fn raw_subscriptions(mut self) -> Self {
        self.about.raw_subscriptions = true;
        self
    }

    /// For drivers: the machine's configuration, and the offers.
    #[must_use]
    pub fn into_parts(self, clock: Clock, seed: [u8; 32]) -> (Arc<Config>, Arc<Catalog<T>>) {
        let Self { about, catalog, .. } = self;
        let mut config = Config::new(about.identity, clock, about.state_key.unwrap_or(seed));
        let table = catalog.read();
        config.capabilities = about.capabilities.unwrap_or_else(|| {
            let mut declared = declared(&table);
            declared.logging = about.logging.then(Extra::new);
            declared.extensions = about.extensions;
            declared
        });
        config.discover_cache = table.cache.clone();
        drop(table);
        config.instructions = about.instructions;
        config.revisions = about.revisions;
        config.limits = about.limits;
        config.timeouts = about.timeouts;
        config.tap = about.tap;
        config.raw_subscriptions = about.raw_subscriptions;
        (Arc::new(config), catalog)
    }
}

/// What a server with these offers says it offers.
fn declared<T: Affinity>(table: &Table<T>) -> ServerCapabilities {
    let changes = table.changing.then_some(true);
    let list = |any: bool| {
        (any || table.changing).then(|| {
            let mut list = ListCapability::new();
            list.list_changed = changes;
            list
        })
    };
    let mut capabilities = ServerCapabilities::new();
    capabilities.tools = list(!table.tools.is_empty());
    capabilities.prompts = list(!table.prompts.is_empty());
    capabilities.resources = table.offers_resources().then(|| {
        let mut resources = ResourcesCapability::new();
        (resources.subscribe, resources.list_changed) = (changes, changes);
        resources
    });
    capabilities.completions = (!table.completions.is_empty()).then(Extra::new);
    capabilities
}

impl<S, T: Affinity> fmt::Debug for Server<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("identity", &self.about.identity)
            .field("offers", &self.offers)
            .finish_non_exhaustive()
    }
}
