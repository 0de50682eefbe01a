//! Columns with a runtime: our side over one end of a socket pair, the script at the other end, blocking.

use crate::actor::{Actor, Aside};
use crate::column::Column;
use crate::fixture::{self, Pace};
use crate::link::LinkKind;
use crate::peer::{Failure, Log, Peer};
use crate::play::{DEADLINE, Parties, Run, Stage, play};
use crate::scenario::{Scenario, Subject};
use mcp_proto::handle::wake;
use mcp_proto::model::Revision;
use std::future::Future;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Runs a script in a column, on a thread of its own that is given up on when it hangs. The bytes it said.
///
/// # Errors
/// What was not as the transcript has it, or that the run hangs.
pub fn run(
    column: &Arc<dyn Column>,
    scenario: &Arc<Scenario>,
    revision: Revision,
    link: LinkKind,
    total: usize,
    log: &Log,
) -> Result<usize, Failure> {
    let (tell, told) = mpsc::channel();
    let (column, scenario, its_log) = (column.clone(), scenario.clone(), log.clone());
    thread::spawn(move || {
        let Some(transcript) = scenario.transcript(revision) else { return };
        let run = Run { scenario: &scenario, transcript, link, total };
        let mut peer = Peer::new(&transcript.lines, its_log);
        let mut stage = Socket { run, column: &*column, stream: None, fresh: None, meanwhile: None };
        let began = Instant::now();
        let mut played = at_once(play(run, &mut peer, &mut stage));
        if played.is_ok() && began.elapsed() >= DEADLINE / 2 {
            played =
                Err(peer.failure(format!("it took {:.1?}: somebody was woken by a deadline only", began.elapsed())));
        }
        // Nobody listens any more to a run that was given up on.
        let _ = tell.send(played);
    });
    told.recv_timeout(2 * DEADLINE).unwrap_or_else(|_| {
        let last = log.lines().last().cloned().unwrap_or_default();
        Err(Failure { line: None, why: format!("it hangs, or panicked; the last that happened: {last}") })
    })
}

/// The output of a future that never is pending, because it blocks.
fn at_once<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}

struct Socket<'s> {
    run: Run<'s>,
    column: &'s dyn Column,
    stream: Option<UnixStream>,
    /// Where streams come from that our client opens in the place of the first.
    fresh: Option<mpsc::Receiver<UnixStream>>,
    /// Somebody who still writes.
    meanwhile: Option<JoinHandle<()>>,
}

impl Socket<'_> {
    /// Waits for whoever still writes.
    fn written(&mut self) {
        // Its write has a deadline; a thread that panicked has written what it could.
        let _ = self.meanwhile.take().map(JoinHandle::join);
    }

    fn parties(&mut self) -> io::Result<Parties> {
        let Run { scenario, transcript, link, .. } = self.run;
        let (ours, script) = ends()?;
        let mut parties = Parties { serving: None, actor: None, behind: None };
        let server = || fixture::server(scenario, transcript.revision, Pace::Real);
        let client = || fixture::client(scenario, Pace::Real);
        match scenario.setup.subject {
            Subject::Server => {
                parties.serving = Some(self.column.serve(server(), ours)?);
                self.stream = Some(script);
            }
            Subject::Client => {
                let (client, heard) = client();
                let connected = if scenario.setup.restarts() {
                    let (opened, fresh) = mpsc::channel();
                    self.fresh = Some(fresh);
                    let fresh = move || {
                        let (ours, script) = ends()?;
                        // Nobody takes it if the script is over.
                        let _ = opened.send(script);
                        Ok(ours)
                    };
                    self.column.connect_anew(client, ours, Box::new(fresh))?
                } else {
                    self.column.connect(client, ours)?
                };
                parties.actor = Some(Actor::new((connected, heard)));
                self.stream = Some(script);
            }
            Subject::Both => {
                let (near, far) = relay(link)?;
                parties.serving = Some(self.column.serve(server(), far)?);
                let (client, heard) = client();
                parties.actor = Some(Actor::new((self.column.connect(client, near)?, heard)));
            }
            Subject::Gateway => {
                let (near, far) = UnixStream::pair()?;
                parties.behind = Some(self.column.serve(server(), far)?);
                let client = self.column.connect(fixture::gateway_client(), near)?;
                parties.serving = Some(self.column.serve(fixture::gateway(client, Pace::Real), ours)?);
                self.stream = Some(script);
            }
        }
        Ok(parties)
    }
}

