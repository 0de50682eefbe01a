//! Events to bytes.

use std::time::Duration;

use bytes::BufMut;
use memchr::{memchr2, memchr3};
use thiserror::Error;

use crate::wire::ndjson::flatten;

/// What stands before the data of an event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// Its type. Without one, and with an empty one, it is `message`.
    pub name: Option<&'a str>,
    /// The id to resume after. An empty one resets the reader's last event id.
    pub id: Option<&'a str>,
    /// How long the reader is to wait before it connects again, in whole milliseconds: a part of one is left out, and
    /// longer than `u64::MAX` of them counts as that.
    pub retry: Option<Duration>,
}

/// Ours: an event can't be written, since a value of its head would not stay within its line. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Unwritable {
    /// [`Head::name`] has one of them.
    #[error("the name of an event can't hold CR, LF or NUL; choose one without")]
    Name,
    /// [`Head::id`] has one of them.
    #[error("the id of an event can't hold CR, LF or NUL; choose one without")]
    Id,
}

/// What ends an event after [`begin`] and its data.
pub const END: &[u8] = b"\n\n";

/// Appends a whole event.
///
/// `data` goes out in one line for each of its own. They may end with LF, CR or CRLF, and the reader gets LF for each
/// of them, since the format can't carry any other. Nothing else is changed. Data should be UTF-8: other readers put
/// U+FFFD where it is not.
///
/// # Errors
///
/// [`Unwritable`] if the name or the id holds CR, LF or NUL.
///
/// ```
/// use mcp_proto::wire::sse::{Head, encode};
///
/// let mut out = Vec::new();
/// encode(&mut out, &Head { id: Some("7"), ..Head::default() }, b"one\ntwo")?;
/// assert_eq!(out, b"id: 7\ndata: one\ndata: two\n\n");
/// # Ok::<(), mcp_proto::wire::sse::Unwritable>(())
/// ```
pub fn encode<B: BufMut>(out: &mut B, head: &Head<'_>, data: &[u8]) -> Result<(), Unwritable> {
    put_head(out, head)?;
    put_lines(out, b"data: ", data);
    out.put_u8(b'\n');
    Ok(())
}

/// Appends what comes before the data of an event whose data is one line: a message in JSON, written in place and then
/// ended with [`seal`], or a payload that has no CR and no LF and is followed by [`END`].
///
/// # Errors
///
/// [`Unwritable`] if the name or the id holds CR, LF or NUL.
pub fn begin<B: BufMut>(out: &mut B, head: &Head<'_>) -> Result<(), Unwritable> {
    put_head(out, head)?;
    out.put_slice(b"data: ");
    Ok(())
}

/// Ends the event after [`begin`]; `from` is the offset in `out` at which its data begins.
///
/// A raw LF or CR inside the data becomes a space, as in [`ndjson`](crate::wire::ndjson::encode): JSON means the same
/// with it.
pub fn seal<B: BufMut + AsMut<[u8]>>(out: &mut B, from: usize) {
    flatten(out.as_mut().get_mut(from..).unwrap_or_default());
    out.put_slice(END);
}

/// Appends a comment, which readers ignore: a sign of life on a stream that is silent. An empty `text` will do.
///
/// A comment of several lines is several comments. A blank line ends it, so that readers which look for one get it at
/// once; so it must not come between [`begin`] and [`seal`].
pub fn comment<B: BufMut>(out: &mut B, text: &[u8]) {
    put_lines(out, b": ", text);
    out.put_u8(b'\n');
}

fn put_head<B: BufMut>(out: &mut B, head: &Head<'_>) -> Result<(), Unwritable> {
    let breaks_out = |value: &str| memchr3(b'\n', b'\r', b'\0', value.as_bytes()).is_some();
    if head.name.is_some_and(breaks_out) {
        return Err(Unwritable::Name);
    }
    if head.id.is_some_and(breaks_out) {
        return Err(Unwritable::Id);
    }
    if let Some(name) = head.name.filter(|name| !name.is_empty()) {
        put_field(out, b"event: ", name.as_bytes());
    }
    if let Some(id) = head.id {
        put_field(out, b"id: ", id.as_bytes());
    }
    if let Some(retry) = head.retry {
        let milliseconds = u64::try_from(retry.as_millis()).unwrap_or(u64::MAX);
        put_field(out, b"retry: ", itoa::Buffer::new().format(milliseconds).as_bytes());
    }
    Ok(())
}

/// One field for each line of a text, also for an empty one, and for what stands behind its last line end.
fn put_lines<B: BufMut>(out: &mut B, name: &[u8], text: &[u8]) {
    let mut rest = Some(text);
    while let Some(text) = rest {
        let end = memchr2(b'\n', b'\r', text).unwrap_or(text.len());
        let (line, after) = text.split_at_checked(end).unwrap_or((text, &[]));
        put_field(out, name, line);
        rest = after.strip_prefix(b"\r\n").or_else(|| after.get(1..));
    }
}

/// The space after the colon is always there: the reader takes one away, and it must not be one of the value.
fn put_field<B: BufMut>(out: &mut B, name: &[u8], value: &[u8]) {
    out.put_slice(name);
    out.put_slice(value);
    out.put_u8(b'\n');
}

#[cfg(test)]
mod tests;
