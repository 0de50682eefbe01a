//! Envelopes around payloads that get a few more members: the payload is copied at most once and not parsed.

use super::id::Id;
use super::object::Object;
use super::raw::Raw;
use super::scan::Span;
use super::text::quote;
use super::write::{START, Sink, member_id, method_member};
use bytes::{BufMut, BytesMut};

/// Appends a request whose parameters begin with what `first` writes: one or more members, comma-separated.
/// `params` must be an object without those members.
pub fn request_with<S: Sink<Text = BytesMut>>(
    out: &mut S,
    id: &Id,
    method: &str,
    params: &Raw,
    first: impl FnOnce(&mut BytesMut),
) {
    let text = out.text();
    text.put_slice(START);
    member_id(text, id);
    method_member(text, method);
    text.put_slice(br#","params":"#);
    object_with(out, params, first);
}

/// Appends a notification whose parameters begin with what `first` writes. `params` must be an object without those
/// members.
pub fn notification_with<S: Sink<Text = BytesMut>>(
    out: &mut S,
    method: &str,
    params: &Raw,
    first: impl FnOnce(&mut BytesMut),
) {
    let text = out.text();
    text.put_slice(START);
    method_member(text, method);
    text.put_slice(br#","params":"#);
    object_with(out, params, first);
}

/// Appends the answer to a request that succeeded; the result begins with what `first` writes.
pub fn result_with<S: Sink<Text = BytesMut>>(out: &mut S, id: &Id, result: &Raw, first: impl FnOnce(&mut BytesMut)) {
    let text = out.text();
    text.put_slice(START);
    member_id(text, id);
    text.put_slice(br#","result":"#);
    object_with(out, result, first);
}

/// Appends a string.
pub fn string(out: &mut BytesMut, text: &str) {
    quote(out, text);
}

/// Appends the members of an object within another, after those that are there already.
pub fn members(out: &mut BytesMut, object: &Raw) {
    let inner = inner(object);
    if !inner.is_empty() {
        comma(out);
        out.put_slice(inner);
    }
}

/// As [`members`], without those that have one of these names.
pub fn members_but(out: &mut BytesMut, object: &Raw, names: &[&str]) {
    let Some(parsed) = Object::from_raw(object.clone()) else { return members(out, object) };
    for (name, value) in parsed.members().filter(|(name, _)| !names.contains(&name.as_ref())) {
        comma(out);
        quote(out, &name);
        out.put_u8(b':');
        out.put_slice(value.as_bytes());
    }
}

/// An object without the member of that name.
pub(crate) fn without(object: &Raw, name: &str) -> Raw {
    let mut text = BytesMut::with_capacity(object.as_bytes().len());
    text.put_u8(b'{');
    members_but(&mut text, object, &[name]);
    text.put_u8(b'}');
    let text = text.freeze();
    Raw::part(&text, Span::new(0, text.len()))
}

fn comma(out: &mut BytesMut) {
    if out.last() != Some(&b'{') {
        out.put_u8(b',');
    }
}

/// The payload, and the end of the message.
fn object_with<S: Sink<Text = BytesMut>>(out: &mut S, object: &Raw, first: impl FnOnce(&mut BytesMut)) {
    let text = out.text();
    text.put_u8(b'{');
    first(text);
    let inner = inner(object);
    if !inner.is_empty() {
        comma(text);
        out.payload(object.bytes(), inner);
    }
    out.text().put_slice(b"}}");
}

/// What stands between the braces, without space around it.
fn inner(object: &Raw) -> &[u8] {
    let text = object.as_bytes().trim_ascii();
    text.strip_prefix(b"{").and_then(|t| t.strip_suffix(b"}")).unwrap_or_default().trim_ascii()
}
