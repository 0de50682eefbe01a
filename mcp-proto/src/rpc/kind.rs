//! The kinds of messages.

use super::message::Message;
use super::write::START;

/// What kind of message it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Wants an answer.
    Request,
    /// Wants none.
    Notification,
    /// A request succeeded.
    Response,
    /// A request failed.
    Error,
    /// Several messages in an array.
    Batch,
}

impl Message {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Request { .. } => Kind::Request,
            Self::Notification { .. } => Kind::Notification,
            Self::Response { .. } => Kind::Response,
            Self::Error { .. } => Kind::Error,
            Self::Batch(_) => Kind::Batch,
        }
    }
}

impl Kind {
    /// The kind of a message that this crate wrote. All its envelopes begin alike, so a look behind the id tells;
    /// who writes a message need not say a second time what it is.
    pub(crate) fn written(text: &[u8]) -> Self {
        let Some(rest) = text.strip_prefix(START) else { return Self::Batch };
        let (has_id, rest) = match rest.strip_prefix(br#","id":"#) {
            Some(rest) => (true, behind_id(rest)),
            None => (false, rest),
        };
        // `,"` and the first letter of `method`, `result` or `error`.
        match (rest.get(2), has_id) {
            (Some(b'm'), true) => Self::Request,
            (Some(b'm'), false) => Self::Notification,
            (Some(b'r'), _) => Self::Response,
            _ => Self::Error,
        }
    }
}

fn behind_id(text: &[u8]) -> &[u8] {
    let mut escaped = false;
    let length = match text.strip_prefix(b"\"") {
        None => text.iter().position(|byte| *byte == b','),
        Some(inside) => {
            let end = inside.iter().position(|byte| {
                let end = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                end
            });
            end.map(|at| at + 2)
        }
    };
    text.get(length.unwrap_or(text.len())..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::rpc::{ErrorObject, Id, MAX_DEPTH, Raw, classify, splice, write};
    use bytes::BytesMut;

    /// What is written is told apart as a reader of it would.
    fn check(message: impl FnOnce(&mut BytesMut), expect: Kind) {
        let mut out = BytesMut::new();
        message(&mut out);
        let text = out.freeze();
        assert_eq!(Kind::written(&text), expect, "{text:?}");
        assert_eq!(classify(&text, MAX_DEPTH).map(|message| message.kind()), Ok(expect), "{text:?}");
    }

    #[test]
    fn each_envelope_is_told() {
        let empty = Raw::empty_object();
        let error = ErrorObject::new(-1, "method");
        for id in [Id::from(0), Id::from(-7), Id::from(i64::MAX), Id::from(""), Id::from(r#"a","method":"\"#)] {
            check(|w| write::request(w, &id, "result", Some(&empty)), Kind::Request);
            check(|w| splice::request_with(w, &id, "error", &empty, |_| {}), Kind::Request);
            check(|w| write::result(w, &id, &empty), Kind::Response);
            check(|w| splice::result_with(w, &id, &empty, |_| {}), Kind::Response);
            check(|w| write::error(w, Some(&id), &error), Kind::Error);
        }
        check(|w| write::error(w, None, &error), Kind::Error);
        check(|w| write::notification(w, "id", None), Kind::Notification);
        check(|w| w.extend_from_slice(br#"[{"jsonrpc":"2.0","id":1,"result":{}}]"#), Kind::Batch);
    }
}
