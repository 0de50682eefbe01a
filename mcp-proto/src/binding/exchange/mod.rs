//! HTTP, one exchange for each message: what a client and a server both have to know of it. Functions over the types
//! of the `http` crate, without I/O and without a clock.
//!
//! [`metadata`] is what a request repeats in its head, [`origin`] who may ask at all, [`media`] what bodies are,
//! [`challenge`] and [`retry_after`] what a refusal says beside its status, [`session_id`] the secret of a session of
//! the older era, [`status`] how everything that can be wrong is answered.

pub mod challenge;
mod field;
pub mod media;
pub mod metadata;
pub mod names;
pub mod origin;
pub mod retry_after;
pub mod session_id;
pub mod status;
