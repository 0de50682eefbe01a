//! Event streams: the framing of `text/event-stream`, on which HTTP servers answer with more than one message.
//!
//! The rules are those of the HTML standard, section "Server-sent events" (parsing and interpreting an event stream);
//! MCP refers to it in every revision with HTTP. In short: a line ends with LF, CR or CRLF; a field is
//! `name: value`, where one space after the colon is not part of the value; a blank line ends an event; a line that
//! begins with a colon is a comment.
//!
//! Reading: push chunks into a [`Reader`], take [`Frame`]s out until there are none. How the input was cut changes
//! nothing. Every byte is searched once, and the data of an event that lies in one line of one chunk is a slice of it.
//!
//! Writing: [`encode`] and [`comment`] write whole events and comments; [`begin`] and [`seal`] stand around a message
//! that is written in place. No content gets out of its field.
//!
//! # Text
//!
//! The standard decodes the stream as UTF-8 and puts U+FFFD where that fails. Nothing is decoded here: bytes come out
//! as they went in. For data that means that its reader refuses what is not UTF-8, where it would otherwise get
//! a message that nobody sent. An id is returned to the server as it wrote it, so that it finds it again. A name that is
//! not UTF-8 is none that MCP knows, decoded or not. Who decodes afterwards gets what the standard gets.

mod event;
mod reader;
mod writer;

pub use event::{Event, Frame};
pub use reader::{Bounds, Reader, TooLong};
pub use writer::{END, Head, Unwritable, begin, comment, encode, seal};
