//! Subscriptions: calls that stay open, and the notifications they are for. Since 2026-07-28 these name the
//! subscription; before, it is known here who wanted what.

use super::call::{Call, CallId};
use super::command::Event;
use super::listening::{Listening, Step};
use super::open::ServerInfo;
use super::session::{Out, Session};
use crate::binding::Route;
use crate::error::{CallError, RefusedCall};
use crate::model::{ACKNOWLEDGED, Acknowledged, Cancelled, Listen, Method as _, Subscribe, Unsubscribe, meta};
use crate::rpc::{self, Id, Name, Object, Raw};

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
            stays_open(state);
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
        Some(call).filter(|call| self.calls.is(*call, Listen::FACTS.name))
    }

    /// Begins a subscription in the words of the older era. What the server can't tell of is left out of the
    /// acknowledgement, as a modern server would leave it out.
    pub(super) fn listen(&mut self, id: CallId, server: &ServerInfo, out: &mut Out) {
        let Some(call) = self.calls.get_mut(id) else { return };
        call.timing.sent.get_or_insert(out.now);
        let asked = match call.request.params.parse::<Listen>() {
            Ok(listen) => listen.notifications,
            Err(e) => return self.end(id, Err(RefusedCall::Params(e.to_string()).into()), out),
        };
        let changes = Listening::acceptable(asked, &server.capabilities);
        let listening = self.listening.get_or_insert_default();
        let most = self.config.limits.subscribed;
        if !listening.has_room(&changes, most) {
            let refused = RefusedCall::TooManyResources(most);
            return self.end(id, Err(refused.into()), out);
        }
        let mut steps = Vec::new();
        listening.begin(id, changes, &mut steps);
        self.listen_on(steps, out);
    }

    /// The server answered something that was said for subscriptions. Whether it did.
    pub(super) fn listen_answered(&mut self, wire: i64, well: bool, out: &mut Out) -> bool {
        let Some(listening) = &mut self.listening else { return false };
        let Some(uri) = listening.arrived(wire) else { return false };
        let mut steps = Vec::new();
        listening.answered(&uri, well, &mut steps);
        self.listen_on(steps, out);
        true
    }

    /// A call has ended; it may have been a subscription.
    pub(super) fn unlisten(&mut self, id: CallId, out: &mut Out) {
        if let Some(listening) = self.listening.as_mut().filter(|listening| listening.has(id)) {
            let mut steps = Vec::new();
            listening.end(id, &mut steps);
            self.listen_on(steps, out);
        }
    }

    /// Brings a notification of the older era to the subscriptions that wanted it. Whether any did.
    pub(super) fn update_all(&mut self, method: &Name, params: &Object, out: &mut Out) -> bool {
        let Some(listening) = &self.listening else { return false };
        let uri = params.get("uri").and_then(|uri| uri.parse::<String>().ok());
        let calls = listening.whom(method.as_str(), uri.as_deref());
        for call in &calls {
            out.event(Event::Update { call: *call, method: method.clone(), params: params.clone() });
        }
        !calls.is_empty()
    }

    fn listen_on(&mut self, mut steps: Vec<Step>, out: &mut Out) {
        while !steps.is_empty() {
            for step in std::mem::take(&mut steps) {
                let (method, uri) = match step {
                    Step::Acknowledge(call, changes) => {
                        self.acknowledged(call, &Acknowledged::new(changes), out);
                        continue;
                    }
                    Step::Subscribe(uri) => (Subscribe::FACTS.name, uri),
                    Step::Unsubscribe(uri) => (Unsubscribe::FACTS.name, uri),
                };
                let wire = self.next_wire();
                let params = Raw::from_serialize(&Subscribe::new(uri.as_str())).unwrap_or_else(|_| Raw::empty_object());
                let sent = out.send(Route::Call(wire.unsigned_abs()), |w| {
                    rpc::write::request(w, &Id::from(wire), method, Some(&params));
                });
                let Some(listening) = &mut self.listening else { return };
                match sent {
                    Ok(()) => listening.sent(wire, uri),
                    // A name longer than a message may be: nobody will tell of it.
                    Err(_) => listening.answered(&uri, false, &mut steps),
                }
            }
        }
    }

    fn acknowledged(&mut self, call: CallId, acknowledged: &Acknowledged, out: &mut Out) {
        if let Some(state) = self.calls.get_mut(call) {
            stays_open(state);
        }
        let params = Raw::from_serialize(acknowledged).ok().and_then(Object::from_raw).unwrap_or_else(Object::empty);
        out.event(Event::Update { call, method: Name::from_static(ACKNOWLEDGED), params });
    }
}

/// An acknowledged subscription stays open as long as it is wanted.
fn stays_open(call: &mut Call) {
    (call.until, call.total) = (None, None);
}