/// Our end of a stream, and the script's, which waits for nothing without end.
fn ends() -> io::Result<(UnixStream, UnixStream)> {
    let (ours, script) = UnixStream::pair()?;
    script.set_read_timeout(Some(DEADLINE))?;
    script.set_write_timeout(Some(DEADLINE))?;
    Ok((ours, script))
}

/// Writes as the link cuts.
fn write(mut stream: &UnixStream, bytes: &[u8], link: LinkKind) -> io::Result<()> {
    for piece in bytes.chunks(link.piece()) {
        stream.write_all(piece)?;
        if link == LinkKind::Slow {
            thread::yield_now();
        }
    }
    Ok(())
}

/// Two ends with somebody between them who cuts as the link does.
fn relay(link: LinkKind) -> io::Result<(UnixStream, UnixStream)> {
    let (near, left) = UnixStream::pair()?;
    let (right, far) = UnixStream::pair()?;
    for (mut from, to) in [(left.try_clone()?, right.try_clone()?), (right, left)] {
        thread::spawn(move || {
            let mut room = [0; 4096];
            while let Ok(n) = from.read(&mut room)
                && n > 0
                && write(&to, room.get(..n).unwrap_or_default(), link).is_ok()
            {}
            // The other end is gone already.
            let _ = to.shutdown(Shutdown::Write);
        });
    }
    Ok((near, far))
}

impl Stage for Socket<'_> {
    const BLOCKS: bool = true;

    fn start(&mut self) -> Result<Parties, String> {
        self.parties().map_err(|e| format!("it did not start: {e}"))
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.written();
        if let Some(stream) = &self.stream {
            // The subject may have ended already; reading tells.
            let _ = write(stream, bytes, self.run.link);
        }
    }

    async fn send_meanwhile(&mut self, bytes: Vec<u8>) {
        self.written();
        let link = self.run.link;
        self.meanwhile = self.stream.as_ref().and_then(|stream| stream.try_clone().ok()).map(|stream| {
            // As above.
            thread::spawn(move || drop(write(&stream, &bytes, link)))
        });
    }

    async fn read(&mut self) -> Result<Vec<u8>, String> {
        let Some(stream) = &mut self.stream else { return Ok(Vec::new()) };
        let mut room = vec![0; self.run.link.piece().min(64 * 1024)];
        match stream.read(&mut room) {
            Ok(n) => {
                room.truncate(n);
                Ok(room)
            }
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Err(format!("nothing came within {DEADLINE:?}"))
            }
            // Broken is ended.
            Err(_) => Ok(Vec::new()),
        }
    }

    fn end(&mut self) {
        self.written();
        if let Some(stream) = &self.stream {
            // The subject may have ended already.
            let _ = stream.shutdown(Shutdown::Write);
        }
    }

    fn cut(&mut self) {
        if let (Some(stream), Some(_)) = (self.stream.take(), self.meanwhile.take()) {
            // Whoever still writes holds the stream, too. It may have ended already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    async fn anew(&mut self) -> Result<(), String> {
        self.written();
        self.stream = None;
        let fresh = self.fresh.as_ref().ok_or("no stream can take the place of this one")?;
        let stream = fresh.recv_timeout(DEADLINE).map_err(|_| "our client starts no other server")?;
        self.stream = Some(stream);
        Ok(())
    }

    fn aside(&mut self, (job, told): Aside) {
        thread::spawn(move || wake(told.put(job.wait())));
    }

    async fn sleep(&mut self, time: Duration) {
        unreachable!("scenarios in which {time:?} pass run on the virtual clock only");
    }
}
