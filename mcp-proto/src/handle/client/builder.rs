//! The definition of a client.

use super::eras::Eras;
use super::pending::Remembered;
use crate::client::{Config, Opening, Restarts};
use crate::limits::{Limits, Timeouts};
use crate::model::{ClientCapabilities, Elicit, ElicitResult, ElicitationCapability, Era, Implementation, Revision};
use crate::rpc::{self, ErrorObject, Name, Raw};
use crate::tap::Tap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

/// An answer to a question of the server, on its way.
pub type AnswerFuture = Pin<Box<dyn Future<Output = Result<Raw, ErrorObject>> + Send>>;

type OnElicit = Arc<dyn Fn(Elicit) -> Pin<Box<dyn Future<Output = ElicitResult> + Send>> + Send + Sync>;

/// A client to be connected, on any adapter, to servers of either era.
#[derive(Clone)]
pub struct ClientBuilder {
    config: Config,
    pub(super) callbacks: Callbacks,
    eras: Option<Eras>,
    target: Option<String>,
}

/// What answers the server's questions.
#[derive(Clone, Default)]
pub struct Callbacks {
    elicit: Option<OnElicit>,
    pub(super) remembered: Option<Remembered>,
}

impl ClientBuilder {
    /// A client of that name and version.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        let config = Config::new(Implementation::new(name, version));
        Self { config, callbacks: Callbacks::default(), eras: None, target: None }
    }

    /// Answers forms for the user, in both eras, and declares the capability. The future may take its time; it
    /// is dropped when the answer is no longer wanted.
    #[must_use]
    pub fn on_elicit<F>(mut self, answer: impl Fn(Elicit) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ElicitResult> + Send + 'static,
    {
        self.callbacks.elicit = Some(Arc::new(move |question| Box::pin(answer(question))));
        let forms = ElicitationCapability::new().form(crate::model::Extra::new());
        self.config.capabilities.elicitation = Some(forms);
        self
    }

    /// What it says it can do. Default: what it has callbacks for.
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

impl Callbacks {
    /// Begins to answer a question.
    #[must_use]
    pub fn answer(&self, method: &Name, params: &Raw) -> AnswerFuture {
        let refuse = |code, text: String| -> AnswerFuture {
            let error = ErrorObject::new(code, text);
            Box::pin(std::future::ready(Err(error)))
        };
        let Some(elicit) = self.elicit.clone().filter(|_| method.as_str() == "elicitation/create") else {
            let text = format!("this client does not answer `{}`", method.as_str());
            return refuse(rpc::METHOD_NOT_FOUND, text);
        };
        match params.parse::<Elicit>() {
            Ok(question @ Elicit::Form(_)) => Box::pin(async move {
                let answer = elicit(question).await;
                Raw::from_serialize(&answer).map_err(|e| ErrorObject::new(rpc::INTERNAL_ERROR, e.to_string()))
            }),
            Ok(_) => refuse(rpc::INVALID_PARAMS, "this client shows forms only".to_owned()),
            Err(e) => refuse(rpc::INVALID_PARAMS, format!("elicitation/create: {e}")),
        }
    }
}

impl fmt::Debug for Callbacks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callbacks").field("elicit", &self.elicit.is_some()).finish()
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
