//! The column without a runtime: the drivers of the core over streams in memory, on a virtual clock.

use crate::actor::{Actor, Aside};
use crate::fixture::{self, Pace};
use crate::peer::{Failure, Log, Peer};
use crate::play::{Parties, Run, Stage, play};
use crate::scenario::Subject;
use bytes::{Buf as _, Bytes};
use mcp_proto::handle::client::{Client, ClientBuilder, ClientDriver};
use mcp_proto::handle::{Link as _, wake};
use mcp_proto::sim::{Behaviour, SimLink, World};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

/// Runs a script on a virtual clock. The bytes it said.
///
/// # Errors
/// What was not as the transcript has it, or that nothing ever happens.
pub fn run(run: Run<'_>, seed: u64, log: Log) -> Result<usize, Failure> {
    let mut peer = Peer::new(&run.transcript.lines, log);
    let world = World::new(seed);
    let mut stage = Virtual { run, world: world.clone(), link: None, fresh: Arc::default(), meanwhile: Bytes::new() };
    match world.run(play(run, &mut peer, &mut stage)) {
        Ok(played) => played,
        Err(stuck) => Err(peer.failure(stuck.to_string())),
    }
}

struct Virtual<'s> {
    run: Run<'s>,
    world: World,
    link: Option<SimLink>,
    /// Streams our client has opened in the place of the first.
    fresh: Arc<Mutex<VecDeque<SimLink>>>,
    /// What is still to be written while we read.
    meanwhile: Bytes,
}

impl Virtual<'_> {
    fn connect(&self, client: ClientBuilder, link: SimLink) -> Client {
        if !self.run.scenario.setup.restarts() {
            return self.world.connect(client, link);
        }
        let (world, behaviour, fresh) = (self.world.clone(), self.run.link.behaviour(), self.fresh.clone());
        let reopen = move || {
            let (ours, script) = world.link(behaviour.clone());
            fresh.lock().unwrap_or_else(PoisonError::into_inner).push_back(script);
            Ok(ours)
        };
        let (driver, client) = ClientDriver::reopening(client, link, Box::new(reopen));
        self.world.spawn(async move { drop(driver.await) });
        client
    }
}

impl Stage for Virtual<'_> {
    const BLOCKS: bool = false;

    fn start(&mut self) -> Result<Parties, String> {
        let Run { scenario, transcript, link, .. } = self.run;
        let (ours, script) = self.world.link(link.behaviour());
        let mut parties = Parties { serving: None, actor: None, behind: None };
        let server = || fixture::server(scenario, transcript.revision, Pace::Virtual);
        match scenario.setup.subject {
            Subject::Server => {
                parties.serving = Some(self.world.serve(server(), ours));
                self.link = Some(script);
            }
            Subject::Client => {
                let (client, heard) = fixture::client(scenario, Pace::Virtual);
                parties.actor = Some(Actor::new((self.connect(client, ours), heard)));
                self.link = Some(script);
            }
            Subject::Both => {
                parties.serving = Some(self.world.serve(server(), script));
                let (client, heard) = fixture::client(scenario, Pace::Virtual);
                parties.actor = Some(Actor::new((self.connect(client, ours), heard)));
            }
            Subject::Gateway => {
                let (near, far) = self.world.link(Behaviour::default());
                parties.behind = Some(self.world.serve(server(), far));
                let client = self.connect(fixture::gateway_client(), near);
                parties.serving = Some(self.world.serve(fixture::gateway(client, Pace::Virtual), ours));
                self.link = Some(script);
            }
        }
        Ok(parties)
    }

    async fn send(&mut self, bytes: &[u8]) {
        let Some(link) = &mut self.link else { return };
        let mut bytes = std::mem::take(&mut self.meanwhile).chain(bytes);
        while bytes.has_remaining() {
            let Ok(n) = poll_fn(|cx| link.poll_write(cx, bytes.chunk())).await else { return };
            bytes.advance(n);
        }
    }

    async fn send_meanwhile(&mut self, bytes: Vec<u8>) {
        self.send(&[]).await;
        self.meanwhile = Bytes::from(bytes);
    }

    async fn read(&mut self) -> Result<Vec<u8>, String> {
        let Some(link) = &mut self.link else { return Ok(Vec::new()) };
        let meanwhile = &mut self.meanwhile;
        let read = poll_fn(|cx| {
            while !meanwhile.is_empty()
                && let Poll::Ready(written) = link.poll_write(cx, meanwhile)
            {
                // A stream that is broken takes everything, to no effect.
                meanwhile.advance(written.unwrap_or(meanwhile.len()));
            }
            link.poll_read(cx)
        });
        Ok(read.await.map(Vec::from).unwrap_or_default())
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

    async fn anew(&mut self) -> Result<(), String> {
        self.link = None;
        for _ in 0..120 {
            self.link = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            if self.link.is_some() {
                return Ok(());
            }
            self.world.sleep(Duration::from_secs(1)).await;
        }
        Err("our client starts no other server".to_owned())
    }

    fn aside(&mut self, (job, told): Aside) {
        self.world.spawn(async move { wake(told.put(job.run().await)) });
    }

    async fn sleep(&mut self, time: Duration) {
        self.world.sleep(time).await;
    }
}
