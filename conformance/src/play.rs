//! Plays a script against its subject. Written once; a [`Stage`] brings the stream and the way to wait.

use crate::actor::{self, Actor, Aside, End};
use crate::link::LinkKind;
use crate::peer::{Failure, Next, Peer};
use crate::scenario::{Scenario, Subject, Transcript};
use mcp_proto::handle::server::Serving;
use serde_json::{Value, json};
use std::future::{Future, poll_fn};
use std::time::Duration;

/// One run of the matrix, but for its column.
#[derive(Clone, Copy, Debug)]
pub struct Run<'s> {
    /// What is played.
    pub scenario: &'s Scenario,
    /// Which of its transcripts.
    pub transcript: &'s Transcript,
    /// Over what.
    pub link: LinkKind,
    /// How many bytes the script says on a whole link, if the link is to break.
    pub total: usize,
}

/// Those of ours that take part.
#[derive(Debug)]
pub struct Parties {
    /// Our server.
    pub serving: Option<Serving>,
    /// Our client.
    pub actor: Option<Actor>,
    /// The server behind a gateway.
    pub behind: Option<Serving>,
}

/// Brings what a script needs.
pub trait Stage {
    /// Whether waiting blocks the thread.
    const BLOCKS: bool;

    /// Starts the parties, with a new stream.
    fn start(&mut self) -> Result<Parties, String>;
    /// Sends bytes, as the link cuts them. A broken stream is no error: reading tells.
    fn send(&mut self, bytes: &[u8]) -> impl Future<Output = ()>;
    /// Sends bytes while what follows goes on. Whatever is sent later comes behind them.
    fn send_meanwhile(&mut self, bytes: Vec<u8>) -> impl Future<Output = ()>;
    /// Reads what is there; nothing is the end.
    fn read(&mut self) -> impl Future<Output = Result<Vec<u8>, String>>;
    /// Ends our output.
    fn end(&mut self);
    /// Drops the stream.
    fn cut(&mut self);
    /// Waits until our client, whose server has ended, is on another stream.
    fn anew(&mut self) -> impl Future<Output = Result<(), String>>;
    /// Waits for something while what follows goes on.
    fn aside(&mut self, aside: Aside);
    /// Lets time pass.
    fn sleep(&mut self, time: Duration) -> impl Future<Output = ()>;
}

/// How long something may take that happens at once, on real clocks. Only what is broken takes so long.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Plays the script of a run. The bytes it said.
///
/// # Errors
/// What was not as the transcript has it.
pub async fn play<S: Stage>(run: Run<'_>, peer: &mut Peer<'_>, stage: &mut S) -> Result<usize, Failure> {
    let parties = stage.start().map_err(|why| peer.failure(why))?;
    let budget = run.link.budget(run.total);
    let mut play = Play { subject: run.scenario.setup.subject, parties, stage, sent: 0, budget };
    if budget == Some(0) {
        play.stage.cut();
        return play.aftermath(peer).await;
    }
    // Messages that follow each other, on a link that glues them.
    let mut glued: Vec<u8> = Vec::new();
    loop {
        let next = peer.proceed()?;
        if let Next::Send(bytes) = next {
            glued.extend_from_slice(&bytes);
            if run.link != LinkKind::Glued && play.send(&std::mem::take(&mut glued)).await {
                return play.aftermath(peer).await;
            }
            continue;
        }
        if !glued.is_empty() {
            play.send(&std::mem::take(&mut glued)).await;
        }
        if let Next::SendMeanwhile(bytes) = next {
            if play.send_meanwhile(bytes).await {
                return play.aftermath(peer).await;
            }
            continue;
        }
        if next == Next::Finish {
            play.finish(peer).await?;
            return Ok(play.sent);
        }
        play.step(peer, next).await?;
    }
}

struct Play<'a, S> {
    subject: Subject,
    parties: Parties,
    stage: &'a mut S,
    sent: usize,
    /// Bytes that pass before the link breaks.
    budget: Option<usize>,
}

