//! Waits that end.

use smol::future::FutureExt as _;
use std::future::Future;
use std::time::Duration;

const DEADLINE: Duration = Duration::from_secs(20);

/// Runs a test. It fails instead of waiting for ever.
pub(crate) fn run<T>(test: impl Future<Output = T>) -> T {
    let late = async {
        smol::Timer::after(DEADLINE).await;
        panic!("not within {DEADLINE:?}")
    };
    smol::block_on(test.or(late))
}
