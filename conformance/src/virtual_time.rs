//! The column without a runtime: the drivers of the core over streams in memory, on a virtual clock.

use crate::actor::Actor;
use crate::fixture::{self, Pace};
use crate::peer::{Failure, Log, Peer};
use crate::play::{Parties, Run, Stage, play};
use crate::scenario::Subject;
use mcp_proto::handle::Link as _;
use mcp_proto::sim::{Behaviour, SimLink, World};
use std::future::poll_fn;
use std::time::Duration;

/// Runs a script on a virtual clock. The bytes it said.
///
/// # Errors
/// What was not as the transcript has it, or that nothing ever happens.
pub fn run(run: Run<'_>, seed: u64, log: Log) -> Result<usize, Failure> {
    let lines = run.scenario.transcripts.iter().find(|(era, _)| *era == run.era);
    let mut peer = Peer::new(lines.map_or(&[], |(_, lines)| lines), log);
    let world = World::new(seed);
    let mut stage = Virtual { run, world: world.clone(), link: None };
    match world.run(play(run, &mut peer, &mut stage)) {
        Ok(played) => played,
        Err(stuck) => Err(peer.failure(stuck.to_string())),
    }
}

struct Virtual<'s> {
    run: Run<'s>,
    world: World,
    link: Option<SimLink>,
}

impl Stage for Virtual<'_> {
    const BLOCKS: bool = false;

    fn start(&mut self) -> Result<Parties, String> {
        let Run { scenario, era, link, .. } = self.run;
        let (ours, script) = self.world.link(link.behaviour());
        let mut parties = Parties { serving: None, actor: None, behind: None };
        let server = || fixture::server(scenario, era, Pace::Virtual);
        match scenario.setup.subject {
            Subject::Server => {
                parties.serving = Some(self.world.serve(server(), ours));
                self.link = Some(script);
            }
            Subject::Client => {
                parties.actor = Some(Actor::new(self.world.connect(fixture::client(scenario, Pace::Virtual), ours)));
                self.link = Some(script);
            }
            Subject::Both => {
                parties.serving = Some(self.world.serve(server(), script));
                parties.actor = Some(Actor::new(self.world.connect(fixture::client(scenario, Pace::Virtual), ours)));
            }
            Subject::Gateway => {
                let (near, far) = self.world.link(Behaviour::default());
                parties.behind = Some(self.world.serve(server(), far));
                let client = self.world.connect(fixture::gateway_client(), near);
                parties.serving = Some(self.world.serve(fixture::gateway(client, Pace::Virtual), ours));
                self.link = Some(script);
            }
        }
        Ok(parties)
    }

    async fn send(&mut self, mut bytes: &[u8]) {
        let Some(link) = &mut self.link else { return };
        while !bytes.is_empty() {
            let Ok(n) = poll_fn(|cx| link.poll_write(cx, bytes)).await else { return };
            bytes = bytes.get(n..).unwrap_or_default();
        }
    }

    async fn read(&mut self) -> Result<Vec<u8>, String> {
        let Some(link) = &mut self.link else { return Ok(Vec::new()) };
        Ok(poll_fn(|cx| link.poll_read(cx)).await.map(Vec::from).unwrap_or_default())
    }

    fn end(&mut self) {
        if let Some(link) = &mut self.link {
            // Ending a stream in memory is never pending.
            let _ = link.poll_close(&mut std::task::Context::from_waker(std::task::Waker::noop()));
        }
    }

    fn cut(&mut self) {
        if let Some(mut link) = self.link.take() {
            link.reset();
        }
    }

    async fn sleep(&mut self, time: Duration) {
        self.world.sleep(time).await;
    }
}
