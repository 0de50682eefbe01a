//! Notifications, both ways.

use super::command::Event;
use super::session::{Out, Phase, Session};
use crate::binding::Route;
use crate::model::{Era, Progress, ROOTS_LIST_CHANGED, Receiver, notification_facts};
use crate::rpc::{self, Name, Object, Raw};
use crate::time::Time;

impl Session {
    /// Something happened that the core has no use for.
    pub(super) fn notified(&mut self, method: Name, params: Object, out: &mut Out) {
        if let Phase::Ready(info) = &self.phase {
            let revision = info.revision;
            // What the revision does not have as a server's is ignored.
            if notification_facts(method.as_str()).is_some_and(|f| !f.is_legal(revision, Receiver::Client)) {
                return out.stats.rare().notifications_dropped += 1;
            }
            let told = match revision.era() {
                Era::Modern => self.update(&method, &params, out),
                Era::Legacy => self.update_all(&method, &params, out),
            };
            if told {
                return;
            }
        }
        out.event(Event::Notification { method, params });
    }

    pub(super) fn notify(&mut self, method: Name, params: Option<Raw>, out: &mut Out) {
        match &self.phase {
            Phase::Ready(info) => {
                let revision = info.revision;
                // It announces what it said it would (lifecycle of the older era).
                let roots = self.config.capabilities.roots.as_ref();
                let undeclared = method == *ROOTS_LIST_CHANGED && roots.and_then(|r| r.list_changed) != Some(true);
                let legal = notification_facts(method.as_str()).is_none_or(|f| f.is_legal(revision, Receiver::Server));
                if legal && !undeclared {
                    let _ = out.send(Route::Unsolicited, |w| {
                        rpc::write::notification(w, method.as_str(), params.as_ref());
                    });
                }
            }
            _ if self.early.len() < self.config.limits.waiting => self.early.push_back((method, params)),
            _ => {}
        }
    }

    pub(super) fn progressed(&mut self, now: Time, params: &Object, out: &mut Out) {
        // Unknown and late tokens are dropped (progress, all revisions).
        let progress = params.raw().parse::<Progress>().ok();
        let of = progress.and_then(|p| Some((self.calls.by_wire(p.progress_token.as_i64()?)?, p)));
        let Some((call, progress)) = of else { return out.stats.rare().notifications_dropped += 1 };
        let Some(state) = self.calls.get_mut(call).filter(|state| state.request.progress) else {
            return out.stats.rare().notifications_dropped += 1;
        };
        if self.config.timeouts.progress_extends
            && let Some(deadline) = state.request.deadline
        {
            let until = now.after(deadline);
            // It never takes away from the time the caller gave.
            state.until = state.until.max(Some(state.total.map_or(until, |total| until.min(total))));
            let until = state.until;
            self.calls.note(until);
        }
        out.event(Event::Progress { call, progress });
    }
}
