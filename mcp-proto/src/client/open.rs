//! Finding out which era a server belongs to (2026-07-28, versioning; the digest's detection ladder).

use super::config::{Config, Opening};
use crate::error::OpenError;
use crate::model::{
    ClientCapabilities, Discover, DiscoverResult, Era, Implementation, Initialize, InitializeResult, Method as _,
    Revision, ServerCapabilities, UNSUPPORTED_VERSION, UnsupportedVersion, meta,
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
    /// How to use it, for a model to read.
    pub instructions: Option<String>,
}

/// What to do next.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Send `server/discover`.
    Probe,
    /// Send `initialize`.
    Initialize,
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
}

impl Ladder {
    pub(super) fn new(config: &Config, now: Time) -> Self {
        let after = |bound: Option<std::time::Duration>| bound.map(|b| now.after(b));
        Self {
            opening: config.opening,
            probe: None,
            handshake: None,
            probe_until: after(config.timeouts.probe),
            until: after(config.timeouts.open),
            held: None,
        }
    }

    pub(super) fn first(&mut self, config: &Config) -> Step {
        match self.opening {
            Opening::LegacyOnly => Step::Initialize,
            Opening::ModernOnly => Step::Probe,
            Opening::Probe if config.best(Era::Modern).is_none() => Step::Initialize,
            Opening::Probe => Step::Probe,
        }
    }

    pub(super) fn timeout(&mut self, config: &Config, now: Time) -> Step {
        if self.until.is_some_and(|t| now >= t) {
            let waited = config.timeouts.open.unwrap_or_default();
            return Step::Fail(self.held.take().unwrap_or(OpenError::Deadline(waited)));
        }
        if self.probe_until.is_some_and(|t| now >= t) {
            self.probe_until = None;
            if self.handshake.is_none() && self.opening == Opening::Probe && config.best(Era::Legacy).is_some() {
                return Step::Initialize;
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
            (Step::Initialize, _) if self.opening == Opening::ModernOnly || config.best(Era::Legacy).is_none() => {
                Step::Fail(not_modern(config, answer))
            }
            // The handshake is out already: only a verdict for the modern era changes anything.
            (Step::Initialize | Step::Fail(_), true) => self.held.take().map_or(Step::Wait, Step::Fail),
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
            Err(error) => OpenError::Refused(error.clone()),
        };
        self.failed(failed)
    }

    /// What came for `initialize` is no message.
    pub(super) fn handshake_unreadable(&mut self, why: &Violation) -> Step {
        self.handshake = None;
        self.failed(OpenError::Invalid { method: Initialize::FACTS.name, why: why.to_string() })
    }

    /// `initialize` failed: an open probe may still decide otherwise.
    fn failed(&mut self, why: OpenError) -> Step {
        if self.probe.is_some() {
            self.held = Some(why);
            Step::Wait
        } else {
            Step::Fail(why)
        }
    }
}

fn discovered(config: &Config, result: &Object) -> Step {
    let Ok(answer) = result.raw().parse::<DiscoverResult>() else { return Step::Initialize };
    let offered = answer.supported_versions;
    if let Some(revision) = config.mutual(Era::Modern, &offered) {
        let about = result.get("_meta").and_then(Object::from_raw);
        return Step::Ready(Box::new(ServerInfo {
            revision,
            identity: about.and_then(|m| m.get(meta::SERVER_INFO)).and_then(|i| i.parse().ok()),
            capabilities: answer.capabilities,
            instructions: answer.instructions,
        }));
    }
    legacy_or_nothing(config, offered)
}

/// The server named what it speaks, and nothing modern is mutual.
fn legacy_or_nothing(config: &Config, offered: Vec<String>) -> Step {
    match config.mutual(Era::Legacy, &offered) {
        Some(_) => Step::Initialize,
        None => Step::Fail(OpenError::Version { offered, spoken: config.revisions.clone() }),
    }
}

fn probe_refused(config: &Config, error: &ErrorObject) -> Step {
    let named = (error.code == UNSUPPORTED_VERSION)
        .then(|| error.data.as_ref().and_then(|d| d.parse::<UnsupportedVersion>().ok()))
        .flatten();
    // Without a list it is no answer a modern server gives, whatever its code.
    let Some(named) = named else { return Step::Initialize };
    let tried = config.best(Era::Modern);
    let offered: Vec<String> =
        named.supported.into_iter().filter(|v| tried.is_none_or(|tried| v != tried.as_str())).collect();
    match config.mutual(Era::Modern, &offered) {
        Some(revision) => Step::Ready(Box::new(ServerInfo {
            revision,
            identity: None,
            capabilities: ServerCapabilities::new(),
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
        instructions: answer.instructions,
    })
}

/// The parameters of `server/discover`; what makes it modern stands in `_meta`.
pub(super) fn probe_params() -> Raw {
    Raw::from_serialize(&Discover::new()).unwrap_or_else(|_| Raw::empty_object())
}

/// The parameters of `initialize`.
pub(super) fn handshake_params(config: &Config, capabilities: &ClientCapabilities) -> Raw {
    let revision = config.best(Era::Legacy).unwrap_or(Revision::V2025_11_25);
    let params = Initialize::new(revision.as_str(), capabilities.clone(), config.identity.clone());
    Raw::from_serialize(&params).unwrap_or_else(|_| Raw::empty_object())
}
