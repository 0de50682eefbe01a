//! Where a server's handlers may run: on any thread, or on the one that serves.

use super::catalog::Next;
use super::context::CallContext;
use super::handler::Run;
use crate::server::Answer;
use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

/// A future that any thread may run.
pub type SendFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;
/// A future of one thread.
pub type LocalFuture = Pin<Box<dyn Future<Output = Answer>>>;

/// Where handlers may run: [`AnyThread`] or [`OneThread`].
pub trait Affinity: Sized + 'static {
    /// A run that goes on.
    type Future: Future<Output = Answer> + Unpin + 'static;
    /// A handler as it is kept.
    type Handler: Deref<Target: Fn(Arc<CallContext>) -> Run<Self::Future>> + Clone + 'static;
    /// Middleware as it is kept.
    type Middleware: Deref<Target: Fn(Arc<CallContext>, Next<Self>) -> Self::Future> + Clone + 'static;
}

/// Handlers run on any thread: the server can be served everywhere.
#[derive(Debug)]
pub enum AnyThread {}

/// Handlers stay on the thread that serves, and may use what can't be sent to another.
#[derive(Debug)]
pub enum OneThread {}

impl Affinity for AnyThread {
    type Future = SendFuture;
    type Handler = Arc<dyn Fn(Arc<CallContext>) -> Run<SendFuture> + Send + Sync>;
    type Middleware = Arc<dyn Fn(Arc<CallContext>, Next<Self>) -> SendFuture + Send + Sync>;
}

impl Affinity for OneThread {
    type Future = LocalFuture;
    type Handler = Rc<dyn Fn(Arc<CallContext>) -> Run<LocalFuture>>;
    type Middleware = Rc<dyn Fn(Arc<CallContext>, Next<Self>) -> LocalFuture>;
}
