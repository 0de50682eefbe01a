//! What a server tells of a call, or of itself, unasked.

use super::call::CallId;
use super::session::{Out, Session};
use super::subscription::tag;
use crate::binding::Route;
use crate::model::{
    ACKNOWLEDGED, CANCELLED, Era, LOG_MESSAGE, NotificationFacts, PROGRESS, PROMPTS_LIST_CHANGED, Progress,
    RESOURCE_UPDATED, RESOURCES_LIST_CHANGED, Receiver, TOOLS_LIST_CHANGED, notification_facts,
};
use crate::rpc::{self, Name, Raw};

/// What has rules of its own.
const APART: [&str; 2] = [CANCELLED, LOG_MESSAGE];
/// What only a subscription brings since 2026-07-28 (subscriptions).
const SUBSCRIBED: [&str; 5] =
    [ACKNOWLEDGED, TOOLS_LIST_CHANGED, PROMPTS_LIST_CHANGED, RESOURCES_LIST_CHANGED, RESOURCE_UPDATED];

impl Session {
    pub(super) fn progress(&mut self, call: CallId, mut report: Progress, out: &mut Out) {
        let Some(entry) = self.calls.get_mut(call) else { return };
        let Some(token) = &entry.request.progress_token else { return };
        // JSON has no way to write what is not finite.
        if !report.progress.is_finite() || report.progress <= entry.progress || out.is_congested() {
            return;
        }
        report.total = report.total.filter(|total| total.is_finite());
        report.message = report.message.filter(|_| entry.request.peer.revision.has_progress_message());
        entry.progress = report.progress;
        report.progress_token = token.clone();
        if let Ok(params) = Raw::from_serialize(&report) {
            // A report that is too long is not worth an error.
            let _ = out.send(Route::Call(call.0), |w| rpc::write::notification(w, PROGRESS, Some(&params)));
        }
    }

    pub(super) fn notify(&mut self, call: Option<CallId>, method: &Name, params: Option<Raw>, out: &mut Out) {
        if !self.notified(call, method, params, out) {
            out.stats.rare().notifications_withheld += 1;
        }
    }

    /// Sends a notification of the owner, if that may be. Whether it was sent.
    fn notified(&mut self, call: Option<CallId>, method: &str, params: Option<Raw>, out: &mut Out) -> bool {
        let entry = match call.map(|call| self.calls.get_mut(call)) {
            Some(None) => return false,
            Some(Some(entry)) => Some(&*entry),
            None => None,
        };
        let revision = entry.map_or_else(|| self.legacy.revision(), |entry| Some(entry.request.peer.revision));
        let Some(revision) = revision else { return false };
        let subscription = entry.filter(|entry| entry.request.is_subscription()).map(|entry| &entry.id);
        let has = |facts: &NotificationFacts| facts.is_legal(revision, Receiver::Client);
        let unasked = revision.era() == Era::Modern && subscription.is_none() && SUBSCRIBED.contains(&method);
        // Without its acknowledgement a subscription is none.
        let late = out.is_congested() && method != ACKNOWLEDGED;
        if late || unasked || APART.contains(&method) || !notification_facts(method).is_none_or(has) {
            return false;
        }
        let route = call.map_or(Route::Unsolicited, |call| Route::Call(call.0));
        let sent = match subscription {
            None => out.send(route, |w| rpc::write::notification(w, method, params.as_ref())),
            Some(id) => out.send(route, |w| {
                let params = params.unwrap_or_else(Raw::empty_object);
                let meta = rpc::Object::from_raw(params.clone()).and_then(|params| params.get("_meta"));
                let others = rpc::splice::without(&params, "_meta");
                rpc::splice::notification_with(w, method, &others, |w| tag(w, id, meta.as_ref()));
            }),
        };
        sent.is_ok()
    }
}
