//! The Model Context Protocol (MCP) as state machines that perform no I/O.
//!
//! Nothing here reads a clock, opens a socket, starts a thread or draws a random number. Bytes, time and wishes
//! go in; bytes, deadlines and events come out. Programs use it through an adapter (`mcp-tokio`, `mcp-smol`,
//! `mcp-blocking`), test with [`sim`], or drive a machine by hand:
//!
//! ```
//! use bytes::Bytes;
//! use mcp_proto::machine::{Input, Machine, Output};
//! use mcp_proto::model::Implementation;
//! use mcp_proto::rpc::Raw;
//! use mcp_proto::server::{Answer, Command, Config, Connection, Event};
//! use mcp_proto::time::{Clock, Time};
//! use std::io::{Read, Write};
//! use std::sync::Arc;
//!
//! /// Serves one client over any stream. `now` is whatever clock you have.
//! fn serve(mut stream: impl Read + Write, now: impl Fn() -> Time) -> std::io::Result<()> {
//!     let identity = Implementation::new("by-hand", "1.0");
//!     let mut server = Connection::new(Arc::new(Config::new(identity, Clock::default(), [0; 32])));
//!     let mut room = [0; 4096];
//!     loop {
//!         // 1. Do what the machine wants done.
//!         while let Some(output) = server.poll_output() {
//!             match output {
//!                 Output::Write(bytes) => {
//!                     stream.write_all(&bytes)?;
//!                     server.handle_input(now(), Input::Written(bytes.len()));
//!                 }
//!                 Output::Event(Event::Request(request)) => {
//!                     let answer = Answer::Result { body: Raw::empty_object(), meta: None };
//!                     let respond = Command::Respond { call: request.call, answer };
//!                     server.handle_input(now(), Input::Command(respond));
//!                 }
//!                 Output::Event(_) | Output::Frame(_) | Output::Finish => {}
//!                 Output::Closed(_) => return Ok(()),
//!             }
//!         }
//!         // 2. Tell it what happened. (A loop that must keep time also waits until `poll_timeout`.)
//!         let input = match stream.read(&mut room)? {
//!             0 => Input::ReadEnd(None),
//!             n => Input::Read(Bytes::copy_from_slice(&room[..n])),
//!         };
//!         server.handle_input(now(), input);
//!     }
//! }
//! # struct Script(&'static [u8], Vec<u8>);
//! # impl Read for Script { fn read(&mut self, b: &mut [u8]) -> std::io::Result<usize> { self.0.read(b) } }
//! # impl Write for Script {
//! #     fn write(&mut self, b: &[u8]) -> std::io::Result<usize> { self.1.write(b) }
//! #     fn flush(&mut self) -> std::io::Result<()> { Ok(()) }
//! # }
//! # let mut script = Script(b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n", Vec::new());
//! # serve(&mut script, || Time::ORIGIN).unwrap();
//! # assert_eq!(script.1, b"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
//! ```
//!
//! From below: [`wire`] cuts bytes into lines and events, [`rpc`] is JSON-RPC, [`model`] the vocabulary of MCP as data,
//! [`binding`] carries a [`client`] or [`server`] session over a stream, and [`handle`] is waiting, for tasks
//! and threads. Each knows only what stands before it in this list.
//!
//! All revisions are spoken, 2024-11-05 to 2026-07-28. What only one of their two eras has, and what becomes of it in
//! the other, is a table at [`handle`].
//!
//! Features, all off by default: `stream` (lists, subscriptions and progress as streams; the adapters for tasks turn it
//! on), `schemars` (schemas of tools from types), `jsonschema` (results held against output schemas), `tracing` (a span
//! for each call).

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        clippy::unreachable,
        clippy::get_unwrap,
        clippy::disallowed_methods,
        clippy::disallowed_types,
        clippy::disallowed_macros
    )
)]

pub mod binding;
pub mod client;
pub mod error;
pub mod handle;
pub mod limits;
pub mod machine;
pub mod model;
pub mod rpc;
pub mod server;
pub mod sim;
pub mod stats;
pub mod tap;
pub mod time;
pub mod wire;
