//! The server machine: both eras on one connection, requests out as events, answers in as commands.

mod asking;
mod call;
mod command;
mod config;
mod legacy;
mod legality;
mod log;
mod modern;
mod notification;
mod question;
mod seal;
mod session;
mod subscription;

pub use call::{Answer, Ask, CallId, Peer, Request};
pub use command::{Command, Event};
pub use config::Config;
pub use session::Session;

use crate::binding::Stream;
use std::sync::Arc;

/// A server on one byte stream.
pub type Connection = Stream<Session>;

impl Connection {
    /// A server that waits for its client to begin.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Self {
        Self::for_caller(config, None)
    }

    /// As [`new`](Self::new), for a client that speaks on behalf of `caller`: an account that the transport has
    /// authenticated, by a name that stays the same and that no other has. What one caller was asked cannot be
    /// answered by another (2026-07-28, multi-round-trip requests: the state should be bound to the principal).
    #[must_use]
    pub fn for_caller(mut config: Arc<Config>, caller: Option<Arc<str>>) -> Self {
        let legal = config.limits.clone().legal();
        if config.limits != legal {
            Arc::make_mut(&mut config).limits = legal;
        }
        let (limits, timeouts, tapped) = (config.limits.clone(), config.timeouts.clone(), config.tap.is_some());
        Self::with(Session::new(config, caller), |_, _| {}, &limits, &timeouts, tapped)
    }
}
