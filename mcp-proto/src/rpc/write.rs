//! Envelopes around payloads: compact JSON, nothing after it. The line end is up to the framing.

use bytes::{BufMut, Bytes};

use super::error::ErrorObject;
use super::id::Id;
use super::raw::Raw;
use super::text::{print, quote};

/// Where a message is written. Whatever takes bytes is one, and copies all of them.
pub trait Sink {
    /// Takes what stands around payloads.
    type Text: BufMut;

    /// What comes next is written here.
    fn text(&mut self) -> &mut Self::Text;

    /// Takes a payload, which is `part` of `whole`: a large one need not be copied.
    fn payload(&mut self, whole: &Bytes, part: &[u8]);
}

impl<B: BufMut> Sink for B {
    type Text = B;

    fn text(&mut self) -> &mut B {
        self
    }

    fn payload(&mut self, _whole: &Bytes, part: &[u8]) {
        self.put_slice(part);
    }
}

pub(super) const START: &[u8] = br#"{"jsonrpc":"2.0""#;

/// Appends a request. `params` must be an object.
pub fn request<S: Sink>(out: &mut S, id: &Id, method: &str, params: Option<&Raw>) {
    let text = out.text();
    text.put_slice(START);
    member_id(text, id);
    call(out, method, params);
}

/// Appends a notification. `params` must be an object.
pub fn notification<S: Sink>(out: &mut S, method: &str, params: Option<&Raw>) {
    out.text().put_slice(START);
    call(out, method, params);
}

/// Appends the answer to a request that succeeded. `result` must be an object.
pub fn result<S: Sink>(out: &mut S, id: &Id, result: &Raw) {
    let text = out.text();
    text.put_slice(START);
    member_id(text, id);
    text.put_slice(br#","result":"#);
    out.payload(result.bytes(), result.as_bytes());
    out.text().put_u8(b'}');
}

/// Appends the answer to a request that failed. Without an id only if the id could not be read; the
/// member is then left out, as the revisions that allow this want it.
pub fn error<S: Sink>(out: &mut S, id: Option<&Id>, error: &ErrorObject) {
    let text = out.text();
    text.put_slice(START);
    if let Some(id) = id {
        member_id(text, id);
    }
    text.put_slice(br#","error":{"code":"#);
    print(text, format_args!("{}", error.code));
    text.put_slice(br#","message":"#);
    quote(text, &error.message);
    if let Some(data) = &error.data {
        text.put_slice(br#","data":"#);
        out.payload(data.bytes(), data.as_bytes());
    }
    out.text().put_slice(b"}}");
}

pub(super) fn member_id<B: BufMut>(out: &mut B, id: &Id) {
    out.put_slice(br#","id":"#);
    id.write_json(out);
}

pub(super) fn method_member<B: BufMut>(out: &mut B, method: &str) {
    out.put_slice(br#","method":"#);
    quote(out, method);
}

fn call<S: Sink>(out: &mut S, method: &str, params: Option<&Raw>) {
    method_member(out.text(), method);
    if let Some(params) = params {
        out.text().put_slice(br#","params":"#);
        out.payload(params.bytes(), params.as_bytes());
    }
    out.text().put_u8(b'}');
}

#[cfg(test)]
mod tests;
