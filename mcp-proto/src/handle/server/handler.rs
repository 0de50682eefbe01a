//! Handlers: plain closures, async closures, `fn` items, closures that return `async move` blocks.

use super::affinity::{Affinity, AnyThread, LocalFuture, OneThread, SendFuture};
use super::context::{CallContext, Cx};
use super::outcome::{IntoAnswer, Recipient};
use crate::handle::span::RunSpan;
use crate::rpc::{self, ErrorObject};
use crate::server::Answer;
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

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
/// Marks a handler that returns a future.
pub struct Async<F>(PhantomData<F>);

/// What can handle calls of the kind `K` with arguments `A`, where `T` says. `M` tells the shapes apart and is always
/// inferred.
pub trait Handler<K, A, S, M, T: Affinity>: Sized + 'static {
    /// As it is kept. `read` gets the arguments out of a call, or answers what is wrong with them.
    fn into_handler<R: ReadArguments<A>>(self, read: R, state: Arc<S>) -> T::Handler;
}

/// Gets the arguments out of a call, or answers what is wrong with them.
pub trait ReadArguments<A>: Fn(&CallContext) -> Result<(A, Recipient), Answer> + Send + Sync + 'static {}

impl<A, F: Fn(&CallContext) -> Result<(A, Recipient), Answer> + Send + Sync + 'static> ReadArguments<A> for F {}

fn begin<A, S, F>(
    read: &impl ReadArguments<A>,
    call: Arc<CallContext>,
    state: &Arc<S>,
    run: impl FnOnce(A, Cx<S>, Recipient) -> Run<F>,
) -> Run<F> {
    match read(&call) {
        Ok((arguments, recipient)) => run(arguments, Cx::new(call, state.clone()), recipient),
        Err(answer) => Run::Ready(answer),
    }
}

impl<F, K, A, S, R> Handler<K, A, S, Plain<R>, AnyThread> for F
where
    F: Fn(A, Cx<S>) -> R + Send + Sync + 'static,
    S: Send + Sync + 'static,
    R: IntoAnswer<K>,
{
    fn into_handler<P: ReadArguments<A>>(self, read: P, state: Arc<S>) -> <AnyThread as Affinity>::Handler {
        Arc::new(move |call| begin(&read, call, &state, |a, cx, to| Run::Ready(self(a, cx).into_answer(&to))))
    }
}

impl<F, K, A, S, O> Handler<K, A, S, Async<O>, AnyThread> for F
where
    F: Fn(A, Cx<S>) -> O + Send + Sync + 'static,
    S: Send + Sync + 'static,
    O: Future<Output: IntoAnswer<K>> + Send + 'static,
{
    fn into_handler<P: ReadArguments<A>>(self, read: P, state: Arc<S>) -> <AnyThread as Affinity>::Handler {
        Arc::new(move |call| {
            begin(&read, call, &state, |a, cx, to| {
                let future = self(a, cx);
                Run::Task(Box::pin(async move { future.await.into_answer(&to) }) as SendFuture)
            })
        })
    }
}

impl<F, K, A, S, R> Handler<K, A, S, Plain<R>, OneThread> for F
where
    F: Fn(A, Cx<S>) -> R + 'static,
    S: 'static,
    R: IntoAnswer<K>,
{
    fn into_handler<P: ReadArguments<A>>(self, read: P, state: Arc<S>) -> <OneThread as Affinity>::Handler {
        Rc::new(move |call| begin(&read, call, &state, |a, cx, to| Run::Ready(self(a, cx).into_answer(&to))))
    }
}

impl<F, K, A, S, O> Handler<K, A, S, Async<O>, OneThread> for F
where
    F: Fn(A, Cx<S>) -> O + 'static,
    S: 'static,
    O: Future<Output: IntoAnswer<K>> + 'static,
{
    fn into_handler<P: ReadArguments<A>>(self, read: P, state: Arc<S>) -> <OneThread as Affinity>::Handler {
        Rc::new(move |call| {
            begin(&read, call, &state, |a, cx, to| {
                let future = self(a, cx);
                Run::Task(Box::pin(async move { future.await.into_answer(&to) }) as LocalFuture)
            })
        })
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
