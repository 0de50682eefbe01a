use std::io;

/// 32 unpredictable bytes from the operating system, to seed session ids, keys and jitter.
///
/// # Errors
///
/// Whatever the system's source of randomness answers; there is no weaker fallback.
#[cfg(unix)]
pub fn seed() -> io::Result<[u8; 32]> {
    use std::io::Read as _;

    let mut bytes = [0; 32];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// 32 unpredictable bytes from the operating system, to seed session ids, keys and jitter.
///
/// # Errors
///
/// Whatever the system's source of randomness answers; there is no weaker fallback.
#[cfg(not(unix))]
pub fn seed() -> io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}
