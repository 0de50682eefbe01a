//! Finding out which era a server belongs to (2026-07-28, versioning; the digest's detection ladder).

use super::config::{Config, Opening};
use crate::error::OpenError;
use crate::model::{
    Discover, DiscoverResult, Era, Implementation, Initialize, InitializeResult, Method as _, Restrict as _, Revision,
    ServerCapabilities, UNSUPPORTED_VERSION, UnsupportedVersion, meta,
};
use crate::rpc::{ErrorObject, Object, Raw, Violation};
use crate::time::Time;

/// Who answered, and what was agreed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ServerInfo {
    /// The revision spoken.
    pub revision: Revision,
    /// Who the server says it is; servers of the modern era need not say.
    pub identity: Option<Implementation>,
    /// What it offers.
    pub capabilities: ServerCapabilities,
    /// Whether it said what it offers. One that answered the probe by naming other versions did not, and calls to it
    /// are sent without looking.
    pub declared: bool,
    /// How to use it, for a model to read.
    pub instructions: Option<String>,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Send `server/discover`.
    Probe,
    /// Send `initialize`, asking for this revision.
    Initialize(Revision),
    /// Nothing: keep waiting.
    Wait,
    /// The server is known. After a handshake it must be told so.
    Ready(Box<ServerInfo>),
    /// It can't be spoken to.
    Fail(OpenError),
}

/// The ladder. It sends nothing itself: each observation gives the next step.
#[derive(Debug)]
pub(super) struct Ladder {
    opening: Opening,
    /// Wire id of the probe while it is open.
    pub probe: Option<i64>,
    /// Wire id of `initialize` while it is open.
    pub handshake: Option<i64>,
    /// When `initialize` is sent beside an unanswered probe.
    pub probe_until: Option<Time>,
    /// When opening has taken too long.
    pub until: Option<Time>,
    /// An error to `initialize` that waits for the probe to decide.
    held: Option<OpenError>,
    /// The revision `initialize` asked for, and whether another was asked for before.
    proposed: Option<Revision>,
    proposed_again: bool,
}

impl Ladder {
    pub(super) fn new(config: &Config, opening: Opening, now: Time) -> Self {
        let after = |bound: Option<std::time::Duration>| bound.map(|b| now.after(b));
        Self {
            opening,
            probe: None,
            handshake: None,
            probe_until: after(config.timeouts.probe).filter(|_| opening == Opening::Probe),
            until: after(config.timeouts.open),
            held: None,
            proposed: None,
            proposed_again: false,
        }
    }

    /// For the fresh server in the place of one that ended at the probe.
    pub(super) fn for_a_fresh_one(&self, config: &Config) -> Self {
        Self { until: self.until, ..Self::new(config, Opening::LegacyOnly, Time::ORIGIN) }
    }

    /// Whether a server that ends now may be one of the older era that could not bear the probe.
    pub(super) fn probe_may_have_killed(&self, config: &Config) -> bool {
        self.opening == Opening::Probe && config.best(Era::Modern).is_some() && config.best(Era::Legacy).is_some()
    }

    pub(super) fn first(&mut self, config: &Config) -> Step {
        match (self.opening, config.best(Era::Legacy), config.best(Era::Modern)) {
            (Opening::LegacyOnly | Opening::LegacyFirst, Some(legacy), _) | (Opening::Probe, Some(legacy), None) => {
                self.propose(legacy)
            }
            (Opening::ModernOnly | Opening::Probe | Opening::LegacyFirst, _, Some(_)) => Step::Probe,
            _ => Step::Fail(OpenError::Version { offered: Vec::new(), spoken: config.revisions.clone() }),
        }
    }

    fn propose(&mut self, revision: Revision) -> Step {
        self.proposed = Some(revision);
        Step::Initialize(revision)
    }

    pub(super) fn timeout(&mut self, config: &Config, now: Time) -> Step {
        if self.until.is_some_and(|t| now >= t) {
            let waited = config.timeouts.open.unwrap_or_default();
            return Step::Fail(self.held.take().unwrap_or(OpenError::Deadline(waited)));
        }
        if self.probe_until.is_some_and(|t| now >= t) {
            self.probe_until = None;
            if self.handshake.is_none()
                && let Some(legacy) = config.best(Era::Legacy)
            {
                return self.propose(legacy);
            }
        }
        Step::Wait
    }

    pub(super) fn poll_timeout(&self) -> Option<Time> {
        [self.probe_until, self.until].into_iter().flatten().min()
    }

    /// The probe was answered.
    pub(super) fn probed(&mut self, config: &Config, answer: Result<&Object, &ErrorObject>) -> Step {
        self.probe = None;
        self.probe_until = None;
        let late = self.handshake.is_some() || self.held.is_some();
        let step = match answer {
            Ok(result) => discovered(config, result),
            Err(error) => probe_refused(config, error),
        };
        match (step, late) {
            (Step::Initialize(_), _) if self.opening == Opening::ModernOnly || config.best(Era::Legacy).is_none() => {
                Step::Fail(not_modern(config, answer))
            }
            // The handshake is out already: only a verdict for the modern era changes anything.
            (Step::Initialize(_) | Step::Fail(_), true) => self.held.take().map_or(Step::Wait, Step::Fail),
            (Step::Initialize(revision), false) => self.propose(revision),
            (step, _) => step,
        }
    }

    /// `initialize` was answered.
    pub(super) fn initialized(&mut self, config: &Config, answer: Result<&Object, &ErrorObject>) -> Step {
        self.handshake = None;
        let failed = match answer {
            Ok(result) => match session(config, result) {
                Ok(info) => return Step::Ready(Box::new(info)),
                Err(error) => return Step::Fail(error),
            },
            Err(error) => match self.refused(config, error) {
                Ok(other) => return self.propose(other),
                Err(why) => why,
            },
        };
        self.failed(config, failed)
    }

