//! How bad what happens must be for a server to log it: said once in the older era, with every request since.

use super::session::{Out, Phase, Session};
use crate::binding::Route;
use crate::model::{Era, Level, Method as _, SetLevel};
use crate::rpc::{self, Id, Raw};

impl Session {
    /// The owner wants log messages of this level and worse. `None`: in the modern era none; before, the server
    /// chooses, and one that was told something goes on with it.
    pub(super) fn set_level(&mut self, level: Option<Level>, out: &mut Out) {
        self.log_level = level;
        self.say_level(out);
    }

    /// Tells a server of the older era, if it logs (`logging/setLevel`).
    pub(super) fn say_level(&mut self, out: &mut Out) {
        let Phase::Ready(info) = &self.phase else { return };
        let Some(level) = self.log_level else { return };
        if info.revision.era() == Era::Modern || !info.capabilities.offers("logging") {
            return;
        }
        let Ok(params) = Raw::from_serialize(&SetLevel::new(level)) else { return };
        let wire = self.next_wire();
        let sent = out.send(Route::Call(wire.unsigned_abs()), |w| {
            rpc::write::request(w, &Id::from(wire), SetLevel::FACTS.name, Some(&params));
        });
        self.level_wire = sent.is_ok().then_some(wire);
    }

    /// The server took notice, or did not. Whether this is its answer.
    pub(super) fn level_answered(&mut self, wire: i64) -> bool {
        self.level_wire.take_if(|open| *open == wire).is_some()
    }
}
