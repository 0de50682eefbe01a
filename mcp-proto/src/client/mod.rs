//! The client machine: finds out which era the server belongs to, sends calls, ends each exactly once.

mod call;
mod command;
mod config;
mod counts;
mod envelope;
mod input;
mod legality;
mod level;
mod listening;
mod notification;
mod open;
mod question;
mod restart;
mod session;
mod subscription;
mod willing;

pub use call::{AskId, CallId, CallRequest, InputPolicy, Reply, ResultKind};
pub use command::{Command, Event};
pub use config::{Config, Opening, Restarts};
pub use open::ServerInfo;
pub use session::Session;

use crate::binding::Stream;
use crate::time::Time;
use std::sync::Arc;

/// A client on one byte stream.
pub type Connection = Stream<Session>;

impl Connection {
    /// A client that begins at once: its first message is the first output.
    #[must_use]
    pub fn new(mut config: Arc<Config>, now: Time) -> Self {
        let legal = config.limits.clone().legal();
        if config.limits != legal {
            Arc::make_mut(&mut config).limits = legal;
        }
        let (limits, timeouts, tapped) = (config.limits.clone(), config.timeouts.clone(), config.tap.is_some());
        let open = |session: &mut Session, out: &mut _| session.open(now, out);
        Self::with(Session::new(config), open, &limits, &timeouts, tapped)
    }
}
