//! `requestState`: what a server wants to see again, written so that nobody else can write it
//! (2026-07-28, multi-round-trip requests: it is attacker-controlled until verified).
//!
//! The text is `v1.<authenticator>.<JSON>`. It is authenticated, not encrypted: it holds answers the client
//! itself gave, and what handlers kept.

use super::call::Request;
use crate::rpc::{Object, Raw};
use hmac_sha256::HMAC;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What travels.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Wall time at which it ends to be good, in seconds since the Unix epoch.
    expires: Option<u64>,
    pub round: usize,
    pub answers: BTreeMap<String, Raw>,
    pub kept: BTreeMap<String, Raw>,
}

/// Why a state is not taken back.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// Not ours, altered, or of another request.
    Forged,
    /// Too old.
    Expired,
}

impl State {
    pub(super) fn new(round: usize, answers: BTreeMap<String, Raw>, kept: BTreeMap<String, Raw>) -> Self {
        Self { expires: None, round, answers, kept }
    }

    /// The text for `request`, good for `within` from `now` (wall time).
    pub(super) fn seal(mut self, key: &[u8; 32], request: &Request, now: Duration, within: Option<Duration>) -> String {
        self.expires = within.map(|within| now.saturating_add(within).as_secs());
        let body = serde_json::to_string(&self).unwrap_or_default();
        format!("v1.{}.{body}", hex(&authenticator(key, request, &body)))
    }

    /// Reads a text back, if we wrote it for this request not too long ago.
    pub(super) fn open(text: &str, key: &[u8; 32], request: &Request, now: Duration) -> Result<Self, Broken> {
        let (mac, body) = text.strip_prefix("v1.").and_then(|t| t.split_once('.')).ok_or(Broken::Forged)?;
        let expected = hex(&authenticator(key, request, body));
        if !same(mac.as_bytes(), expected.as_bytes()) {
            return Err(Broken::Forged);
        }
        let state: Self = serde_json::from_str(body).map_err(|_| Broken::Forged)?;
        match state.expires {
            Some(end) if now.as_secs() >= end => Err(Broken::Expired),
            _ => Ok(state),
        }
    }
}

/// Binds a state to who asked, if that is known, and to what: the method and its parameters, but for what a retry adds. Parameters are
/// compared as values, since a client may write the same object with other spaces or order.
fn authenticator(key: &[u8; 32], request: &Request, body: &str) -> [u8; 32] {
    let mut mac = HMAC::new(key);
    let mut part = |bytes: &[u8]| {
        mac.update((bytes.len() as u64).to_le_bytes());
        mac.update(bytes);
    };
    let caller = request.peer.caller.as_deref();
    part(&[u8::from(caller.is_some())]);
    part(caller.unwrap_or_default().as_bytes());
    part(request.method.as_str().as_bytes());
    for (name, value) in stable(&request.params) {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    part(body.as_bytes());
    mac.finalize()
}

fn stable(params: &Object) -> BTreeMap<String, String> {
    params
        .members()
        .filter(|(name, _)| !matches!(name.as_ref(), "_meta" | "inputResponses" | "requestState"))
        .map(|(name, value)| {
            let value: serde_json::Value = value.parse().unwrap_or_default();
            (name.into_owned(), value.to_string())
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Compares without telling by its time how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}
