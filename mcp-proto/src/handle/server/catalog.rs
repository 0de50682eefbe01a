//! What a server offers: finds the handler of a request and begins its run.

use super::context::CallContext;
use super::handler::{Guarded, LocalFuture, Run, SendFuture, guarded};
use super::tool::Tool;
use crate::model::{CallTool, Era, ListTools, ListToolsResult, Method as _};
use crate::rpc::{self, ErrorObject};
use crate::server::{Answer, Request};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};

pub(super) type SharedHandler = Box<dyn Fn(Arc<CallContext>) -> Run<SendFuture> + Send + Sync>;
pub(super) type LocalHandler = Box<dyn Fn(Arc<CallContext>) -> Run<LocalFuture>>;

/// Whether a run may begin where the request was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// There: it answers at once, as far as is known.
    Here,
    /// Not there: it was slow before, or its author says so.
    Elsewhere,
}

/// A run that goes on, with any panic caught.
pub type Pending<F> = Guarded<F>;

/// What drivers need of a server's offers.
pub trait Dispatch {
    /// A run that goes on.
    type Job: Future<Output = Answer> + Unpin;

    /// Where a run of this request may begin.
    fn place(&self, request: &Request) -> Place;

    /// Begins a run, and polls it once. A panic is an answer too.
    fn start(&self, context: Arc<CallContext>) -> Result<Answer, Self::Job>;

    /// Tells that the first part of a run of this request took long: later ones begin elsewhere.
    fn was_slow(&self, request: &Request);
}

/// A handler and how it runs.
pub(super) struct Entry<H> {
    pub(super) tool: Tool,
    pub(super) run: H,
    /// Its first poll took long once.
    slow: AtomicBool,
}

impl<H> Entry<H> {
    pub(super) fn new(tool: Tool, run: H) -> Self {
        Self { tool, run, slow: AtomicBool::new(false) }
    }

    fn place(&self) -> Place {
        if self.tool.spawned || self.slow.load(Ordering::Relaxed) { Place::Elsewhere } else { Place::Here }
    }
}

/// The offers whose handlers run on any thread.
#[derive(Default)]
pub struct Catalog {
    pub(super) tools: BTreeMap<String, Entry<SharedHandler>>,
    pub(super) fallback: Option<SharedHandler>,
}

/// Offers some of whose handlers stay on one thread.
#[derive(Default)]
pub struct LocalCatalog {
    pub(super) shared: Catalog,
    pub(super) tools: BTreeMap<String, Entry<LocalHandler>>,
}

/// What a request is for.
enum Target<'a> {
    List,
    Call(std::borrow::Cow<'a, str>),
    Other,
}

fn target(request: &Request) -> Target<'_> {
    match request.method.as_str() {
        name if name == ListTools::FACTS.name => Target::List,
        name if name == CallTool::FACTS.name => {
            let name = request.params.get("name").and_then(|n| n.parse::<String>().ok());
            name.map_or(Target::Other, |name| Target::Call(name.into()))
        }
        _ => Target::Other,
    }
}

impl Catalog {
    fn find(&self, request: &Request) -> Option<&Entry<SharedHandler>> {
        match target(request) {
            Target::Call(name) => self.tools.get(name.as_ref()),
            Target::List | Target::Other => None,
        }
    }

    /// The answer to what no entry handles: lists, unknown tools, unknown methods.
    fn rest<'a>(&self, context: Arc<CallContext>, tools: impl Iterator<Item = &'a Tool>) -> Run<SendFuture> {
        let request = &context.request;
        let has_tools = {
            let mut tools = tools.peekable();
            let any = tools.peek().is_some();
            if any && matches!(target(request), Target::List) {
                return Run::Ready(list(request, tools));
            }
            any
        };
        if has_tools && request.method.as_str() == CallTool::FACTS.name {
            let why = match target(request) {
                Target::Call(name) => format!("unknown tool: {}", excerpt(&name)),
                Target::List | Target::Other => "`params.name` must be a string".to_owned(),
            };
            return Run::Ready(Answer::Error(ErrorObject::new(rpc::INVALID_PARAMS, why)));
        }
        match &self.fallback {
            Some(run) => run(context),
            None => {
                let text = format!("unknown method: {}", excerpt(request.method.as_str()));
                Run::Ready(Answer::Error(ErrorObject::new(rpc::METHOD_NOT_FOUND, text)))
            }
        }
    }
}

/// A peer's text in an error: cut short; quoting is up to JSON.
fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

fn list<'a>(request: &Request, tools: impl Iterator<Item = &'a Tool>) -> Answer {
    if request.params.get("cursor").is_some_and(|c| !c.is_null()) {
        return Answer::Error(ErrorObject::new(rpc::INVALID_PARAMS, "no such cursor: all tools are on one page"));
    }
    let mut page = ListToolsResult::new(tools.map(|t| t.listing.clone()).collect::<Vec<_>>());
    if request.peer.era() == Era::Modern {
        page.ttl_ms = Some(0);
        page.cache_scope = Some("private".to_owned());
    }
    super::outcome::serialised(&page, None)
}

/// Polls once without leaving a waker: whoever keeps the run polls it again.
fn first_poll<F: Future<Output = Answer> + Unpin>(run: Run<F>) -> Result<Answer, Guarded<F>> {
    match run {
        Run::Ready(answer) => Ok(answer),
        Run::Task(future) => {
            let mut job = Guarded(future);
            match Pin::new(&mut job).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => Ok(answer),
                Poll::Pending => Err(job),
            }
        }
    }
}

impl Dispatch for Catalog {
    type Job = Guarded<SendFuture>;

    fn place(&self, request: &Request) -> Place {
        self.find(request).map_or(Place::Here, Entry::place)
    }

    fn start(&self, context: Arc<CallContext>) -> Result<Answer, Self::Job> {
        let entry = self.find(&context.request);
        let run = guarded(|| match entry {
            Some(entry) => (entry.run)(context),
            None => self.rest(context, self.tools.values().map(|e| &e.tool)),
        });
        first_poll(run.unwrap_or_else(Run::Ready))
    }

    fn was_slow(&self, request: &Request) {
        if let Some(entry) = self.find(request) {
            entry.slow.store(true, Ordering::Relaxed);
        }
    }
}

impl LocalCatalog {
    fn find(&self, request: &Request) -> Option<&Entry<LocalHandler>> {
        match target(request) {
            Target::Call(name) => self.tools.get(name.as_ref()),
            Target::List | Target::Other => None,
        }
    }
}

impl Dispatch for LocalCatalog {
    type Job = Guarded<LocalFuture>;

    /// There is only one thread, so there is no elsewhere.
    fn place(&self, _request: &Request) -> Place {
        Place::Here
    }

    fn start(&self, context: Arc<CallContext>) -> Result<Answer, Self::Job> {
        let own = self.find(&context.request);
        let shared = self.shared.find(&context.request);
        let run = guarded(|| match (own, shared) {
            (Some(entry), _) => (entry.run)(context),
            (None, Some(entry)) => local((entry.run)(context)),
            (None, None) => {
                let tools = self.shared.tools.values().map(|e| &e.tool).chain(self.tools.values().map(|e| &e.tool));
                local(self.shared.rest(context, tools))
            }
        });
        first_poll(run.unwrap_or_else(Run::Ready))
    }

    fn was_slow(&self, _request: &Request) {}
}

fn local(run: Run<SendFuture>) -> Run<LocalFuture> {
    match run {
        Run::Ready(answer) => Run::Ready(answer),
        Run::Task(future) => Run::Task(future),
    }
}
