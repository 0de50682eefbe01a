//! Who waits for what of a client.

use super::callbacks::Callbacks;
use super::eras::Eras;
use super::feed::Feed;
use super::subscription::Update;
use crate::client::{AskId, CallId, Event, Reply, ServerInfo};
use crate::error::{CallError, Closed};
use crate::handle::span::{CallSpan, Notes};
use crate::handle::sync::{Once, wake};
use crate::model::{Era, LOG_MESSAGE, Progress, Revision};
use crate::rpc::{Name, Object, Raw};
use crate::stats::Timing;
use rustc_hash::FxHashMap;
use std::fmt;
use std::mem::take;
use std::sync::Arc;
use std::task::Waker;

/// Where the end of a call arrives.
pub type Slot = Once<Ended>;

/// How and when a call ended.
#[derive(Debug)]
pub struct Ended {
    /// How.
    pub outcome: Result<Reply, CallError>,
    /// When; `None` if the machine never had the call, or was gone before it ended.
    pub timing: Option<Timing>,
}

/// Called with each progress report of a call, by whoever reads.
pub type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// Called with each notification of a subscription, by whoever reads.
pub type OnUpdate = Arc<dyn Fn(Name, Object) + Send + Sync>;

/// Who is told: other people's code, or whoever takes from a queue.
#[derive(Clone)]
pub(super) enum Listener<F, T> {
    Call(F),
    Feed(Arc<Feed<T>>),
}

/// Who is told of a call before it ends.
#[derive(Clone, Default)]
pub struct Listeners {
    /// Of its progress.
    pub(super) progress: Option<Listener<OnProgress, Progress>>,
    /// Of the changes it subscribes to.
    pub(super) updates: Option<Listener<OnUpdate, Update>>,
    /// Of its end.
    pub(super) span: CallSpan,
}

impl Listeners {
    /// Nothing more will come.
    #[must_use = "wake them when no lock is held"]
    pub(super) fn end(&self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        if let Some(Listener::Feed(feed)) = &self.progress {
            wakers.extend(feed.end());
        }
        if let Some(Listener::Feed(feed)) = &self.updates {
            wakers.extend(feed.end());
        }
        wakers
    }

    /// What has to be dropped once no lock is held: mostly nothing, and that takes no room.
    fn leave(self) -> Vec<Self> {
        if self.progress.is_none() && self.updates.is_none() { Vec::new() } else { vec![self] }
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (progress, updates) = (self.progress.is_some(), self.updates.is_some());
        f.debug_struct("Listeners").field("progress", &progress).field("updates", &updates).finish()
    }
}

/// Where the era of the server is remembered.
pub(crate) type Remembered = (Eras, String);

/// Who waits for the events of a client's machine. Kept under the same lock as the machine.
pub struct Pending {
    calls: FxHashMap<CallId, Waiting>,
    last: u64,
    opened: Arc<Once<Result<Arc<ServerInfo>, Closed>>>,
    closed: Arc<Once<Closed>>,
    /// Notifications that nobody listened to.
    dropped: u64,
    revision: Option<Revision>,
    /// Who hears log messages, and who what nobody else takes.
    log: Option<OnUpdate>,
    notification: Option<OnUpdate>,
    remembered: Option<Remembered>,
}

struct Waiting {
    slot: Arc<Slot>,
    listeners: Listeners,
}

/// What is left to do for calls that ended and for the connection: other people's code and values.
#[derive(Default)]
pub struct Released {
    wakers: Vec<Waker>,
    listeners: Vec<Listeners>,
    notes: Notes,
}

impl Released {
    /// Wakes and drops. To be called when no lock is held.
    pub fn release(self) {
        self.notes.tell();
        wake(self.wakers);
        drop(self.listeners);
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wakers.is_empty() && self.listeners.is_empty() && self.notes.is_empty()
    }

    /// Takes in more.
    pub fn add(&mut self, more: Self) {
        self.wakers.extend(more.wakers);
        self.listeners.extend(more.listeners);
        self.notes.add(more.notes);
    }

    /// Takes in a waker.
    pub fn add_waker(&mut self, waker: Waker) {
        self.wakers.push(waker);
    }
}

/// What is left to do about an event once the lock is released: all of it is other people's code.
#[must_use = "it is to be done when the lock is released"]
pub enum Todo {
    /// Wake those who wait, and let go of what belongs to them.
    Release(Released),
    /// Tell of progress.
    Progress(OnProgress, Progress),
    /// Tell of a change, or of another notification.
    Update(OnUpdate, Name, Object),
    /// Put a fresh stream in the place of this one, and say [`Command::Reopened`](crate::client::Command::Reopened).
    Reopen,
    /// Answer a question.
    Ask {
        /// By what it is answered.
        ask: AskId,
        /// What is asked for.
        method: Name,
        /// Its parameters.
        params: Raw,
        /// What the server speaks.
        revision: Revision,
    },
    /// A question needs no answer any more.
    Withdraw(AskId),
    /// Nothing.
    Nothing,
}

impl Todo {
    fn wake(waker: Option<Waker>) -> Self {
        Self::Release(Released { wakers: waker.into_iter().collect(), ..Released::default() })
    }
}

