//! What subscriptions are for in the older era: lists whose changes are told to everybody, and resources that are
//! subscribed to one by one. Several subscriptions to one resource are one to the server.

use super::call::CallId;
use crate::model::{
    Changes, Extra, PROMPTS_LIST_CHANGED, RESOURCE_UPDATED, RESOURCES_LIST_CHANGED, ServerCapabilities,
    TOOLS_LIST_CHANGED,
};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be said, and to whom.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// To the server: tell of this resource.
    Subscribe(String),
    /// To the server: tell of it no more.
    Unsubscribe(String),
    /// To the owner: this is what will be told.
    Acknowledge(CallId, Changes),
}

/// All subscriptions of a session of the older era.
#[derive(Debug, Default)]
pub(super) struct Listening {
    subscriptions: BTreeMap<CallId, Subscription>,
    resources: BTreeMap<String, Resource>,
    /// The resources that requests are about, by the ids of those.
    requests: FxHashMap<i64, String>,
}

#[derive(Debug)]
struct Subscription {
    /// What the server allows of what was asked for.
    changes: Changes,
    /// Resources of it that the server has not answered for.
    open: usize,
    acknowledged: bool,
}

#[derive(Debug, Default)]
struct Resource {
    subscribers: BTreeSet<CallId>,
    state: State,
}

/// There is one request about a resource at a time, so that a server which answers in any order can't mix them up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum State {
    #[default]
    Untold,
    Subscribing,
    Told,
    Unsubscribing,
}

impl Listening {
    /// The part of what is asked for that the server can tell of (lifecycle: only what was agreed is used).
    pub(super) fn acceptable(asked: Changes, server: &ServerCapabilities) -> Changes {
        let list = |asked: Option<bool>, capability| asked.filter(|asked| *asked && server.offers(capability));
        let uris = asked.resource_subscriptions.filter(|_| server.offers("resources.subscribe"));
        Changes {
            tools_list_changed: list(asked.tools_list_changed, "tools.listChanged"),
            prompts_list_changed: list(asked.prompts_list_changed, "prompts.listChanged"),
            resources_list_changed: list(asked.resources_list_changed, "resources.listChanged"),
            resource_subscriptions: uris.map(|uris| uris.into_iter().collect::<BTreeSet<_>>().into_iter().collect()),
            extra: Extra::new(),
        }
    }

    /// Whether these resources too are no more than `most`.
    pub(super) fn has_room(&self, changes: &Changes, most: usize) -> bool {
        let new = changes.resource_subscriptions.iter().flatten().filter(|uri| !self.resources.contains_key(*uri));
        self.resources.len().saturating_add(new.count()) <= most
    }

    /// Begins a subscription to what is [acceptable](Self::acceptable).
    pub(super) fn begin(&mut self, call: CallId, changes: Changes, steps: &mut Vec<Step>) {
        let mut open = 0;
        for uri in changes.resource_subscriptions.iter().flatten() {
            let resource = self.resources.entry(uri.clone()).or_default();
            resource.subscribers.insert(call);
            open += usize::from(resource.state != State::Told);
            if resource.state == State::Untold {
                resource.state = State::Subscribing;
                steps.push(Step::Subscribe(uri.clone()));
            }
        }
        self.subscriptions.insert(call, Subscription { changes, open, acknowledged: false });
        self.acknowledge(call, steps);
    }

    /// A request went out.
    pub(super) fn sent(&mut self, wire: i64, uri: String) {
        self.requests.insert(wire, uri);
    }

    /// The resource that this request was about, which is over.
    pub(super) fn arrived(&mut self, wire: i64) -> Option<String> {
        self.requests.remove(&wire)
    }

    /// The request about a resource has ended, well or not.
    pub(super) fn answered(&mut self, uri: &str, well: bool, steps: &mut Vec<Step>) {
        let Some(resource) = self.resources.get_mut(uri) else { return };
        let subscribed = std::mem::take(&mut resource.state) == State::Subscribing;
        if !subscribed {
            // Whatever the answer was: a server that does not take it back tells of what nobody wants.
            if resource.subscribers.is_empty() {
                self.resources.remove(uri);
            } else {
                resource.state = State::Subscribing;
                steps.push(Step::Subscribe(uri.to_owned()));
            }
            return;
        }
        let waiting: Vec<CallId> = resource.subscribers.iter().copied().collect();
        if well && !waiting.is_empty() {
            resource.state = State::Told;
        } else if well {
            resource.state = State::Unsubscribing;
            steps.push(Step::Unsubscribe(uri.to_owned()));
        } else {
            self.resources.remove(uri);
        }
        for call in waiting {
            if let Some(subscription) = self.subscriptions.get_mut(&call) {
                subscription.open = subscription.open.saturating_sub(1);
                if !well && let Some(uris) = &mut subscription.changes.resource_subscriptions {
                    uris.retain(|other| other != uri);
                }
            }
            self.acknowledge(call, steps);
        }
    }

    /// A subscription has ended.
    pub(super) fn end(&mut self, call: CallId, steps: &mut Vec<Step>) {
        let Some(subscription) = self.subscriptions.remove(&call) else { return };
        for uri in subscription.changes.resource_subscriptions.into_iter().flatten() {
            let Some(resource) = self.resources.get_mut(&uri) else { continue };
            resource.subscribers.remove(&call);
            if resource.subscribers.is_empty() && resource.state == State::Told {
                resource.state = State::Unsubscribing;
                steps.push(Step::Unsubscribe(uri));
            }
        }
    }

