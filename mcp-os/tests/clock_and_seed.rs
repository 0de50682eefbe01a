//! What the protocol core needs and may not fetch itself.

use std::time::Duration;

use mcp_os::clock;

#[test]
fn seeds_differ() {
    let (one, two) = (mcp_os::seed().unwrap(), mcp_os::seed().unwrap());
    assert_ne!(one, two);
    assert_ne!(one, [0; 32]);
}

#[test]
fn the_clock_has_one_origin() {
    let unix = clock::origin_unix();
    let first = clock::elapsed();
    let other = std::thread::spawn(|| (clock::elapsed(), clock::origin_unix()));
    let (second, same) = other.join().unwrap();
    assert!(first <= second && second <= clock::elapsed());
    assert_eq!(unix, same);
    // After 2020, by any clock that is set.
    assert!(unix > Duration::from_secs(1_577_836_800));
}
