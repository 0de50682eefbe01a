//! Middleware: what stands around every call that a handler or the catalog answers.

use super::affinity::{Affinity, AnyThread, OneThread};
use super::catalog::Next;
use super::context::Cx;
use super::outcome::{Any, IntoAnswer, Recipient};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;

/// What [`Server::wrap`](super::Server::wrap) takes: a function of a [`Cx`] and a [`Next`] that gives a future of an
/// answer. `O` is always inferred.
pub trait Middleware<S, O, T: Affinity>: Sized + 'static {
    /// As it is kept.
    fn into_middleware(self, state: Arc<S>) -> T::Middleware;
}

impl<F, S, O> Middleware<S, O, AnyThread> for F
where
    F: Fn(Cx<S>, Next) -> O + Send + Sync + 'static,
    S: Send + Sync + 'static,
    O: Future<Output: IntoAnswer<Any>> + Send + 'static,
{
    fn into_middleware(self, state: Arc<S>) -> <AnyThread as Affinity>::Middleware {
        Arc::new(move |call, next| {
            let recipient = Recipient::of(&call.request);
            let future = self(Cx::new(call, state.clone()), next);
            Box::pin(async move { future.await.into_answer(&recipient) })
        })
    }
}

impl<F, S, O> Middleware<S, O, OneThread> for F
where
    F: Fn(Cx<S>, Next<OneThread>) -> O + 'static,
    S: 'static,
    O: Future<Output: IntoAnswer<Any>> + 'static,
{
    fn into_middleware(self, state: Arc<S>) -> <OneThread as Affinity>::Middleware {
        Rc::new(move |call, next| {
            let recipient = Recipient::of(&call.request);
            let future = self(Cx::new(call, state.clone()), next);
            Box::pin(async move { future.await.into_answer(&recipient) })
        })
    }
}
