//! JSON-RPC 2.0, as MCP uses it. Knows nothing of MCP's methods.
//!
//! [`classify`] looks at every byte of a message once: it checks the whole JSON grammar and the shape
//! of the message, and notes where the members of the payload are. Payloads stay raw text until
//! somebody parses them ([`Raw::parse`], [`Object::get`]). What is refused still yields its id where it
//! can be read ([`Refused`], [`Salvage`]). [`mod@write`] puts envelopes around payloads.

mod error;
mod id;
mod kind;
mod message;
mod name;
mod object;
mod raw;
mod refusal;
mod salvage;
mod scan;
pub mod splice;
mod text;
pub mod write;

pub use error::{ErrorObject, INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR};
pub use id::{Id, MAX_ID};
pub use kind::Kind;
pub use message::{Batch, Elements, MAX_DEPTH, Message, classify};
pub use name::Name;
pub use object::Object;
pub use raw::{Raw, present};
pub use refusal::{Refused, Violation};
pub use salvage::{Salvage, Salvaged};
pub(crate) use text::short;
