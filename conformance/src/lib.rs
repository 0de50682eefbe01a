//! Scenarios of the protocol, run over every adapter, era and kind of link.
//!
//! A [scenario] is a transcript one can read, with prose. A [peer] plays the other side of it by the letter;
//! [play] brings it together with our server or client, on a [virtual clock](virtual_time) without any runtime,
//! or over [sockets](socket) in each [column](mod@column) with one. The [matrix] runs all of them.

pub mod actor;
pub mod column;
pub mod deed;
pub mod fixture;
pub mod job;
pub mod json;
pub mod link;
pub mod matrix;
mod opening;
pub mod peer;
pub mod play;
pub mod rules;
pub mod scenario;
pub mod shorthand;
pub mod socket;
pub mod step;
pub mod timing;
pub mod virtual_time;

/// The README's examples, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
