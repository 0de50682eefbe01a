//! What a server offers: finds what a request is for and begins its run.

use super::affinity::{Affinity, AnyThread};
use super::announcer::Announcer;
use super::arguments::{cut, invalid};
use super::completing::completed;
use super::context::CallContext;
use super::handler::{Guarded, Run, guarded};
use super::lists;
use super::offer::Mode;
use super::template::Template;
use crate::handle::span::RunSpan;
use crate::model::{
    self, CacheHint, CallTool, Complete, GetPrompt, ListPrompts, ListResourceTemplates, ListResources, ListTools,
    Method as _, RESOURCE_NOT_FOUND, ReadResource,
};
use crate::rpc::{self, ErrorObject, Raw};
use crate::server::{Answer, Request};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

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
    Elsewhere {
        /// On a thread that may block.
        blocking: bool,
    },
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

    /// Who tells clients of changes.
    fn announcer(&self) -> &Arc<Announcer>;
}

/// A handler and how it runs.
pub(super) struct Entry<T: Affinity> {
    run: T::Handler,
    mode: Mode,
    /// Its last first poll took long.
    slow: AtomicBool,
}

impl<T: Affinity> Entry<T> {
    #[allow(clippy::arc_with_non_send_sync, reason = "one kind of entry for handlers of any thread and of one")]
    pub(super) fn new(run: T::Handler, mode: Mode) -> Arc<Self> {
        Arc::new(Self { run, mode, slow: AtomicBool::new(false) })
    }

    fn is_slow(&self) -> bool {
        self.mode != Mode::Here || self.slow.load(Ordering::Relaxed)
    }
}

/// What is listed, and how it runs.
pub(super) struct Listed<L, T: Affinity> {
    pub(super) listing: L,
    pub(super) entry: Arc<Entry<T>>,
}

/// All that a server offers.
pub(super) struct Table<T: Affinity> {
    pub(super) tools: BTreeMap<String, Listed<model::Tool, T>>,
    pub(super) resources: BTreeMap<String, Listed<model::Resource, T>>,
    pub(super) templates: BTreeMap<String, (Arc<Template>, Listed<model::ResourceTemplate, T>)>,
    pub(super) prompts: BTreeMap<String, Listed<model::Prompt, T>>,
    /// By what is completed, as [`Reference`](model::Reference) names it, and the argument.
    pub(super) completions: BTreeMap<(String, String), Arc<Entry<T>>>,
    pub(super) methods: BTreeMap<String, Arc<Entry<T>>>,
    pub(super) fallback: Option<Arc<Entry<T>>>,
    /// The first one added is the outermost.
    pub(super) middleware: Arc<[T::Middleware]>,
    /// Entries of a page.
    pub(super) page: usize,
    /// How long lists may be kept.
    pub(super) cache: CacheHint,
    /// Lists are answered also while they are empty: there may be something later.
    pub(super) changing: bool,
}

impl<T: Affinity> Default for Table<T> {
    fn default() -> Self {
        Self {
            tools: BTreeMap::new(),
            resources: BTreeMap::new(),
            templates: BTreeMap::new(),
            prompts: BTreeMap::new(),
            completions: BTreeMap::new(),
            methods: BTreeMap::new(),
            fallback: None,
            middleware: Arc::new([]),
            page: lists::PAGE,
            cache: CacheHint::default(),
            changing: false,
        }
    }
}

/// What a server offers. Shared by all its connections; its lock is held while something is looked up, never while a
/// handler runs.
pub struct Catalog<T: Affinity = AnyThread> {
    table: RwLock<Table<T>>,
    announcer: Arc<Announcer>,
}

impl<T: Affinity> Default for Catalog<T> {
    fn default() -> Self {
        Self { table: RwLock::default(), announcer: Arc::default() }
    }
}

