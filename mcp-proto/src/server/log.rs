//! Log messages: only who asked for them gets them, and only what is bad enough.

use super::call::CallId;
use super::config::Config;
use super::session::{Out, Session};
use crate::binding::Route;
use crate::model::{Era, LOG_MESSAGE, Level, LogMessage, SetLevel, meta};
use crate::rpc::{self, Object, Raw};

/// The least level a request wants to hear of (2026-07-28, logging: without one nothing is said).
pub(super) fn asked_for(about: &Object) -> Result<Option<Level>, String> {
    let level = about.get(meta::LOG_LEVEL).filter(|level| !level.is_null()).map(|level| level.parse());
    level.transpose().map_err(|e: serde_json::Error| format!("`{}`: {e}", meta::LOG_LEVEL))
}

/// The least level a session hears of. Before its client sets one the server chooses (until 2025-11-25, logging).
pub(super) fn of_session(config: &Config, set: Option<Level>) -> Option<Level> {
    // Of what a gateway passes on somebody else has chosen.
    let unset = if config.raw_subscriptions { Level::Debug } else { Level::Info };
    config.capabilities.offers("logging").then(|| set.unwrap_or(unset))
}

impl Session {
    /// `logging/setLevel`.
    pub(super) fn set_level(&mut self, SetLevel { level, .. }: SetLevel) {
        self.legacy.level = Some(level);
    }

    pub(super) fn log(&mut self, call: Option<CallId>, level: Level, logger: Option<String>, data: Raw, out: &mut Out) {
        let session = self.legacy.revision().and_then(|_| of_session(&self.config, self.legacy.level));
        let request = call.map(|call| self.calls.get_mut(call).map(|entry| &entry.request));
        let least = match request {
            None => session,
            Some(Some(request)) if request.peer.era() == Era::Modern => request.log_level,
            Some(Some(_)) => session,
            // What comes after its answer belongs to nothing.
            Some(None) => None,
        };
        if least.is_none_or(|least| level < least) {
            return;
        }
        if out.is_congested() {
            return out.stats.rare().notifications_withheld += 1;
        }
        let mut message = LogMessage::new(level, data);
        message.logger = logger;
        if let Ok(params) = Raw::from_serialize(&message) {
            let route = call.map_or(Route::Unsolicited, |call| Route::Call(call.0));
            if out.send(route, |w| rpc::write::notification(w, LOG_MESSAGE, Some(&params))).is_err() {
                out.stats.rare().notifications_withheld += 1;
            }
        }
    }
}