    /// Whether this call is a subscription.
    pub(super) fn has(&self, call: CallId) -> bool {
        self.subscriptions.contains_key(&call)
    }

    /// The subscriptions, in order, that a notification is for. `uri` is the resource it names, if any.
    pub(super) fn whom(&self, method: &str, uri: Option<&str>) -> Vec<CallId> {
        let wants = |changes: &Changes| match method {
            TOOLS_LIST_CHANGED => changes.tools_list_changed.is_some(),
            PROMPTS_LIST_CHANGED => changes.prompts_list_changed.is_some(),
            RESOURCES_LIST_CHANGED => changes.resources_list_changed.is_some(),
            RESOURCE_UPDATED => uri.is_some_and(|updated| {
                changes.resource_subscriptions.iter().flatten().any(|subscribed| is_within(updated, subscribed))
            }),
            _ => false,
        };
        // Nothing of a subscription comes before it is acknowledged, as in the modern era.
        self.subscriptions.iter().filter(|(_, s)| s.acknowledged && wants(&s.changes)).map(|(call, _)| *call).collect()
    }

    fn acknowledge(&mut self, call: CallId, steps: &mut Vec<Step>) {
        if let Some(subscription) = self.subscriptions.get_mut(&call)
            && subscription.open == 0
            && !std::mem::replace(&mut subscription.acknowledged, true)
        {
            steps.push(Step::Acknowledge(call, subscription.changes.clone()));
        }
    }
}

/// Whether a resource is the one subscribed to, or part of it (resources, `notifications/resources/updated`: it may
/// name a sub-resource).
fn is_within(updated: &str, subscribed: &str) -> bool {
    updated
        .strip_prefix(subscribed)
        .is_some_and(|rest| rest.is_empty() || subscribed.ends_with('/') || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_resources() {
        for (updated, subscribed, expected) in [
            ("file:///a", "file:///a", true),
            ("file:///a/b", "file:///a", true),
            ("file:///a/b", "file:///a/", true),
            ("file:///a?x=1", "file:///a", true),
            ("file:///a#x", "file:///a", true),
            ("file:///ab", "file:///a", false),
            ("file:///a", "file:///a/b", false),
            ("file:///a", "file:///a/", false),
        ] {
            assert_eq!(is_within(updated, subscribed), expected, "{updated} within {subscribed}");
        }
    }

    /// What happens to subscriptions, and what is said about it.
    enum On {
        Begin(u64, &'static [&'static str]),
        Answer(&'static str, bool),
        End(u64),
    }

    fn said(steps: Vec<Step>) -> Vec<String> {
        let text = |step| match step {
            Step::Subscribe(uri) => format!("subscribe {uri}"),
            Step::Unsubscribe(uri) => format!("unsubscribe {uri}"),
            Step::Acknowledge(CallId(call), changes) => {
                format!("acknowledge {call} {}", changes.resource_subscriptions.unwrap_or_default().join(" "))
            }
        };
        steps.into_iter().map(text).collect()
    }

    #[test]
    fn several_subscriptions_to_a_resource_are_one() {
        use On::{Answer, Begin, End};
        let mut listening = Listening::default();
        let story: &[(On, &[&str])] = &[
            (Begin(1, &["a", "b"]), &["subscribe a", "subscribe b"]),
            (Begin(2, &["a"]), &[]),
            (Answer("a", true), &["acknowledge 2 a"]),
            (Answer("b", false), &["acknowledge 1 a"]),
            (Begin(3, &["a"]), &["acknowledge 3 a"]),
            (End(1), &[]),
            (End(2), &[]),
            (End(3), &["unsubscribe a"]),
            // Anew before the server has answered: one after the other.
            (Begin(4, &["a"]), &[]),
            (Answer("a", true), &["subscribe a"]),
            (End(4), &[]),
            (Answer("a", true), &["unsubscribe a"]),
            (Answer("a", false), &[]),
            // It is gone before it is there.
            (Begin(5, &["c"]), &["subscribe c"]),
            (End(5), &[]),
            (Begin(6, &["c"]), &[]),
            (Answer("c", true), &["acknowledge 6 c"]),
            (Begin(7, &[]), &["acknowledge 7 "]),
            (End(6), &["unsubscribe c"]),
            (Answer("c", true), &[]),
            (End(7), &[]),
        ];
        for (number, (on, expected)) in story.iter().enumerate() {
            let mut steps = Vec::new();
            match on {
                Begin(call, uris) => {
                    let uris: Vec<String> = uris.iter().map(|&uri| uri.to_owned()).collect();
                    listening.begin(CallId(*call), Changes::new().resource_subscriptions(uris), &mut steps);
                }
                Answer(uri, well) => listening.answered(uri, *well, &mut steps),
                End(call) => listening.end(CallId(*call), &mut steps),
            }
            assert_eq!(said(steps), *expected, "step {number}");
        }
        assert!(listening.subscriptions.is_empty() && listening.resources.is_empty());
    }
}
