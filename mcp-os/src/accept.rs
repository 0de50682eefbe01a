//! What to do when a connection could not be accepted.

use std::io::{self, ErrorKind};
use std::time::Duration;

/// What comes after an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterError {
    /// It was the error of one connection, which is gone: the next one may be there.
    Next,
    /// Something is used up, or unknown: try again after this time.
    Pause(Duration),
    /// Nothing but errors comes: stop.
    Stop,
}

/// The errors of one listener, and what each of them means:
///
/// | error | what comes next |
/// |---|---|
/// | of one connection: aborted, reset, timed out, refused by the firewall, its network is down, a signal | the next one, at once |
/// | no descriptors, buffers, memory or threads | a pause of 10 ms, doubled each time up to 1 s, for as long as it takes |
/// | anything else | the same pause; at the 10th in a row the end |
///
/// A connection that was accepted begins the count anew.
#[derive(Debug, Default)]
pub struct AcceptErrors {
    pause: Duration,
    unknown: u32,
}

impl AcceptErrors {
    /// The first pause.
    pub const FIRST_PAUSE: Duration = Duration::from_millis(10);
    /// The longest pause.
    pub const LONGEST_PAUSE: Duration = Duration::from_secs(1);
    /// Errors of no known kind, in a row, that end it. The pauses between them add up to over three seconds.
    pub const UNKNOWN: u32 = 10;

    /// A connection was accepted.
    pub fn accepted(&mut self) {
        *self = Self::default();
    }

    /// A connection was not accepted.
    pub fn failed(&mut self, error: &io::Error) -> AfterError {
        match kind(error) {
            Kind::OneConnection => return AfterError::Next,
            Kind::UsedUp => self.unknown = 0,
            Kind::Unknown => {
                self.unknown += 1;
                if self.unknown >= Self::UNKNOWN {
                    return AfterError::Stop;
                }
            }
        }
        self.pause = (self.pause * 2).clamp(Self::FIRST_PAUSE, Self::LONGEST_PAUSE);
        AfterError::Pause(self.pause)
    }
}

enum Kind {
    OneConnection,
    UsedUp,
    Unknown,
}

fn kind(error: &io::Error) -> Kind {
    match error.kind() {
        ErrorKind::ConnectionAborted
        | ErrorKind::ConnectionReset
        | ErrorKind::Interrupted
        | ErrorKind::TimedOut
        | ErrorKind::PermissionDenied
        | ErrorKind::NetworkDown
        | ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable => Kind::OneConnection,
        // The second is what starting a thread says when there are too many: streams are waited for elsewhere.
        ErrorKind::OutOfMemory | ErrorKind::WouldBlock => Kind::UsedUp,
        _ => system(error),
    }
}

#[cfg(unix)]
fn system(error: &io::Error) -> Kind {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS) => Kind::UsedUp,
        // Linux reports errors of the network that way, too.
        Some(Errno::PROTO | Errno::NOPROTOOPT | Errno::HOSTDOWN) => Kind::OneConnection,
        _ => Kind::Unknown,
    }
}

#[cfg(not(unix))]
fn system(error: &io::Error) -> Kind {
    // WSAEMFILE and WSAENOBUFS.
    if matches!(error.raw_os_error(), Some(10024 | 10055)) { Kind::UsedUp } else { Kind::Unknown }
}

#[cfg(all(test, unix))]
mod tests {
    use super::AfterError::{Next, Pause, Stop};
    use super::*;
    use rustix::io::Errno;

    /// What is said after each of these errors, `None` being a connection.
    fn check(errors: &[Option<Errno>], expect: &[AfterError]) {
        let mut state = AcceptErrors::default();
        let mut said = Vec::new();
        for error in errors {
            match error {
                None => state.accepted(),
                Some(errno) => said.push(state.failed(&io::Error::from(*errno))),
            }
        }
        assert_eq!(said, expect, "{errors:?}");
    }

    fn pauses<const N: usize>(millis: [u64; N]) -> Vec<AfterError> {
        millis.map(|millis| Pause(Duration::from_millis(millis))).to_vec()
    }

    #[test]
    fn one_connection_costs_nobody_else_a_moment() {
        let of_one = [
            Errno::CONNABORTED,
            Errno::CONNRESET,
            Errno::INTR,
            Errno::TIMEDOUT,
            Errno::PERM,
            Errno::PROTO,
            Errno::NOPROTOOPT,
            Errno::NETDOWN,
            Errno::NETUNREACH,
            Errno::HOSTDOWN,
            Errno::HOSTUNREACH,
        ];
        for errno in of_one {
            check(&[Some(errno); 100], &[Next; 100]);
        }
    }

    #[test]
    fn what_is_used_up_is_waited_for_without_end() {
        for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM, Errno::AGAIN] {
            let mut expect = pauses([10, 20, 40, 80, 160, 320, 640]);
            expect.resize(100, Pause(Duration::from_secs(1)));
            check(&[Some(errno); 100], &expect);
        }
    }

    #[test]
    fn what_is_unknown_is_tried_ten_times() {
        for errno in [Errno::INVAL, Errno::BADF, Errno::OPNOTSUPP, Errno::IO] {
            let mut expect = pauses([10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
            expect.push(Stop);
            check(&[Some(errno); 10], &expect);
        }
    }

    #[test]
    fn a_connection_begins_the_count_anew() {
        let (full, odd, gone) = (Some(Errno::MFILE), Some(Errno::IO), Some(Errno::CONNABORTED));
        check(&[full, full, None, full], &pauses([10, 20, 10]));
        check(&[odd, full, odd], &pauses([10, 20, 40]));
        check(&[full, gone, full], &[pauses([10]), vec![Next], pauses([20])].concat());
        let nine_and_nine = [&[odd; 9][..], &[None], &[odd; 9]].concat();
        let nine = pauses([10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        check(&nine_and_nine, &[nine.clone(), nine].concat());
    }
}
