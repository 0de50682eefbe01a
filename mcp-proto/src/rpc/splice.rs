//! Envelopes around payloads that get a few more members: the payload is copied once and not parsed.

use super::id::Id;
use super::raw::Raw;
use super::write::{START, member_id, method_member};
use bytes::{BufMut, BytesMut};

/// Appends a request whose parameters begin with what `first` writes: one or more members, comma-separated.
/// `params` must be an object without those members.
pub fn request_with(
    out: &mut BytesMut,
    id: &Id,
    method: &str,
    params: &Raw,
    first: impl FnOnce(&mut BytesMut),
) {
    out.put_slice(START);
    member_id(out, id);
    method_member(out, method);
    out.put_slice(br#","params":"#);
    object_with(out, params, first);
    out.put_u8(b'}');
}

/// Appends the answer to a request that succeeded; the result begins with what `first` writes.
pub fn result_with(out: &mut BytesMut, id: &Id, result: &Raw, first: impl FnOnce(&mut BytesMut)) {
    out.put_slice(START);
    member_id(out, id);
    out.put_slice(br#","result":"#);
    object_with(out, result, first);
    out.put_u8(b'}');
}

/// Appends the members of an object after others: each with a comma before it.
pub fn members(out: &mut BytesMut, object: &Raw) {
    let inner = inner(object);
    if !inner.is_empty() {
        out.put_u8(b',');
        out.put_slice(inner);
    }
}

fn object_with(out: &mut BytesMut, object: &Raw, first: impl FnOnce(&mut BytesMut)) {
    out.put_u8(b'{');
    first(out);
    members(out, object);
    out.put_u8(b'}');
}

/// What stands between the braces, without space around it.
fn inner(object: &Raw) -> &[u8] {
    let text = object.as_bytes().trim_ascii();
    text.strip_prefix(b"{")
        .and_then(|t| t.strip_suffix(b"}"))
        .unwrap_or_default()
        .trim_ascii()
}