    /// `initialize` was refused. A server may name what it speaks instead of choosing: then that is asked for, once
    /// (lifecycle of the older era; 2026-07-28, stdio: a modern server names its versions).
    fn refused(&mut self, config: &Config, error: &ErrorObject) -> Result<Revision, OpenError> {
        let named = error.data.as_ref().and_then(|data| data.parse::<UnsupportedVersion>().ok());
        let Some(UnsupportedVersion { supported: offered, .. }) = named else {
            return Err(OpenError::Refused(error.clone()));
        };
        let other = config.mutual(Era::Legacy, &offered).filter(|other| self.proposed != Some(*other));
        let again = std::mem::replace(&mut self.proposed_again, true);
        other.filter(|_| !again).ok_or_else(|| OpenError::Version { offered, spoken: config.revisions.clone() })
    }

    /// What came for `initialize` is no message.
    pub(super) fn handshake_unreadable(&mut self, config: &Config, why: &Violation) -> Step {
        self.handshake = None;
        self.failed(config, OpenError::Invalid { method: Initialize::FACTS.name, why: why.to_string() })
    }

    /// `initialize` failed: an open probe may still decide otherwise.
    fn failed(&mut self, config: &Config, why: OpenError) -> Step {
        if self.probe.is_some() {
            self.held = Some(why);
            Step::Wait
        } else if self.opening == Opening::LegacyFirst && self.held.is_none() && config.best(Era::Modern).is_some() {
            // It was taken for a server of the older era, wrongly.
            self.held = Some(why);
            Step::Probe
        } else {
            Step::Fail(why)
        }
    }
}

fn discovered(config: &Config, result: &Object) -> Step {
    let Ok(answer) = result.raw().parse::<DiscoverResult>() else { return older(config) };
    let offered = answer.supported_versions;
    if let Some(revision) = config.mutual(Era::Modern, &offered) {
        let about = result.get("_meta").and_then(Object::from_raw);
        return Step::Ready(Box::new(ServerInfo {
            revision,
            identity: about.and_then(|m| m.get(meta::SERVER_INFO)).and_then(|i| i.parse().ok()),
            capabilities: answer.capabilities,
            declared: true,
            instructions: answer.instructions,
        }));
    }
    legacy_or_nothing(config, offered)
}

/// Everything says that the server belongs to the older era. Whether we can follow, the ladder looks at.
fn older(config: &Config) -> Step {
    Step::Initialize(config.best(Era::Legacy).unwrap_or(Revision::V2025_11_25))
}

/// The server named what it speaks, and nothing modern is mutual.
fn legacy_or_nothing(config: &Config, offered: Vec<String>) -> Step {
    match config.mutual(Era::Legacy, &offered) {
        Some(revision) => Step::Initialize(revision),
        None => Step::Fail(OpenError::Version { offered, spoken: config.revisions.clone() }),
    }
}

fn probe_refused(config: &Config, error: &ErrorObject) -> Step {
    let named = (error.code == UNSUPPORTED_VERSION)
        .then(|| error.data.as_ref().and_then(|d| d.parse::<UnsupportedVersion>().ok()))
        .flatten();
    // Without a list it is no answer a modern server gives, whatever its code.
    let Some(named) = named else { return older(config) };
    let offered = named.supported;
    let tried = config.best(Era::Modern);
    match config.mutual(Era::Modern, &offered).filter(|other| tried != Some(*other)) {
        Some(revision) => Step::Ready(Box::new(ServerInfo {
            revision,
            identity: None,
            capabilities: ServerCapabilities::new(),
            declared: false,
            instructions: None,
        })),
        None => legacy_or_nothing(config, offered),
    }
}

/// Why a client that can't fall back gives up.
fn not_modern(config: &Config, answer: Result<&Object, &ErrorObject>) -> OpenError {
    let named = match answer {
        Ok(result) => result.raw().parse::<DiscoverResult>().map(|d| d.supported_versions).map_err(|e| e.to_string()),
        Err(error) => match error.data.as_ref().map(Raw::parse::<UnsupportedVersion>) {
            Some(Ok(named)) if error.code == UNSUPPORTED_VERSION => Ok(named.supported),
            _ => return OpenError::Refused(error.clone()),
        },
    };
    match named {
        Ok(offered) => OpenError::Version { offered, spoken: config.revisions.clone() },
        Err(why) => OpenError::Invalid { method: Discover::FACTS.name, why },
    }
}

fn session(config: &Config, result: &Object) -> Result<ServerInfo, OpenError> {
    let invalid = |why: String| OpenError::Invalid { method: Initialize::FACTS.name, why };
    let answer: InitializeResult = result.raw().parse().map_err(|e| invalid(e.to_string()))?;
    let offered = vec![answer.protocol_version];
    let revision = config
        .mutual(Era::Legacy, &offered)
        .ok_or_else(|| OpenError::Version { offered, spoken: config.revisions.clone() })?;
    Ok(ServerInfo {
        revision,
        identity: Some(answer.server_info),
        capabilities: answer.capabilities,
        declared: true,
        instructions: answer.instructions,
    })
}

/// The parameters of `server/discover`; what makes it modern stands in `_meta`.
pub(super) fn probe_params() -> Raw {
    Raw::from_serialize(&Discover::new()).unwrap_or_else(|_| Raw::empty_object())
}

/// The parameters of `initialize`.
pub(super) fn handshake_params(config: &Config, revision: Revision) -> Raw {
    let mut params = Initialize::new(revision.as_str(), config.capabilities.clone(), config.identity.clone());
    params.restrict(revision);
    Raw::from_serialize(&params).unwrap_or_else(|_| Raw::empty_object())
}