impl<T: Affinity> fmt::Debug for Catalog<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.read();
        f.debug_struct("Catalog")
            .field("tools", &table.tools.keys())
            .field("resources", &table.resources.keys())
            .field("templates", &table.templates.keys())
            .field("prompts", &table.prompts.keys())
            .finish_non_exhaustive()
    }
}

/// What a request is for.
enum Target<T: Affinity> {
    /// A handler.
    Run(Arc<Entry<T>>),
    /// A list.
    List(fn(&Table<T>, &Request) -> Answer),
    /// The catalog answers itself.
    Answer(Answer),
}

/// What answers a request: of a list, what it was when the request came.
enum Found<T: Affinity> {
    Run(Arc<Entry<T>>),
    Answer(Answer),
}

impl<T: Affinity> Found<T> {
    fn begin(self, context: Arc<CallContext>) -> Run<T::Future> {
        match self {
            Self::Run(entry) => (entry.run)(context),
            Self::Answer(answer) => Run::Ready(answer),
        }
    }
}

impl<T: Affinity> Table<T> {
    /// What a request is for. What is offered of a kind answers the methods of that kind; everything else is for the
    /// handlers of methods, and then the fallback.
    fn target(&self, request: &Request) -> Target<T> {
        let method = request.method.as_str();
        let found = match method {
            name if name == CallTool::FACTS.name => self.named(&self.tools, "tool", request),
            name if name == ListTools::FACTS.name => {
                self.offers(!self.tools.is_empty()).then_some(Target::List(lists::tools))
            }
            name if name == ReadResource::FACTS.name => self.resource(request),
            name if name == ListResources::FACTS.name => {
                self.offers_resources().then_some(Target::List(lists::resources))
            }
            name if name == ListResourceTemplates::FACTS.name => {
                self.offers_resources().then_some(Target::List(lists::templates))
            }
            name if name == GetPrompt::FACTS.name => self.named(&self.prompts, "prompt", request),
            name if name == ListPrompts::FACTS.name => {
                self.offers(!self.prompts.is_empty()).then_some(Target::List(lists::prompts))
            }
            name if name == Complete::FACTS.name => self.completion(request),
            _ => None,
        };
        let handled = || self.methods.get(method).or(self.fallback.as_ref()).cloned().map(Target::Run);
        found.or_else(handled).unwrap_or_else(|| {
            let text = format!("unknown method: {}", cut(method));
            Target::Answer(Answer::Error(ErrorObject::new(rpc::METHOD_NOT_FOUND, text)))
        })
    }

    fn offers(&self, any: bool) -> bool {
        any || self.changing
    }

    pub(super) fn offers_resources(&self) -> bool {
        self.offers(!self.resources.is_empty() || !self.templates.is_empty())
    }

    /// What is called by its name among these; nothing if there are none and will be none.
    fn named<L>(&self, all: &BTreeMap<String, Listed<L, T>>, kind: &str, request: &Request) -> Option<Target<T>> {
        self.offers(!all.is_empty()).then(|| match request.params.string("name") {
            Some(name) => match all.get(&*name) {
                Some(listed) => Target::Run(listed.entry.clone()),
                None => Target::Answer(invalid(format!("unknown {kind}: {}", cut(&name)))),
            },
            None => Target::Answer(invalid("`params.name` must be a string")),
        })
    }

    fn resource(&self, request: &Request) -> Option<Target<T>> {
        if !self.offers_resources() {
            return None;
        }
        let Some(uri) = request.params.string("uri") else {
            return Some(Target::Answer(invalid("`params.uri` must be a string")));
        };
        if let Some(resource) = self.resources.get(&*uri) {
            return Some(Target::Run(resource.entry.clone()));
        }
        let template = self.templates.values().find(|(template, _)| template.values(&uri).is_some());
        Some(match template {
            Some((_, listed)) => Target::Run(listed.entry.clone()),
            None => Target::Answer(Answer::Error(not_found(&uri))),
        })
    }

