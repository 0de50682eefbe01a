//! What a client wants to be told of, and what of that is still to be told: by its subscriptions (2026-07-28), or in
//! its session (before).

use super::call::CallId;
use super::config::Config;
use super::modern;
use super::session::{Out, Session, refuse};
use crate::binding::{Reply, Route};
use crate::model::{Acknowledged, Change, Changes, Listen, ResourceUpdated, Subscribe, Unsubscribe, meta};
use crate::rpc::{self, Id, Raw};
use bytes::BytesMut;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Everybody on one connection who is told of changes. Most connections have none.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    /// In the order they came; few, so a table would not be faster.
    listeners: Vec<Listener>,
    /// What is to be told, first come first. Each change is there at most once for each listener, so a client that
    /// reads too slowly costs no more than what it asked for.
    due: VecDeque<(Option<CallId>, Change)>,
    /// Resources of all listeners, and the bytes of their URIs.
    resources: usize,
    bytes: usize,
}

/// Somebody who is told.
#[derive(Debug)]
struct Listener {
    /// The number and the id of its request; none is the session of the older era.
    of: Option<(CallId, Id)>,
    /// The changes it is told of, and whether one is to be told.
    wants: BTreeMap<Change, bool>,
}

impl Listener {
    fn call(&self) -> Option<CallId> {
        self.of.as_ref().map(|(call, _)| *call)
    }

    fn resources(&self) -> impl Iterator<Item = &String> {
        self.wants.keys().filter_map(|change| match change {
            Change::Resource(uri) => Some(uri),
            _ => None,
        })
    }

    fn tell(&self, change: &Change, out: &mut Out) {
        let params = match change {
            Change::Resource(uri) => Raw::from_serialize(&ResourceUpdated::new(uri)).ok(),
            _ => None,
        };
        let name = change.notification();
        // It is shorter than the request that asked for it, so it is never longer than a message may be.
        let _ = match &self.of {
            None => out.send(Route::Unsolicited, |w| rpc::write::notification(w, name, params.as_ref())),
            Some((call, id)) => out.send(Route::Call(call.0), |w| {
                let params = params.unwrap_or_else(Raw::empty_object);
                rpc::splice::notification_with(w, name, &params, |w| tag(w, id, None));
            }),
        };
    }
}

impl Subscriptions {
    /// Subscriptions that are open. A session is none.
    fn open(&self) -> usize {
        self.listeners.iter().filter(|listener| listener.of.is_some()).count()
    }

    /// After a listener, or what it wants, has come or gone.
    fn recount(&mut self) {
        let uris = self.listeners.iter().flat_map(Listener::resources);
        (self.resources, self.bytes) = uris.fold((0, 0), |(count, bytes), uri| (count + 1, bytes + uri.len()));
    }

    /// The session, which is told of changed lists whether or not it asked.
    fn session(&mut self, config: &Config) -> Option<&mut Listener> {
        let at = self.listeners.iter().position(|listener| listener.of.is_none()).unwrap_or_else(|| {
            let lists = [Change::ToolsList, Change::PromptsList, Change::ResourcesList].into_iter();
            let wants = lists.filter(|list| config.capabilities.offers(list.capability()));
            self.listeners.push(Listener { of: None, wants: wants.map(|list| (list, false)).collect() });
            self.listeners.len() - 1
        });
        self.listeners.get_mut(at)
    }

    fn announce(&mut self, change: &Change) {
        for listener in &mut self.listeners {
            if let Some(due) = listener.wants.get_mut(change)
                && !std::mem::replace(due, true)
            {
                self.due.push_back((listener.call(), change.clone()));
            }
        }
    }

    /// Tells what is due, as far as `goes_on`.
    fn tell(&mut self, out: &mut Out, goes_on: impl Fn(&Out) -> bool) {
        while goes_on(out)
            && let Some((to, change)) = self.due.pop_front()
        {
            let Some(listener) = self.listeners.iter_mut().find(|listener| listener.call() == to) else { continue };
            if let Some(due) = listener.wants.get_mut(&change) {
                *due = false;
                listener.tell(&change, out);
            }
        }
    }

