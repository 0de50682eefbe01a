//! The server machine: both eras on one connection, requests out as events, answers in as commands.

mod call;
mod config;
mod legacy;
mod legality;
mod modern;
mod seal;
mod session;

pub use call::{Answer, Ask, CallId, Peer, Request};
pub use config::Config;
pub use session::{Command, Event, Session};

use crate::binding::Stream;
use std::sync::Arc;

/// A server on one byte stream.
pub type Connection = Stream<Session>;

impl Connection {
    /// A server that waits for its client to begin.
    #[must_use]
    pub fn new(mut config: Arc<Config>) -> Self {
        let legal = config.limits.clone().legal();
        if config.limits != legal {
            Arc::make_mut(&mut config).limits = legal;
        }
        let (limits, timeouts, tapped) = (config.limits.clone(), config.timeouts.clone(), config.tap.is_some());
        Self::with(Session::new(config), |_, _| {}, &limits, &timeouts, tapped)
    }
}