    /// Completion of an argument nobody completes is an empty list; of what is not offered, an error.
    fn completion(&self, request: &Request) -> Option<Target<T>> {
        if self.completions.is_empty() {
            return None;
        }
        Some(match request.params.raw().parse::<Complete>() {
            Ok(asked) => {
                let known = match &asked.reference {
                    model::Reference::Prompt(prompt) => self.prompts.contains_key(&prompt.name),
                    model::Reference::Resource(resource) => self.templates.contains_key(&resource.uri),
                    model::Reference::Other(_) => false,
                };
                let key = (completed(&asked.reference), asked.argument.name);
                match self.completions.get(&key) {
                    Some(entry) => Target::Run(entry.clone()),
                    None if known => Target::Answer(lists::nothing_to_complete()),
                    None => Target::Answer(invalid("no such prompt or resource template to complete for")),
                }
            }
            Err(e) => Target::Answer(invalid(format!("invalid parameters: {e}"))),
        })
    }
}

/// The error for a resource that is not there. To clients of 2026-07-28 it becomes -32602.
pub(super) fn not_found(uri: &str) -> ErrorObject {
    let data = BTreeMap::from([("uri", cut(uri))]);
    ErrorObject {
        code: RESOURCE_NOT_FOUND,
        message: format!("resource not found: {}", cut(uri)),
        data: Raw::from_serialize(&data).ok(),
    }
}

impl<T: Affinity> Catalog<T> {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Table<T>> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is replaced is to be dropped when the lock is released: it is user code.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Table<T>> {
        self.table.write().unwrap_or_else(PoisonError::into_inner)
    }
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

impl<T: Affinity> Dispatch for Catalog<T> {
    type Job = Job<T::Future>;

    fn start(&self, context: &Arc<CallContext>, anywhere: bool) -> Started<Self::Job> {
        let (found, middleware) = {
            let table = self.read();
            let middleware = (!table.middleware.is_empty()).then(|| table.middleware.clone());
            let found = match table.target(&context.request) {
                Target::Run(entry) => Found::Run(entry),
                Target::List(list) => Found::Answer(list(&table, &context.request)),
                Target::Answer(answer) => Found::Answer(answer),
            };
            (found, middleware)
        };
        if let Found::Run(entry) = &found
            && !anywhere
            && entry.is_slow()
        {
            return Started::Elsewhere { blocking: entry.mode == Mode::Blocking };
        }
        let call = context.clone();
        first_poll(&context.span, &context.request, || match middleware {
            None => found.begin(call),
            Some(middleware) => Next { middleware, at: 0, found, call }.begin(),
        })
    }

    fn took(&self, request: &Request, time: Duration) {
        let target = self.read().target(request);
        if let Target::Run(entry) = target {
            entry.slow.store(time > SLOW, Ordering::Relaxed);
        }
    }

    fn announcer(&self) -> &Arc<Announcer> {
        &self.announcer
    }
}

/// The rest of the way to a handler, as [`Server::wrap`](super::Server::wrap) hands it to middleware.
#[must_use = "the handler runs only if this is run"]
pub struct Next<T: Affinity = AnyThread> {
    middleware: Arc<[T::Middleware]>,
    at: usize,
    found: Found<T>,
    call: Arc<CallContext>,
}

impl<T: Affinity> Next<T> {
    fn begin(mut self) -> Run<T::Future> {
        match self.middleware.get(self.at).cloned() {
            Some(middleware) => {
                self.at += 1;
                Run::Task(middleware(self.call.clone(), self))
            }
            None => self.found.begin(self.call),
        }
    }

    /// Runs the handler, and middleware that was added later, and gives its answer. That may be a question
    /// ([`Answer::Ask`]): the call then comes again, through the middleware too.
    pub async fn run(self) -> Answer {
        match self.begin() {
            Run::Ready(answer) => answer,
            Run::Task(future) => future.await,
        }
    }
}

impl<T: Affinity> fmt::Debug for Next<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("call", &self.call).finish_non_exhaustive()
    }
}
