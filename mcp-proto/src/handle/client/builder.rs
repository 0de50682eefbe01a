//! The definition of a client.

use super::callbacks::{Answering, Callbacks, answerer};
use super::eras::Eras;
use crate::client::{Config, Opening, Restarts};
use crate::limits::{Limits, Timeouts};
use crate::model::{
    ClientCapabilities, CreateMessage, CreateMessageResult, ElicitForm, ElicitResult, ElicitUrl, ElicitationCapability,
    Era, Extra, Implementation, Level, ListRoots, ListRootsResult, LogMessage, Revision, Root, RootsCapability,
    SamplingCapability,
};
use crate::rpc::{ErrorObject, Name, Object, Raw};
use crate::tap::Tap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A client to be connected, on any adapter, to servers of either era.
#[derive(Clone)]
pub struct ClientBuilder {
    config: Config,
    pub(super) callbacks: Callbacks,
    eras: Option<Eras>,
    target: Option<String>,
}

impl ClientBuilder {
    /// A client of that name and version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        let config = Config::new(Implementation::new(name, version));
        Self { config, callbacks: Callbacks::default(), eras: None, target: None }
    }

    /// Answers forms for the user, in both eras, and declares that. A plain closure, an async one, or one that returns
    /// a future; an answer may take its time, and its future is dropped when it is no longer wanted.
    ///
    /// On `mcp-blocking` each answer has a thread of its own. Elsewhere the connection's task runs it: a plain closure
    /// that blocks holds up the connection.
    #[must_use]
    pub fn on_elicit<R: Answering<ElicitResult, M>, M>(
        mut self,
        answer: impl Fn(ElicitForm) -> R + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.form = Some(answerer(answer, Ok));
        self.elicits().form = Some(Extra::new());
        self
    }

    /// Sends the user to web pages, where the server asks for what the client must not see; and declares that. Servers
    /// do so since 2025-11-25. [`ElicitAction::Accept`](crate::model::ElicitAction::Accept) says that the user agreed to
    /// go there, after having been shown where it leads; not that anything is done. As
    /// [`on_elicit`](Self::on_elicit) else.
    #[must_use]
    pub fn on_elicit_url<R: Answering<ElicitResult, M>, M>(
        mut self,
        answer: impl Fn(ElicitUrl) -> R + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.url = Some(answerer(answer, Ok));
        self.elicits().url = Some(Extra::new());
        self
    }

    /// Lets servers ask the client's model, and declares that, without tools and context; see
    /// [`capabilities`](Self::capabilities) for more. Refusing is an error of code -1 (sampling). As
    /// [`on_elicit`](Self::on_elicit) else.
    #[must_use]
    pub fn on_sample<R: Answering<Result<CreateMessageResult, ErrorObject>, M>, M>(
        mut self,
        answer: impl Fn(CreateMessage) -> R + Send + Sync + 'static,
    ) -> Self {
        self.callbacks.sample = Some(answerer(answer, |answer| answer));
        self.config.capabilities.sampling.get_or_insert_with(SamplingCapability::new);
        self
    }

    /// Tells servers where they may work, and declares that. For places that change there is
    /// [`on_roots`](Self::on_roots).
    #[must_use]
    pub fn roots(mut self, roots: impl Into<Vec<Root>>) -> Self {
        let roots: Vec<Root> = roots.into();
        self.callbacks.roots =
            Some(answerer(move |_: ListRoots| roots.clone(), |roots| Ok(ListRootsResult::new(roots))));
        self.config.capabilities.roots.get_or_insert_with(RootsCapability::new);
        self
    }

    /// As [`roots`](Self::roots), asked for each time; and declares that changes are announced: by
    /// [`Client::roots_changed`](super::Client::roots_changed), which is the user's to call. As
    /// [`on_elicit`](Self::on_elicit) else.
    #[must_use]
    pub fn on_roots<R: Answering<Vec<Root>, M>, M>(mut self, answer: impl Fn() -> R + Send + Sync + 'static) -> Self {
        self.callbacks.roots = Some(answerer(move |_: ListRoots| answer(), |roots| Ok(ListRootsResult::new(roots))));
        self.config.capabilities.roots = Some(RootsCapability::new().list_changed(true));
        self
    }

    /// Tells of log messages of this level and worse, and asks servers for them
    /// ([`Config::log_level`](Config::log_level)). A server of the older era that was not told, as it declares no
    /// logging, may send others. Called by whoever reads: it should return soon.
    #[must_use]
    pub fn on_log(mut self, level: Level, tell: impl Fn(LogMessage) + Send + Sync + 'static) -> Self {
        self.callbacks.log = Some(Arc::new(move |_, params: Object| {
            // What is no log message is nobody's.
            if let Ok(message) = params.raw().parse() {
                tell(message);
            }
        }));
        self.config.log_level = Some(level);
        self
    }

    /// Tells of notifications that nobody else takes: name and parameters. Log messages are among them if there is no
    /// [`on_log`](Self::on_log), and changes that no [subscription](super::Client::listen) asked for. Called by
    /// whoever reads: it should return soon.
    #[must_use]
    pub fn on_notification(mut self, tell: impl Fn(Name, Object) + Send + Sync + 'static) -> Self {
        self.callbacks.notification = Some(Arc::new(tell));
        self
    }

    /// Declares an extension (2026-07-28), with its settings: an object, often an empty one.
    #[must_use]
    pub fn extension(mut self, name: impl Into<String>, settings: Raw) -> Self {
        let extensions = self.config.capabilities.extensions.take().unwrap_or_default();
        self.config.capabilities.extensions = Some(extensions.with(name, settings));
        self
    }

    /// Takes results of this type (`resultType`, 2026-07-28), of an extension, for every call; they come as
    /// [`ResultKind::Other`](crate::client::ResultKind). One call takes any by
    /// [`Prepared::or_task`](super::Prepared::or_task). Results of other types are errors.
    #[must_use]
    pub fn result_type(mut self, name: impl Into<String>) -> Self {
        self.config.result_types.push(name.into());
        self
    }

    fn elicits(&mut self) -> &mut ElicitationCapability {
        self.config.capabilities.elicitation.get_or_insert_with(ElicitationCapability::new)
    }

    /// What it says it can do. Default: what it has callbacks for and extensions. Replaces what those declared before.
    #[must_use]
    pub fn capabilities(mut self, capabilities: ClientCapabilities) -> Self {
        self.config.capabilities = capabilities;
        self
    }

    /// How it finds out the server's era. Default [`Opening::Probe`].
    #[must_use]
    pub fn opening(mut self, opening: Opening) -> Self {
        self.config.opening = opening;
        self
    }

    /// The revisions spoken, best first. Default: all this library speaks.
    #[must_use]
    pub fn revisions(mut self, revisions: impl Into<Vec<Revision>>) -> Self {
        self.config.revisions = revisions.into();
        self
    }

    /// Looks up the server's era in what earlier connections found out, and remembers what this one does. A server
    /// known as of the older era is asked `initialize` first ([`Opening::LegacyFirst`]).
    #[must_use]
    pub fn eras(mut self, eras: &Eras) -> Self {
        self.eras = Some(eras.clone());
        self
    }

    /// By what name [`eras`](Self::eras) knows the server. Adapters that know it (a program and its arguments, an
    /// address) say so themselves; over a stream of the user's only the user can.
    #[must_use]
    pub fn target(mut self, name: impl Into<String>) -> Self {
        self.target.get_or_insert_with(|| name.into());
        self
    }

    /// What becomes of a server that ends without being told to. Default: the connection is over.
    #[must_use]
    pub fn restarts(mut self, restarts: Restarts) -> Self {
        self.config.restarts = restarts;
        self
    }

    /// For drivers: the stream can be replaced by a fresh one.
    #[must_use]
    pub fn reopens(mut self) -> Self {
        self.config.reopens = true;
        self
    }

    /// Bounds on memory and work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Bounds on waiting.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.config.timeouts = timeouts;
        self
    }

    /// For adapters: how long reaching the server may take ([`Timeouts::open`]).
    #[must_use]
    pub fn open_timeout(&self) -> Option<Duration> {
        self.config.timeouts.open
    }

    /// Shows every frame of the connection to `tap`, both ways.
    #[must_use]
    pub fn tap(mut self, tap: Tap) -> Self {
        self.config.tap = Some(tap);
        self
    }

    /// For drivers: the machine's configuration, and the callbacks.
    #[must_use]
    pub fn into_parts(mut self) -> (Arc<Config>, Callbacks) {
        if let Some((eras, target)) = self.eras.zip(self.target) {
            if self.config.opening == Opening::Probe && eras.get(&target) == Some(Era::Legacy) {
                self.config.opening = Opening::LegacyFirst;
            }
            self.callbacks.remembered = Some((eras, target));
        }
        (Arc::new(self.config), self.callbacks)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
