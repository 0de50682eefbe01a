//! The virtual clock, for what runs in a world.

use super::timeline::{Timeline, Timer};
use crate::time::Time;
use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::time::Duration;

/// The clock of a [`World`](super::World), for what runs in it: a handler's state, a task. Cheap to clone; it
/// does not keep the world's tasks alive, as a clone of the world would.
///
/// ```
/// use mcp_proto::handle::server::{Cx, Server, Tool};
/// use mcp_proto::sim::{SimClock, World};
/// use std::time::Duration;
///
/// let world = World::new(1);
/// let brew = async |_: serde_json::Value, cx: Cx<SimClock>| {
///     cx.state().sleep(Duration::from_secs(240)).await;
///     "tea"
/// };
/// let client = world.client_of(Server::new("kitchen", "1.0").state(world.clock()).tool(Tool::new("brew"), brew));
/// let call = client.prepare_tool("brew", serde_json::json!({})).deadline(None).send();
/// assert_eq!(world.run(call)??.content[0].as_text(), Some("tea"));
/// assert_eq!(world.now().as_nanos(), 240_000_000_000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SimClock(Arc<Timeline>);

impl SimClock {
    pub(super) const fn new(timeline: Arc<Timeline>) -> Self {
        Self(timeline)
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.0.now()
    }

    /// Ready `d` from now: from this call on, not from when it is first awaited. Cancel-safe.
    pub fn sleep(&self, d: Duration) -> impl Future<Output = ()> + Send + use<> {
        let until = self.now().after(d);
        let mut timer = Timer::new(self.0.clone());
        poll_fn(move |cx| timer.poll(cx, until))
    }
}

impl fmt::Debug for SimClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimClock").field(&self.now()).finish()
    }
}
