//! Who runs next.

use super::chance::Chance;
use super::lock;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

/// A future that any thread may run.
pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tasks, and the queue of those that can go on.
pub(super) struct Executor {
    tasks: Mutex<HashMap<u64, Task>>,
    queue: Arc<Mutex<Queue>>,
}

/// Tasks that can go on, each once.
#[derive(Debug)]
struct Queue {
    ready: Vec<u64>,
    chance: Chance,
    last: u64,
}

struct TaskWaker {
    task: u64,
    queue: Arc<Mutex<Queue>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        lock(&self.queue).push(self.task);
    }
}

impl Queue {
    fn push(&mut self, task: u64) {
        if !self.ready.contains(&task) {
            self.ready.push(task);
        }
    }
}

impl Executor {
    pub(super) fn new(chance: Chance) -> Self {
        let queue = Queue { ready: Vec::new(), chance, last: 0 };
        Self { tasks: Mutex::default(), queue: Arc::new(Mutex::new(queue)) }
    }

    /// A new place in the queue, ready at once.
    pub(super) fn enter(&self) -> (u64, Waker) {
        let mut queue = lock(&self.queue);
        queue.last += 1;
        let task = queue.last;
        queue.push(task);
        (task, Waker::from(Arc::new(TaskWaker { task, queue: self.queue.clone() })))
    }

    pub(super) fn spawn(&self, task: Task) {
        let (number, _) = self.enter();
        lock(&self.tasks).insert(number, task);
    }

    /// One of those that can go on; the seed decides which.
    pub(super) fn next(&self) -> Option<u64> {
        let mut queue = lock(&self.queue);
        let count = queue.ready.len();
        let at = queue.chance.below(count);
        (at < count).then(|| queue.ready.remove(at))
    }

    /// Polls a task, unless it has ended.
    pub(super) fn poll(&self, number: u64) {
        // It is polled, and dropped, while no lock is held: it may spawn and wake.
        let Some(mut task) = lock(&self.tasks).remove(&number) else { return };
        let waker = Waker::from(Arc::new(TaskWaker { task: number, queue: self.queue.clone() }));
        if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            lock(&self.tasks).insert(number, task);
        }
    }

    pub(super) fn tasks(&self) -> usize {
        lock(&self.tasks).len()
    }
}
