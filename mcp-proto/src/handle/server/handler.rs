//! Handlers: plain closures, async closures, `fn` items, closures that return `async move` blocks.

use super::context::Cx;
use super::outcome::{IntoRawResult, IntoToolResult};
use crate::handle::span::RunSpan;
use crate::rpc::{self, ErrorObject};
use crate::server::{Answer, Request};
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A future that any thread may run.
pub type SendFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;
/// A future of one thread.
pub type LocalFuture = Pin<Box<dyn Future<Output = Answer>>>;

/// A run of a handler that has begun.
#[derive(Debug)]
pub enum Run<F> {
    /// It has ended.
    Ready(Answer),
    /// It goes on.
    Task(F),
}

/// Marks a handler that returns its result.
pub struct Plain<R>(PhantomData<R>);
/// Marks a handler that returns a future any thread may run.
pub struct Async<F>(PhantomData<F>);

/// What can handle tool calls with arguments `A`. `M` tells the shapes apart and is always inferred.
pub trait ToolHandler<A, S, M>: Send + Sync + 'static {
    /// Begins a run.
    fn run(&self, arguments: A, cx: Cx<S>) -> Run<SendFuture>;
}

impl<F, A, S, R> ToolHandler<A, S, Plain<R>> for F
where
    F: Fn(A, Cx<S>) -> R + Send + Sync + 'static,
    R: IntoToolResult,
{
    fn run(&self, arguments: A, cx: Cx<S>) -> Run<SendFuture> {
        Run::Ready(self(arguments, cx).into_answer())
    }
}

impl<F, A, S, T> ToolHandler<A, S, Async<T>> for F
where
    F: Fn(A, Cx<S>) -> T + Send + Sync + 'static,
    T: Future<Output: IntoToolResult> + Send + 'static,
{
    fn run(&self, arguments: A, cx: Cx<S>) -> Run<SendFuture> {
        let future = self(arguments, cx);
        Run::Task(Box::pin(async move { future.await.into_answer() }))
    }
}

/// What can handle any request, raw. `M` tells the shapes apart and is always inferred.
pub trait RawHandler<S, M>: Send + Sync + 'static {
    /// Begins a run.
    fn run(&self, request: Arc<Request>, cx: Cx<S>) -> Run<SendFuture>;
}

impl<F, S, R> RawHandler<S, Plain<R>> for F
where
    F: Fn(Arc<Request>, Cx<S>) -> R + Send + Sync + 'static,
    R: IntoRawResult,
{
    fn run(&self, request: Arc<Request>, cx: Cx<S>) -> Run<SendFuture> {
        Run::Ready(self(request, cx).into_answer())
    }
}

impl<F, S, T> RawHandler<S, Async<T>> for F
where
    F: Fn(Arc<Request>, Cx<S>) -> T + Send + Sync + 'static,
    T: Future<Output: IntoRawResult> + Send + 'static,
{
    fn run(&self, request: Arc<Request>, cx: Cx<S>) -> Run<SendFuture> {
        let future = self(request, cx);
        Run::Task(Box::pin(async move { future.await.into_answer() }))
    }
}

/// Runs user code; a panic answers with an internal error. With `panic = "abort"` the process ends instead.
pub(crate) fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, Answer> {
    // What the closure leaves half done is not looked at again: the call ends here.
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|_| Answer::Error(ErrorObject::new(rpc::INTERNAL_ERROR, "the handler panicked")))
}

/// A handler's future; a panic ends it with an internal error.
#[derive(Debug)]
pub struct Guarded<F> {
    pub(super) future: F,
    pub(super) span: RunSpan,
}

impl<F: Future<Output = Answer> + Unpin> Future for Guarded<F> {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let span = self.span.clone();
        let polled = span.within(|| guarded(|| Pin::new(&mut self.future).poll(cx)).unwrap_or_else(Poll::Ready));
        if let Poll::Ready(answer) = &polled {
            span.ended(answer);
        }
        polled
    }
}