impl Pending {
    /// Nobody waits yet.
    #[must_use]
    pub fn new(callbacks: &Callbacks) -> Self {
        Self {
            calls: FxHashMap::default(),
            last: 0,
            opened: Once::new(),
            closed: Once::new(),
            remembered: callbacks.remembered.clone(),
            dropped: 0,
            revision: None,
            log: callbacks.log.clone(),
            notification: callbacks.notification.clone(),
        }
    }

    /// Where the server's description arrives.
    #[must_use]
    pub fn opened(&self) -> Arc<Once<Result<Arc<ServerInfo>, Closed>>> {
        self.opened.clone()
    }

    /// Where the end arrives.
    #[must_use]
    pub fn closed(&self) -> Arc<Once<Closed>> {
        self.closed.clone()
    }

    /// Names a call and makes the place where its end arrives. The machine is then told to begin it.
    /// The listeners stay the caller's too, who drops them when no lock is held.
    pub fn begin(&mut self, listeners: &Listeners) -> (CallId, Arc<Slot>) {
        self.last += 1;
        let call = CallId(self.last);
        let slot = Slot::new();
        if self.closed.is_there()
            && let Some(why) = self.closed.get()
        {
            // Nobody waits yet, so there is nobody to wake.
            drop(slot.put(Ended { outcome: Err(why.into()), timing: None }));
            drop(listeners.end());
        } else {
            self.calls.insert(call, Waiting { slot: slot.clone(), listeners: listeners.clone() });
        }
        (call, slot)
    }

    /// Takes an event of the machine.
    pub fn absorb(&mut self, event: Event) -> Todo {
        match event {
            Event::Ended { call, outcome, timing } => match self.calls.remove(&call) {
                Some(mut pending) => {
                    let notes = Notes::ended(take(&mut pending.listeners.span), &outcome, self.era());
                    let mut wakers = pending.slot.put(Ended { outcome, timing: Some(timing) });
                    wakers.extend(pending.listeners.end());
                    Todo::Release(Released { notes, wakers, listeners: pending.listeners.leave() })
                }
                None => Todo::Nothing,
            },
            Event::Progress { call, progress } => {
                match self.calls.get(&call).and_then(|pending| pending.listeners.progress.as_ref()) {
                    Some(Listener::Call(tell)) => Todo::Progress(tell.clone(), progress),
                    Some(Listener::Feed(feed)) => Todo::wake(feed.push(progress)),
                    None => Todo::Nothing,
                }
            }
            Event::Update { call, method, params } => {
                match self.calls.get(&call).and_then(|pending| pending.listeners.updates.as_ref()) {
                    Some(Listener::Call(tell)) => Todo::Update(tell.clone(), method, params),
                    Some(Listener::Feed(feed)) => Todo::wake(feed.push(Update::read(method, params))),
                    None => {
                        self.dropped += 1;
                        Todo::Nothing
                    }
                }
            }
            Event::Reopen { .. } => Todo::Reopen,
            Event::Ready(info) => {
                self.revision = Some(info.revision);
                let notes = Notes::opened(info.revision);
                if let Some((eras, target)) = &self.remembered {
                    eras.remember(target.clone(), info.revision.era());
                }
                Todo::Release(Released { wakers: self.opened.put(Ok(info)), notes, ..Released::default() })
            }
            Event::Ask { ask, method, params, .. } => match self.revision {
                Some(revision) => Todo::Ask { ask, method, params, revision },
                // Nothing is asked before the server is known.
                None => Todo::Nothing,
            },
            Event::Withdrawn { ask } => Todo::Withdraw(ask),
            Event::Notification { method, params } => {
                let log = self.log.as_ref().filter(|_| method == *LOG_MESSAGE);
                match log.or(self.notification.as_ref()) {
                    Some(tell) => Todo::Update(tell.clone(), method, params),
                    None => {
                        self.dropped += 1;
                        Todo::Nothing
                    }
                }
            }
            Event::Violation(_) => Todo::Nothing,
        }
    }

    fn era(&self) -> Option<Era> {
        self.revision.map(Revision::era)
    }

    /// Notifications so far that nobody listened to: part of the connection's statistics.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The connection is over.
    #[must_use = "it is to be released when the lock is"]
    pub fn ended(&mut self, why: &Closed) -> Released {
        let mut released = Released { wakers: self.opened.put(Err(why.clone())), ..Released::default() };
        let era = self.era();
        for (_, mut pending) in self.calls.drain() {
            let outcome = Err(why.clone().into());
            released.notes.add(Notes::ended(take(&mut pending.listeners.span), &outcome, era));
            released.wakers.extend(pending.slot.put(Ended { outcome, timing: None }));
            released.wakers.extend(pending.listeners.end());
            released.listeners.push(pending.listeners);
        }
        if let Some(wakers) = self.closed.try_put(why.clone()) {
            released.wakers.extend(wakers);
            released.notes.add(Notes::closed("client", why));
        }
        released
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pending").field("calls", &self.calls.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Todo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Release(_) => "Release",
            Self::Progress(..) => "Progress",
            Self::Update(..) => "Update",
            Self::Reopen => "Reopen",
            Self::Ask { .. } => "Ask",
            Self::Withdraw(_) => "Withdraw",
            Self::Nothing => "Nothing",
        })
    }
}
