//! Waiting, written once: what tasks and threads need of a machine beyond its three verbs. No I/O here
//! either; adapters bring it as a [`Link`].
//!
//! # What only one era has
//!
//! The handles speak the newer era's model, and translate. What cannot be translated, or is said otherwise:
//!
//! | what you say | 2024-11-05 to 2025-11-25 | 2026-07-28 |
//! |---|---|---|
//! | [`Client::ping`](client::Client::ping) | `ping` | `server/discover`, since there is no `ping` |
//! | [`Client::listen`](client::Client::listen) | `resources/subscribe` for each resource; changed lists are told to all | `subscriptions/listen` |
//! | [`Client::set_log_level`](client::Client::set_log_level) | `logging/setLevel`; stays what it was when set to none | said with each request |
//! | [`Client::roots_changed`](client::Client::roots_changed) | a notification | nothing: servers ask when they want to know |
//! | [`Prepared::or_task`](client::Prepared::or_task) | the tasks of 2025-11-25 | the tasks extension |
//! | [`ClientBuilder::extension`](client::ClientBuilder::extension) | left out | a capability |
//! | [`Cx::ask`](server::Cx::ask) for a form | since 2025-06-18: a request of the server's own | a result, and the client calls again |
//! | … for a web page | 2025-11-25; the question needs an `elicitationId` | as any question |
//! | … for a model, for roots | since 2024-11-05 | as any question |
//! | what [`Cx::once`](server::Cx::once) keeps | stays here | travels sealed, for 15 minutes at most |
//! | [`Cx::log`](server::Cx::log) | by the session's level, `info` until it is set | only for a request that asks for it |
//! | [`Server::cache`](server::Server::cache), [`Resource::cache`](server::Resource::cache) | left out | hints in lists and results |
//! | [`Tool::output_schema`](server::Tool::output_schema), [`Json`](server::Json) | since 2025-06-18, of objects only | any value |
//! | arguments a tool can't take | an error of the protocol (-32602); of the tool since 2025-11-25 | an error of the tool |
//! | [`Failure::resource_not_found`](server::Failure::resource_not_found) | -32002 | -32602 |

pub mod client;
mod jobs;
mod link;
mod read_buffer;
pub mod server;
mod span;
mod sync;
mod tap;

pub use link::Link;
pub use read_buffer::ReadBuffer;
pub use sync::{Once, wake};
pub use tap::TapQueue;
