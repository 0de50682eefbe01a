//! The connections of one listener: at most so many at a time, and told together to end.

use super::serving::Serving;
use crate::handle::sync::lock;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The open connections of a listener. For adapters: one task or thread accepts, whoever serves holds a [`Place`].
///
/// Its lock is taken when a connection begins and when it ends, never in between.
pub struct Connections {
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// One for each connection; those that ended left theirs to the next.
    places: Vec<Option<Serving>>,
    free: Vec<usize>,
    /// Deadline of the last [`Connections::shutdown`].
    stopping: Option<Duration>,
    /// Who accepts, while that waits.
    acceptor: Option<Waker>,
}

impl State {
    fn open(&self) -> usize {
        self.places.len() - self.free.len()
    }

    fn accepted_by(&mut self, cx: &Context<'_>) {
        match &mut self.acceptor {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
    }
}

impl Connections {
    /// None yet, and at most `most` at a time (at least one).
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most: most.max(1), state: Mutex::default() })
    }

    /// How many are open.
    #[must_use]
    pub fn open(&self) -> usize {
        lock(&self.state).open()
    }

    /// Adds one. After a shutdown it is told to end at once, like those before it.
    #[must_use = "it counts until the place is dropped"]
    pub fn add(self: &Arc<Self>, serving: Serving) -> Place {
        let mut state = lock(&self.state);
        let stopping = state.stopping;
        let at = state.free.pop().unwrap_or(state.places.len());
        match state.places.get_mut(at) {
            Some(place) => *place = Some(serving.clone()),
            None => state.places.push(Some(serving.clone())),
        }
        drop(state);
        if let Some(deadline) = stopping {
            serving.shutdown(deadline);
        }
        Place { connections: self.clone(), at }
    }

    /// Tells all to take no more requests and to let those in flight end for at most `deadline`; and whoever
    /// accepts to stop. More than once: the earliest deadline counts.
    pub fn shutdown(&self, deadline: Duration) {
        let (open, acceptor) = {
            let mut state = lock(&self.state);
            state.stopping = Some(deadline);
            (state.places.iter().flatten().cloned().collect::<Vec<_>>(), state.acceptor.take())
        };
        for serving in open {
            serving.shutdown(deadline);
        }
        if let Some(acceptor) = acceptor {
            acceptor.wake();
        }
    }

    /// Ready when one more may be accepted.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        state.accepted_by(cx);
        if state.open() < self.most { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The deadline of the last shutdown, once there was one.
    pub fn poll_stopping(&self, cx: &mut Context<'_>) -> Poll<Duration> {
        let mut state = lock(&self.state);
        state.accepted_by(cx);
        state.stopping.map_or(Poll::Pending, Poll::Ready)
    }

    /// Ready when none is open.
    pub fn poll_empty(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        state.accepted_by(cx);
        if state.open() == 0 { Poll::Ready(()) } else { Poll::Pending }
    }

    fn remove(&self, at: usize) {
        // The handle may be the last one of its connection: it is dropped when the lock is not held.
        let (_ended, acceptor) = {
            let mut state = lock(&self.state);
            let waits = state.open() >= self.most || state.stopping.is_some();
            let ended = state.places.get_mut(at).and_then(Option::take);
            state.free.push(at);
            (ended, if waits { state.acceptor.take() } else { None })
        };
        if let Some(acceptor) = acceptor {
            acceptor.wake();
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections").field("most", &self.most).field("open", &self.open()).finish_non_exhaustive()
    }
}

/// A connection's place among the others. Dropped when the connection has ended, it makes room for the next.
#[derive(Debug)]
pub struct Place {
    connections: Arc<Connections>,
    at: usize,
}

impl Place {
    /// A connection that has this place until it ends.
    pub fn of<F: Future + Unpin>(self, connection: F) -> impl Future<Output = ()> + use<F> {
        Placed { connection, _place: self }
    }
}

/// An `async` block would take the room of the connection twice.
struct Placed<F> {
    connection: F,
    _place: Place,
}

impl<F: Future + Unpin> Future for Placed<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.connection).poll(cx).map(drop)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.remove(self.at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handle::server::ServerPort;
    use crate::handle::sync::Once;
    use crate::server::Command;
    use crate::stats::Stats;
    use crate::time::Time;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    /// A connection that remembers what it was told.
    #[derive(Default)]
    struct Told(Mutex<Vec<Duration>>);

    impl ServerPort for Told {
        fn now(&self) -> Time {
            Time::ORIGIN
        }

        fn command(&self, command: Command) {
            if let Command::Drain { within } = command {
                lock(&self.0).push(within);
            }
        }

        fn stats(&self) -> Stats {
            Stats::default()
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    struct World {
        connections: Arc<Connections>,
        woken: Arc<Woken>,
    }

    impl World {
        fn new(most: usize) -> Self {
            Self { connections: Connections::new(most), woken: Arc::default() }
        }

        fn add(&self) -> (Place, Arc<Told>) {
            let told = Arc::new(Told::default());
            (self.connections.add(Serving::new(told.clone(), Once::new())), told)
        }

        /// Room, stopping, empty, and how many are open.
        fn look(&self) -> (bool, Option<Duration>, bool, usize) {
            let waker = Waker::from(self.woken.clone());
            let cx = &mut Context::from_waker(&waker);
            let stopping = match self.connections.poll_stopping(cx) {
                Poll::Ready(deadline) => Some(deadline),
                Poll::Pending => None,
            };
            let (room, empty) = (self.connections.poll_room(cx), self.connections.poll_empty(cx));
            (room.is_ready(), stopping, empty.is_ready(), self.connections.open())
        }

        fn woken(&self) -> usize {
            self.woken.0.swap(0, Ordering::SeqCst)
        }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn at_the_cap_there_is_room_when_one_has_ended() {
        let world = World::new(2);
        assert_eq!(world.look(), (true, None, true, 0));
        let first = world.add();
        assert_eq!((world.look(), world.woken()), ((true, None, false, 1), 0));
        let second = world.add();
        assert_eq!((world.look(), world.woken()), ((false, None, false, 2), 0));
        drop(first);
        assert_eq!((world.woken(), world.look()), (1, (true, None, false, 1)));
        let third = world.add();
        assert_eq!(world.look(), (false, None, false, 2));
        drop((second, third));
        assert_eq!((world.woken(), world.look()), (1, (true, None, true, 0)));
    }

    #[test]
    fn nobody_is_woken_by_an_end_while_there_is_room() {
        let world = World::new(3);
        let (first, _second) = (world.add(), world.add());
        world.look();
        drop(first);
        assert_eq!(world.woken(), 0);
    }

    #[test]
    fn a_cap_of_none_is_one() {
        let world = World::new(0);
        assert!(world.look().0);
        let _one = world.add();
        assert!(!world.look().0);
    }

    #[test]
    fn all_are_told_to_end_and_so_is_one_that_comes_late() {
        let world = World::new(8);
        let (gone, first, second) = (world.add(), world.add(), world.add());
        drop(gone.0);
        world.look();
        world.connections.shutdown(SECOND);
        assert_eq!((world.woken(), world.look()), (1, (true, Some(SECOND), false, 2)));
        let late = world.add();
        world.connections.shutdown(2 * SECOND);
        let told = [&gone.1, &first.1, &second.1, &late.1].map(|told| lock(&told.0).clone());
        assert_eq!(told, [vec![], vec![SECOND, 2 * SECOND], vec![SECOND, 2 * SECOND], vec![SECOND, 2 * SECOND]]);

        assert_eq!((world.woken(), world.look()), (1, (true, Some(2 * SECOND), false, 3)));
        drop((first.0, second.0));
        world.look();
        world.woken();
        drop(late.0);
        assert_eq!((world.woken(), world.look()), (1, (true, Some(2 * SECOND), true, 0)));
    }
}
