//! Envelopes around payloads: compact JSON, nothing after it. The line end is up to the framing.

use bytes::BufMut;

use super::error::ErrorObject;
use super::id::Id;
use super::raw::Raw;
use super::text::{print, quote};

pub(super) const START: &[u8] = br#"{"jsonrpc":"2.0""#;

/// Appends a request. `params` must be an object.
pub fn request<B: BufMut>(out: &mut B, id: &Id, method: &str, params: Option<&Raw>) {
    out.put_slice(START);
    member_id(out, id);
    call(out, method, params);
}

/// Appends a notification. `params` must be an object.
pub fn notification<B: BufMut>(out: &mut B, method: &str, params: Option<&Raw>) {
    out.put_slice(START);
    call(out, method, params);
}

/// Appends the answer to a request that succeeded. `result` must be an object.
pub fn result<B: BufMut>(out: &mut B, id: &Id, result: &Raw) {
    out.put_slice(START);
    member_id(out, id);
    out.put_slice(br#","result":"#);
    out.put_slice(result.as_bytes());
    out.put_u8(b'}');
}

/// Appends the answer to a request that failed. Without an id only if the id could not be read; the
/// member is then left out, as the revisions that allow this want it.
pub fn error<B: BufMut>(out: &mut B, id: Option<&Id>, error: &ErrorObject) {
    out.put_slice(START);
    if let Some(id) = id {
        member_id(out, id);
    }
    out.put_slice(br#","error":{"code":"#);
    print(out, format_args!("{}", error.code));
    out.put_slice(br#","message":"#);
    quote(out, &error.message);
    if let Some(data) = &error.data {
        out.put_slice(br#","data":"#);
        out.put_slice(data.as_bytes());
    }
    out.put_slice(b"}}");
}

pub(super) fn member_id<B: BufMut>(out: &mut B, id: &Id) {
    out.put_slice(br#","id":"#);
    id.write_json(out);
}

pub(super) fn method_member<B: BufMut>(out: &mut B, method: &str) {
    out.put_slice(br#","method":"#);
    quote(out, method);
}

fn call<B: BufMut>(out: &mut B, method: &str, params: Option<&Raw>) {
    method_member(out, method);
    if let Some(params) = params {
        out.put_slice(br#","params":"#);
        out.put_slice(params.as_bytes());
    }
    out.put_u8(b'}');
}

#[cfg(test)]
mod tests;