    /// Whether there is nobody to be told of anything any more, but a session that asked for nothing.
    fn is_over(&self) -> bool {
        self.due.is_empty() && self.open() == 0 && self.resources == 0
    }

    fn remove(&mut self, id: &Id) -> bool {
        let named = |listener: &Listener| listener.of.as_ref().is_some_and(|(_, of)| of == id);
        let Some(at) = self.listeners.iter().position(named) else { return false };
        let gone = self.listeners.remove(at).call();
        self.due.retain(|(to, _)| *to != gone);
        self.recount();
        true
    }
}

/// Writes the `_meta` that names a subscription (2026-07-28, subscriptions: everything it brings has one).
pub(super) fn tag(w: &mut BytesMut, id: &Id, others: Option<&Raw>) {
    w.extend_from_slice(b"\"_meta\":{");
    tag_member(w, id);
    if let Some(others) = others {
        rpc::splice::members_but(w, others, &[meta::SUBSCRIPTION_ID]);
    }
    w.extend_from_slice(b"}");
}

pub(super) fn tag_member(w: &mut BytesMut, id: &Id) {
    w.extend_from_slice(b"\"");
    w.extend_from_slice(meta::SUBSCRIPTION_ID.as_bytes());
    w.extend_from_slice(b"\":");
    id.write_json(w);
}

impl Session {
    /// Whether a subscription has this id.
    pub(super) fn listens(&self, id: &Id) -> bool {
        let named = |listener: &Listener| listener.of.as_ref().is_some_and(|(_, of)| of == id);
        self.subscriptions.as_ref().is_some_and(|all| all.listeners.iter().any(named))
    }

    /// Bytes of the URIs that clients are subscribed to.
    pub(super) fn subscribed_bytes(&self) -> usize {
        self.subscriptions.as_ref().map_or(0, |all| all.bytes)
    }

    /// Begins a subscription with what is accepted of it: what this server does not tell of is left out.
    pub(super) fn listen(&mut self, id: &Id, asked: Listen, out: &mut Out) -> Result<(), (i64, String)> {
        if self.is_draining() {
            return Err((rpc::INTERNAL_ERROR, "the server is shutting down; connect anew".to_owned()));
        }
        let most = self.config.limits.subscriptions;
        if self.subscriptions.as_ref().map_or(0, |all| all.open()) >= most {
            let text = format!("{most} subscriptions are open; end some (`Limits::subscriptions`)");
            return Err((rpc::INTERNAL_ERROR, text));
        }
        let mut wants: BTreeSet<Change> = asked.notifications.all();
        wants.retain(|change| self.config.capabilities.offers(change.capability()));
        self.room_for(wants.iter().filter_map(|change| match change {
            Change::Resource(uri) => Some(uri),
            _ => None,
        }))?;
        let internal = |e: String| (rpc::INTERNAL_ERROR, e);
        let accepted = Raw::from_serialize(&Acknowledged::new(wants.iter().collect::<Changes>()));
        let accepted = accepted.map_err(|e| internal(e.to_string()))?;
        let call = self.calls.next_call();
        let name = crate::model::ACKNOWLEDGED;
        out.send(Route::Call(call.0), |w| {
            rpc::splice::notification_with(w, name, &accepted, |w| tag(w, id, None));
        })
        .map_err(|too_long| internal(too_long.to_string()))?;
        let wants = wants.into_iter().map(|change| (change, false)).collect();
        let listener = Listener { of: Some((call, id.clone())), wants };
        let all = self.subscriptions.get_or_insert_default();
        all.listeners.push(listener);
        all.recount();
        Ok(())
    }

