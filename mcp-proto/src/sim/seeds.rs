//! One test under many seeds.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

/// Runs a test once for each seed. The first that panics ends it, and the panic names the seed: with that one alone
/// the failure comes again.
///
/// ```
/// use mcp_proto::sim::{World, seeds};
///
/// seeds(0..10, |seed| {
///     let world = World::new(seed);
///     world.run(async {}).unwrap();
/// });
/// ```
///
/// With `panic = "abort"` the seed is not named.
///
/// # Panics
/// The test did.
#[track_caller]
#[expect(clippy::panic, reason = "it passes on the panic of a test, and is only ever called by tests")]
pub fn seeds(seeds: impl IntoIterator<Item = u64>, test: impl Fn(u64)) {
    for seed in seeds {
        let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(seed))) else { continue };
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref().copied());
        panic_any(format!("with the seed {seed}: {}", said.unwrap_or("it panicked")));
    }
}
