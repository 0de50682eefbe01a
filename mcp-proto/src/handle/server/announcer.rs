//! Tells the clients of a server that something it offers has changed.

use super::context::ServerPort;
use crate::handle::sync::lock;
use crate::model::Change;
use crate::server::Command;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::{Arc, Mutex, Weak};

/// Tells every connected client of a server of changes, as far as each has asked for them. One for all connections of
/// a server.
#[derive(Default)]
pub struct Announcer(Mutex<State>);

#[derive(Default)]
struct State {
    last: u64,
    connections: FxHashMap<u64, Weak<dyn ServerPort>>,
}

impl Announcer {
    /// Tells of a change: clients of 2026-07-28 that listen for it (`subscriptions/listen`), and sessions of the older
    /// era if the server declared that it does. A client that reads slowly is told once of changes that came often.
    pub fn announce(&self, change: &Change) {
        let connections: Vec<Arc<dyn ServerPort>> =
            lock(&self.0).connections.values().filter_map(Weak::upgrade).collect();
        for connection in connections {
            connection.command(Command::Announce(change.clone()));
        }
    }

    /// For drivers: adds a connection, until what is returned is dropped.
    #[must_use = "it is told of changes until this is dropped"]
    pub fn add(self: &Arc<Self>, connection: &Arc<dyn ServerPort>) -> Announced {
        let mut state = lock(&self.0);
        state.last += 1;
        let number = state.last;
        state.connections.insert(number, Arc::downgrade(connection));
        Announced { announcer: self.clone(), number }
    }
}

impl fmt::Debug for Announcer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Announcer").field("connections", &lock(&self.0).connections.len()).finish()
    }
}

/// A connection that is told of changes.
#[derive(Debug)]
pub struct Announced {
    announcer: Arc<Announcer>,
    number: u64,
}

impl Drop for Announced {
    fn drop(&mut self) {
        let connection = lock(&self.announcer.0).connections.remove(&self.number);
        drop(connection);
    }
}
