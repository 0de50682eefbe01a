//! Subscriptions (2026-07-28): calls that stay open, and the notifications that name them.

use super::call::CallId;
use super::command::Event;
use super::session::{Out, Session};
use crate::error::CallError;
use crate::model::{ACKNOWLEDGED, Cancelled, Listen, Method as _, meta};
use crate::rpc::{Id, Name, Object};

impl Session {
    /// Brings a notification to the subscription it names. Whether it names any.
    pub(super) fn update(&mut self, method: &Name, params: &Object, out: &mut Out) -> bool {
        let named = params.get("_meta").and_then(Object::from_raw).and_then(|about| about.get(meta::SUBSCRIPTION_ID));
        let Some(named) = named else { return false };
        // One that is over, or was never ours, is nobody's.
        let Some(call) = named.parse::<Id>().ok().and_then(|id| self.subscription(&id)) else {
            out.stats.rare().notifications_dropped += 1;
            return true;
        };
        if method.as_str() == ACKNOWLEDGED
            && let Some(state) = self.calls.get_mut(call)
        {
            // From here on it stays open as long as it is wanted.
            (state.until, state.total) = (None, None);
        }
        out.event(Event::Update { call, method: method.clone(), params: params.clone() });
        true
    }

    /// A server that can't end a subscription by a result says that it is cancelled. Whether it is one.
    pub(super) fn subscription_ended(&mut self, cancelled: &Cancelled, out: &mut Out) -> bool {
        let call = cancelled.request_id.as_ref().and_then(|id| self.subscription(id));
        if let Some(call) = call {
            self.end(call, Err(CallError::Ended(cancelled.reason.clone())), out);
            self.start_waiting(out);
        }
        call.is_some()
    }

    /// The subscription that was opened with this id. Some servers write a number as a string.
    fn subscription(&mut self, id: &Id) -> Option<CallId> {
        let wire = id.as_i64().or_else(|| id.as_str()?.parse().ok())?;
        let call = self.calls.by_wire(wire)?;
        self.calls.get_mut(call).filter(|c| c.request.method == *Listen::FACTS.name).map(|_| call)
    }
}