impl<S: Stage> Play<'_, S> {
    /// Sends; whether the link broke.
    async fn send(&mut self, bytes: &[u8]) -> bool {
        let passes = self.passes(bytes.len());
        self.stage.send(bytes.get(..passes).unwrap_or_default()).await;
        self.sent(passes)
    }

    /// The same, while what follows goes on.
    async fn send_meanwhile(&mut self, mut bytes: Vec<u8>) -> bool {
        let passes = self.passes(bytes.len());
        bytes.truncate(passes);
        self.stage.send_meanwhile(bytes).await;
        self.sent(passes)
    }

    /// How many of these bytes pass before the link breaks.
    fn passes(&self, bytes: usize) -> usize {
        self.budget.map_or(bytes, |budget| bytes.min(budget - self.sent))
    }

    fn sent(&mut self, passes: usize) -> bool {
        self.sent += passes;
        let broken = self.budget.is_some_and(|budget| self.sent >= budget);
        if broken {
            self.stage.cut();
        }
        broken
    }

    async fn step(&mut self, peer: &mut Peer<'_>, next: Next) -> Result<(), Failure> {
        match next {
            Next::Send(_) | Next::SendMeanwhile(_) | Next::Finish => {}
            Next::Read => {
                let bytes = self.stage.read().await.map_err(|why| peer.failure(why))?;
                peer.read(&bytes);
            }
            Next::Do(deed) => {
                if let Some(aside) = self.actor(peer)?.perform(deed) {
                    self.stage.aside(aside);
                }
            }
            Next::Outcome(name) => {
                let end = self.actor(peer)?.take(&name).ok_or_else(|| peer.failure("no such call"))?;
                let end = Self::end(end).await.ok_or_else(|| peer.failure("it does not end"))?;
                peer.outcome(&end)?;
            }
            Next::Heard => {
                let heard = self.actor(peer)?.heard.all();
                peer.outcome(&heard)?;
            }
            Next::Progress(name) => {
                let reports = self.actor(peer)?.reports(&name);
                peer.outcome(&reports)?;
            }
            Next::Opened => {
                let opened = self.actor(peer)?.client.server();
                let opened = if S::BLOCKS { opened.wait() } else { opened.await };
                peer.outcome(&actor::opened(opened))?;
            }
            Next::Closed => {
                let why = self.closed().await.ok_or_else(|| peer.failure("our side is not closed"))?;
                peer.outcome(&json!(why))?;
            }
            Next::Wait(time) => self.stage.sleep(time).await,
            Next::Eof => self.stage.end(),
            Next::Cut => self.stage.cut(),
            Next::Replace => {
                self.stage.end();
                self.read_to_end(peer).await?;
                if self.subject == Subject::Client {
                    self.stage.anew().await.map_err(|why| peer.failure(why))?;
                    return peer.replaced();
                }
                self.closed().await.ok_or_else(|| peer.failure("the server did not end"))?;
                peer.replaced()?;
                self.parties = self.stage.start().map_err(|why| peer.failure(why))?;
            }
        }
        Ok(())
    }

    fn actor(&mut self, peer: &Peer<'_>) -> Result<&mut Actor, Failure> {
        self.parties.actor.as_mut().ok_or_else(|| peer.failure("this scenario has no client of ours"))
    }

    /// How something has ended, once it has.
    async fn end(end: End) -> Option<Value> {
        Some(match end {
            End::Call(call) => actor::outcome(if S::BLOCKS { call.wait() } else { call.await }),
            End::Told(told) if S::BLOCKS => {
                told.block(Some(DEADLINE));
                return told.take();
            }
            End::Told(told) => poll_fn(|cx| told.poll_take(cx)).await,
        })
    }

    /// Why our side is closed, once it is.
    async fn closed(&self) -> Option<&'static str> {
        let why = match (&self.parties.actor, &self.parties.serving) {
            (Some(actor), _) if S::BLOCKS => actor.client.closed_wait(Some(DEADLINE)).ok().flatten(),
            (Some(actor), _) => Some(actor.client.closed().await),
            (None, Some(serving)) => Self::served(serving).await,
            (None, None) => None,
        };
        why.as_ref().map(actor::closed)
    }

    async fn served(serving: &Serving) -> Option<mcp_proto::error::Closed> {
        if S::BLOCKS { serving.wait(Some(DEADLINE)) } else { Some(serving.clone().await) }
    }

    async fn read_to_end(&mut self, peer: &mut Peer<'_>) -> Result<(), Failure> {
        loop {
            let bytes = self.stage.read().await.map_err(|why| peer.failure(why))?;
            peer.read(&bytes);
            if bytes.is_empty() {
                return Ok(());
            }
        }
    }

    /// Both sides end; nothing more is said.
    async fn finish(&mut self, peer: &mut Peer<'_>) -> Result<(), Failure> {
        match &self.parties.actor {
            Some(actor) => actor.client.close(),
            None => self.stage.end(),
        }
        if self.subject != Subject::Both {
            self.read_to_end(peer).await?;
            peer.nothing_more()?;
        }
        self.all_closed(peer).await
    }

    /// After the link broke: both ends notice, and every call ends.
    async fn aftermath(mut self, peer: &mut Peer<'_>) -> Result<usize, Failure> {
        self.all_closed(peer).await?;
        for end in self.parties.actor.iter_mut().flat_map(Actor::take_all) {
            // However it ends: that it does is what matters.
            Self::end(end).await.ok_or_else(|| peer.failure("a call does not end"))?;
        }
        Ok(self.sent)
    }

    async fn all_closed(&self, peer: &Peer<'_>) -> Result<(), Failure> {
        self.closed().await.ok_or_else(|| peer.failure("our side does not close"))?;
        if let Some(serving) = &self.parties.serving {
            Self::served(serving).await.ok_or_else(|| peer.failure("the server does not close"))?;
        }
        if let Some(behind) = &self.parties.behind {
            behind.shutdown(Duration::ZERO);
            Self::served(behind).await.ok_or_else(|| peer.failure("the server behind does not close"))?;
        }
        Ok(())
    }
}
