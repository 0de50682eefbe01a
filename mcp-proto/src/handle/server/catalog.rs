//! What a server offers: finds the handler of a request and begins its run.

use super::context::CallContext;
use super::handler::{Guarded, LocalFuture, Run, SendFuture, guarded};
use super::tool::Tool;
use crate::handle::span::RunSpan;
use crate::model::{CacheScope, CallTool, Era, ListTools, ListToolsResult, Method as _};
use crate::rpc::{self, ErrorObject};
use crate::server::{Answer, Request};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

pub(super) type SharedHandler = Box<dyn Fn(Arc<CallContext>) -> Run<SendFuture> + Send + Sync>;
pub(super) type LocalHandler = Box<dyn Fn(Arc<CallContext>) -> Run<LocalFuture>>;

/// A run that goes on, with any panic caught.
pub type Job<F> = Guarded<F>;

/// How a run began.
#[derive(Debug)]
pub enum Started<J> {
    /// It has ended.
    Answer(Answer),
    /// It goes on.
    Job(J),
    /// It has not begun: it may take long, and should begin where nobody waits for it to return.
    Elsewhere,
}

/// A first part that takes longer than this is worth a hop to another task or thread.
pub const SLOW: Duration = Duration::from_millis(1);

/// What drivers need of a server's offers.
pub trait Dispatch {
    /// A run that goes on.
    type Job: Future<Output = Answer> + Unpin;

    /// Begins a run and polls it once, with any panic caught. A handler that was slow before, or whose author
    /// says so, begins only `anywhere`.
    fn start(&self, context: &Arc<CallContext>, anywhere: bool) -> Started<Self::Job>;

    /// Tells how long the first part of a run took. After one that took more than [`SLOW`], runs of the same
    /// handler begin elsewhere, until one has been quick again: it may have been the machine that was slow.
    fn took(&self, request: &Request, time: Duration);
}

/// A handler and how it runs.
pub(super) struct Entry<H> {
    pub(super) tool: Tool,
    pub(super) run: H,
    /// Its last first poll took long.
    slow: AtomicBool,
}

impl<H> Entry<H> {
    pub(super) fn new(tool: Tool, run: H) -> Self {
        Self { tool, run, slow: AtomicBool::new(false) }
    }

    fn is_slow(&self) -> bool {
        self.tool.spawned || self.slow.load(Ordering::Relaxed)
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
    Call(Cow<'a, str>),
    Other,
}

fn target(request: &Request) -> Target<'_> {
    match request.method.as_str() {
        name if name == ListTools::FACTS.name => Target::List,
        name if name == CallTool::FACTS.name => request.params.string("name").map_or(Target::Other, Target::Call),
        _ => Target::Other,
    }
}

impl Catalog {
    fn find(&self, request: &Request) -> Option<&Entry<SharedHandler>> {
        match target(request) {
            Target::Call(name) => self.tools.get(&*name),
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
        page.cache_scope = Some(CacheScope::Private);
    }
    super::outcome::serialised(&page, None)
}

/// Polls once without leaving a waker: whoever keeps the run polls it again.
fn first_poll<F: Future<Output = Answer> + Unpin>(
    span: &RunSpan,
    request: &Request,
    run: impl FnOnce() -> Run<F>,
) -> Started<Guarded<F>> {
    span.open(request);
    match span.within(|| guarded(run)) {
        Ok(Run::Ready(answer)) | Err(answer) => {
            span.ended(&answer);
            Started::Answer(answer)
        }
        Ok(Run::Task(future)) => {
            let mut job = Guarded { future, span: span.clone() };
            match Pin::new(&mut job).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(answer) => Started::Answer(answer),
                Poll::Pending => Started::Job(job),
            }
        }
    }
}

impl Dispatch for Catalog {
    type Job = Job<SendFuture>;

    fn start(&self, context: &Arc<CallContext>, anywhere: bool) -> Started<Self::Job> {
        let entry = self.find(&context.request);
        if !anywhere && entry.is_some_and(Entry::is_slow) {
            return Started::Elsewhere;
        }
        first_poll(&context.span, &context.request, || match entry {
            Some(entry) => (entry.run)(context.clone()),
            None => self.rest(context.clone(), self.tools.values().map(|e| &e.tool)),
        })
    }

    fn took(&self, request: &Request, time: Duration) {
        if let Some(entry) = self.find(request) {
            entry.slow.store(time > SLOW, Ordering::Relaxed);
        }
    }
}

impl LocalCatalog {
    fn find(&self, request: &Request) -> Option<&Entry<LocalHandler>> {
        match target(request) {
            Target::Call(name) => self.tools.get(&*name),
            Target::List | Target::Other => None,
        }
    }
}

impl Dispatch for LocalCatalog {
    type Job = Job<LocalFuture>;

    /// There is only one thread, so everything begins here.
    fn start(&self, context: &Arc<CallContext>, _anywhere: bool) -> Started<Self::Job> {
        let (own, shared) = (self.find(&context.request), self.shared.find(&context.request));
        let (span, request, context) = (&context.span, &context.request, context.clone());
        first_poll(span, request, || match (own, shared) {
            (Some(entry), _) => (entry.run)(context),
            (None, Some(entry)) => local((entry.run)(context)),
            (None, None) => {
                let tools = self.shared.tools.values().map(|e| &e.tool).chain(self.tools.values().map(|e| &e.tool));
                local(self.shared.rest(context, tools))
            }
        })
    }

    fn took(&self, _request: &Request, _time: Duration) {}
}

fn local(run: Run<SendFuture>) -> Run<LocalFuture> {
    match run {
        Run::Ready(answer) => Run::Ready(answer),
        Run::Task(future) => Run::Task(future),
    }
}