    /// Whether more resources can be subscribed to.
    fn room_for<'a>(&self, uris: impl Iterator<Item = &'a String>) -> Result<(), (i64, String)> {
        let (count, bytes) = uris.fold((0_usize, 0_usize), |(count, bytes), uri| (count + 1, bytes + uri.len()));
        let limits = &self.config.limits;
        let there = self.subscriptions.as_ref().map_or(0, |all| all.resources);
        if count > 0 && there.saturating_add(count) > limits.subscribed {
            let text = format!("with {count} more, over {} resources would be subscribed to", limits.subscribed);
            return Err((rpc::INTERNAL_ERROR, format!("{text}; end some subscriptions (`Limits::subscribed`)")));
        }
        let retained = self.retained();
        if retained > 0 && limits.inbound.is_some_and(|most| retained.saturating_add(bytes) > most) {
            let text = "too many bytes are in flight; wait for some calls to end, or end subscriptions";
            return Err((rpc::INTERNAL_ERROR, text.to_owned()));
        }
        Ok(())
    }

    /// The session of the older era is told of one more resource.
    pub(super) fn subscribe(&mut self, Subscribe { uri, .. }: Subscribe) -> Result<(), (i64, String)> {
        let change = Change::Resource(uri);
        let session = self.subscriptions.iter().flat_map(|all| &all.listeners).find(|listener| listener.of.is_none());
        if session.is_some_and(|session| session.wants.contains_key(&change)) {
            return Ok(());
        }
        if let Change::Resource(uri) = &change {
            self.room_for(std::iter::once(uri))?;
        }
        let all = self.subscriptions.get_or_insert_default();
        if let Some(session) = all.session(&self.config) {
            session.wants.insert(change, false);
        }
        all.recount();
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, Unsubscribe { uri, .. }: Unsubscribe) {
        let Some(all) = &mut self.subscriptions else { return };
        let change = Change::Resource(uri);
        if let Some(session) = all.session(&self.config) {
            session.wants.remove(&change);
        }
        all.due.retain(|(to, due)| to.is_some() || *due != change);
        all.recount();
        self.let_go();
    }

    /// The client ends a subscription. Whether it is one.
    pub(super) fn unlisten(&mut self, id: &Id) -> bool {
        let was = self.subscriptions.as_mut().is_some_and(|all| all.remove(id));
        self.let_go();
        was
    }

    /// Tells everybody who wants to know.
    pub(super) fn announce(&mut self, change: &Change, out: &mut Out) {
        let told_unasked = !matches!(change, Change::Resource(_)) && self.legacy.revision().is_some();
        if told_unasked && self.config.capabilities.offers(change.capability()) {
            self.subscriptions.get_or_insert_default().session(&self.config);
        }
        if let Some(all) = &mut self.subscriptions {
            all.announce(change);
        }
        self.tell_due(out);
    }

    /// Tells what is due, as long as the client keeps up.
    pub(super) fn tell_due(&mut self, out: &mut Out) {
        if let Some(all) = &mut self.subscriptions {
            all.tell(out, |out| !out.is_congested());
        }
        self.let_go();
    }

    /// Ends all subscriptions as it should be: what is due is told, then their requests get a result (2026-07-28,
    /// subscriptions). A session goes on as long as the connection.
    pub(super) fn end_subscriptions(&mut self, out: &mut Out) {
        let Some(all) = &mut self.subscriptions else { return };
        all.tell(out, |_| true);
        let (session, ended) = std::mem::take(&mut all.listeners).into_iter().partition(|it| it.of.is_none());
        all.listeners = session;
        all.recount();
        let ended: Vec<Listener> = ended;
        for (call, id) in ended.into_iter().filter_map(|listener| listener.of) {
            let reply = Reply { route: Route::Call(call.0), batch: None };
            let result = modern::Final { subscription: true, ..modern::Final::default() };
            if let Err(too_long) = modern::result(&self.config, &id, &result, &Raw::empty_object(), reply, out) {
                refuse(&id, rpc::INTERNAL_ERROR, too_long.to_string(), out);
            }
        }
        self.let_go();
    }

    /// An idle connection costs nothing for what nobody waits for.
    fn let_go(&mut self) {
        if self.subscriptions.as_ref().is_some_and(|all| all.is_over()) {
            self.subscriptions = None;
        }
    }
}
