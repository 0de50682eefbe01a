//! The secret that names a session of the older era (2025-03-26 to 2025-11-25, session management).

use super::names;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac_sha256::HMAC;
use http::header::{HeaderMap, HeaderValue};
use std::fmt;

/// The longest id that is taken, in bytes.
const LONGEST: usize = 4096;

/// The id of a session. Whoever has it is in the session, so `Debug` does not show it, and neither do the headers made
/// of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(String);

/// Theirs: an id that none can be. Does not show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IllegalId {
    /// It is empty, or has characters other than the visible ones of ASCII.
    #[error("a session's id must be of visible ASCII characters")]
    Characters,
    /// It is longer than 4096 bytes.
    #[error("a session's id of {0} bytes is longer than {LONGEST} bytes")]
    TooLong(usize),
    /// There are two.
    #[error("a message has one session's id, not several")]
    Several,
}

impl SessionId {
    /// The id that a head carries, if any.
    ///
    /// # Errors
    /// It is none that can be.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, IllegalId> {
        let mut values = headers.get_all(names::SESSION_ID).iter();
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(IllegalId::Several);
        }
        let text = value.to_str().map_err(|_| IllegalId::Characters)?;
        if text.len() > LONGEST {
            return Err(IllegalId::TooLong(text.len()));
        }
        let legal = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        if legal { Ok(Some(Self(text.to_owned()))) } else { Err(IllegalId::Characters) }
    }

    /// The header's value, marked as sensitive: HTTP/2 keeps it out of its tables, and `Debug` does not show it.
    #[must_use]
    pub fn to_value(&self) -> HeaderValue {
        // Visible ASCII is always a value; an id has been checked or made here.
        let mut value = HeaderValue::from_str(&self.0).unwrap_or_else(|_| HeaderValue::from_static(""));
        value.set_sensitive(true);
        value
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(…)")
    }
}

/// Makes the ids of a server's sessions, and knows them again.
///
/// An id is a number, counted up, and its authenticator (HMAC-SHA-256 under the seed, all 256 bits). So nobody guesses
/// one, none is ever made twice, and one that is not ours is known for that without a look at any table: sessions are
/// kept by their numbers. The number in it tells a client how many sessions there were before.
#[derive(Clone)]
pub struct SessionIds {
    seed: [u8; 32],
    made: u64,
}

impl SessionIds {
    /// With random `seed`; the same one makes the same ids, as tests want it and nobody else.
    #[must_use]
    pub const fn new(seed: [u8; 32]) -> Self {
        Self { seed, made: 0 }
    }

    /// The next one, and its number; they begin with 1.
    pub fn make(&mut self) -> (u64, SessionId) {
        self.made = self.made.saturating_add(1);
        let authenticator = URL_SAFE_NO_PAD.encode(HMAC::mac(subject(self.made), self.seed));
        (self.made, SessionId(format!("{:x}.{authenticator}", self.made)))
    }

    /// The number of an id that was made here; `None` for any other. Takes the same time however much of it is right.
    #[must_use]
    pub fn number(&self, id: &SessionId) -> Option<u64> {
        let (digits, authenticator) = id.0.split_once('.')?;
        let number = u64::from_str_radix(digits, 16).ok().filter(|number| format!("{number:x}") == digits)?;
        let authenticator: [u8; 32] = URL_SAFE_NO_PAD.decode(authenticator).ok()?.try_into().ok()?;
        HMAC::verify(subject(number), self.seed, &authenticator).then_some(number)
    }
}

/// What is authenticated: the seed may serve for other things, too.
fn subject(number: u64) -> [u8; 18] {
    let mut subject = *b"session id........";
    if let Some(place) = subject.last_chunk_mut() {
        *place = number.to_be_bytes();
    }
    subject
}

impl fmt::Debug for SessionIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionIds").field("made", &self.made).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn of(values: &[&[u8]]) -> Result<Option<SessionId>, IllegalId> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(names::SESSION_ID, HeaderValue::from_bytes(value).unwrap());
        }
        SessionId::of(&headers)
    }

    #[test]
    fn what_can_be_an_id() {
        let check = |values: &[&[u8]], expect: Result<Option<&str>, IllegalId>| {
            assert_eq!(of(values), expect.map(|id| id.map(|id| SessionId(id.to_owned()))), "{values:?}");
        };
        check(&[], Ok(None));
        check(&[b"a"], Ok(Some("a")));
        check(&[b"!~\"%"], Ok(Some("!~\"%")));
        check(&[&[b'x'; 4096]], Ok(Some(&"x".repeat(4096))));
        check(&[&[b'x'; 4097]], Err(IllegalId::TooLong(4097)));
        for illegal in [&b""[..], b" ", b"a b", b" a", b"a\t", b"\xe9", "é".as_bytes()] {
            check(&[illegal], Err(IllegalId::Characters));
        }
        check(&[b"a", b"a"], Err(IllegalId::Several));
    }

    #[test]
    fn what_is_made_is_known_again() {
        let mut ids = SessionIds::new([7; 32]);
        let made: Vec<_> = (0..300).map(|_| ids.make()).collect();
        let again: Vec<_> = made.iter().map(|(_, id)| ids.number(id)).collect();
        assert_eq!(again, (1..=300).map(Some).collect::<Vec<_>>());
        assert_eq!(made.iter().map(|(_, id)| &id.0).collect::<HashSet<_>>().len(), 300);
        for (_, id) in &made {
            assert_eq!(of(&[id.to_value().as_bytes()]).as_ref(), Ok(&Some(id.clone())));
        }
        // The same seed, the same ids; another, none of them.
        let mut same = SessionIds::new([7; 32]);
        assert_eq!(made, (0..300).map(|_| same.make()).collect::<Vec<_>>());
        let other = SessionIds::new([8; 32]);
        assert_eq!(made.iter().filter_map(|(_, id)| other.number(id)).collect::<Vec<_>>(), [0_u64; 0]);
    }

    #[test]
    fn nothing_else_is() {
        let mut ids = SessionIds::new([0; 32]);
        let (_, SessionId(one)) = ids.make();
        let (_, SessionId(two)) = ids.make();
        let (number, authenticator) = one.split_once('.').unwrap();
        let others = [
            format!("0{one}"),
            format!("+{one}"),
            format!("{one}="),
            format!("{number}.{}", two.split_once('.').unwrap().1),
            format!("{number}{authenticator}"),
            format!("{number}."),
            format!("fffffffffffffffff.{authenticator}"),
            "1".to_owned(),
        ];
        for other in others {
            assert_eq!(ids.number(&SessionId(other.clone())), None, "{other}");
        }
        for at in 0..one.len() {
            let mut bytes = one.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(ids.number(&SessionId(String::from_utf8(bytes).unwrap())), None, "byte {at}");
        }
    }

    #[test]
    fn nothing_shows_it() {
        let mut ids = SessionIds::new([3; 32]);
        let (_, id) = ids.make();
        let shown = format!("{id:?} {:?} {ids:?}", id.to_value());
        assert_eq!(shown, "SessionId(…) Sensitive SessionIds { made: 1, .. }");
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) && let Ok(Some(id)) = of(&[value.as_bytes()]) {
                prop_assert_eq!(SessionIds::new([0; 32]).number(&id), None);
            }
        }
    }
}
