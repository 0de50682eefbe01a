//! The process's own standard streams, taken for the protocol.
//!
//! A server on stdio must write nothing but protocol to stdout, yet any library may print. So the
//! two streams are moved to private descriptors; while they are held, descriptor 1 leads to
//! stderr and descriptor 0 to the null device. Dropping the [`Guard`] puts everything back.
//!
//! What the program read through [`std::io::stdin`] before stays in that buffer: take the
//! streams first.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use std::os::fd::OwnedFd;

/// One of the standard streams, by what can be done with it.
#[derive(Debug)]
pub enum Stream {
    /// A pipe or FIFO; non-blocking if it was taken so.
    #[cfg(unix)]
    Pipe(OwnedFd),
    /// A socket (some hosts connect their children with socket pairs); non-blocking if it was
    /// taken so. Input and output may be the same socket.
    #[cfg(unix)]
    Socket(OwnedFd),
    /// A file, terminal or device, or anything off Unix. Always blocking: reactors cannot wait
    /// for most of these, so they are a thread's business.
    Other(File),
}

/// The standard streams, until the guard is dropped.
#[derive(Debug)]
pub struct Standard {
    /// What was descriptor 0.
    pub input: Stream,
    /// What was descriptor 1. Not buffered.
    pub output: Stream,
    /// Puts everything back when it is dropped. Drop it after the streams.
    pub guard: Guard,
}

/// Takes the standard streams, in blocking mode, whatever mode they were handed over in.
///
/// # Errors
///
/// [`ErrorKind::ResourceBusy`] if they are taken already; else what the system answered, for
/// instance because there are no descriptors left. Nothing has changed then.
pub fn take_blocking() -> io::Result<Standard> {
    take(Mode::Blocking)
}

/// Takes the standard streams for a reactor: pipes and sockets are in non-blocking mode.
///
/// # Errors
///
/// As for [`take_blocking`].
pub fn take_nonblocking() -> io::Result<Standard> {
    take(Mode::NonBlocking)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Blocking,
    NonBlocking,
}

/// There is one descriptor 0 and one descriptor 1 in a process, so one holder.
static TAKEN: AtomicBool = AtomicBool::new(false);

fn take(mode: Mode) -> io::Result<Standard> {
    if TAKEN.swap(true, Ordering::AcqRel) {
        return Err(io::Error::new(ErrorKind::ResourceBusy, "the standard streams are taken already"));
    }
    // From here on the guard gives them back, also if a later step fails.
    let mut guard = Guard { undo: system::Undo::default() };
    let (input, output) = guard.undo.take(mode)?;
    Ok(Standard { input, output, guard })
}

/// Holds the standard streams away from the rest of the process.
///
/// A process that ends without dropping it leaves a shared descriptor in the mode it was set to
/// (see [`take_nonblocking`]; private re-opened pipes are not concerned).
#[must_use = "dropping the guard puts the standard streams back"]
pub struct Guard {
    undo: system::Undo,
}

impl Drop for Guard {
    fn drop(&mut self) {
        // What was printed before or in the meantime, without a line end, belongs on stderr:
        // put back, it would stand in front of whatever is written to stdout next.
        let _ = io::stdout().flush();
        self.undo.put_back();
        TAKEN.store(false, Ordering::Release);
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard").finish_non_exhaustive()
    }
}

#[cfg(unix)]
mod system {
    use std::fs::File;
    use std::io;
    use std::os::fd::{AsFd, AsRawFd as _, OwnedFd};

    use rustix::fs::{FileType, Mode as Permissions, OFlags, fcntl_getfl, fcntl_setfl, fstat, open};
    use rustix::io::fcntl_dupfd_cloexec;
    use rustix::stdio::{dup2_stdin, dup2_stdout, stderr, stdin, stdout};

    use super::{Mode, Stream};

    /// Private descriptors start behind the standard ones, even if one of those is closed.
    const FIRST_PRIVATE: i32 = 3;

    /// What it takes to put everything back; filled step by step.
    #[derive(Default)]
    pub(super) struct Undo {
        stdin: Option<OwnedFd>,
        stdout: Option<OwnedFd>,
        /// Once for each description: input and output that share one are set only once.
        flags: Vec<(OwnedFd, OFlags)>,
    }

    impl Undo {
        pub(super) fn take(&mut self, mode: Mode) -> io::Result<(Stream, Stream)> {
            let null = File::options().read(true).write(true).open("/dev/null")?;
            let input = self.open(fcntl_dupfd_cloexec(stdin(), FIRST_PRIVATE)?, OFlags::RDONLY, mode)?;
            let output = self.open(fcntl_dupfd_cloexec(stdout(), FIRST_PRIVATE)?, OFlags::WRONLY, mode)?;

            let saved = fcntl_dupfd_cloexec(stdin(), FIRST_PRIVATE)?;
            dup2_stdin(&null)?;
            self.stdin = Some(saved);

            let saved = fcntl_dupfd_cloexec(stdout(), FIRST_PRIVATE)?;
            // A closed stderr is no reason to let prints through to the peer.
            dup2_stdout(stderr()).or_else(|_| dup2_stdout(&null))?;
            self.stdout = Some(saved);
            Ok((input, output))
        }

        pub(super) fn put_back(&mut self) {
            // Nothing can be done about an error here, and none is to be expected.
            if let Some(saved) = self.stdout.take() {
                let _ = dup2_stdout(&saved);
            }
            if let Some(saved) = self.stdin.take() {
                let _ = dup2_stdin(&saved);
            }
            for (fd, flags) in self.flags.drain(..) {
                let _ = fcntl_setfl(&fd, flags);
            }
        }

        fn open(&mut self, fd: OwnedFd, access: OFlags, mode: Mode) -> io::Result<Stream> {
            match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
                FileType::Fifo => {
                    if let Some(own) = reopen(&fd, access, mode) {
                        return Ok(Stream::Pipe(own));
                    }
                    self.set_mode(&fd, mode)?;
                    Ok(Stream::Pipe(fd))
                }
                FileType::Socket => {
                    self.set_mode(&fd, mode)?;
                    Ok(Stream::Socket(fd))
                }
                // A terminal shares its description with the shell, and reactors wait for
                // neither files nor most devices: blocking in either mode.
                _ => {
                    self.set_mode(&fd, Mode::Blocking)?;
                    Ok(Stream::Other(File::from(fd)))
                }
            }
        }

        /// Sets the mode of a description that others may share, and remembers what it was.
        ///
        /// `O_NONBLOCK` belongs to the open file description, not to the descriptor: our own
        /// stderr after `2>&1`, our parent, and the parent's other children may all hold the
        /// same one, and would see their writes fail with `EAGAIN` for ever if we left the
        /// flag set.
        fn set_mode(&mut self, fd: &OwnedFd, mode: Mode) -> io::Result<()> {
            let before = fcntl_getfl(fd)?;
            let wanted = match mode {
                Mode::Blocking => before - OFlags::NONBLOCK,
                Mode::NonBlocking => before | OFlags::NONBLOCK,
            };
            if wanted != before {
                let saved = fcntl_dupfd_cloexec(fd, FIRST_PRIVATE)?;
                fcntl_setfl(fd, wanted)?;
                self.flags.push((saved, before));
            }
            Ok(())
        }
    }

    /// Opens a second description of the same pipe, whose flags are ours alone.
    ///
    /// Where that works: on Linux, for an anonymous pipe, as the user it belongs to. A FIFO with
    /// a name is left alone: opening one says "a partner has come" to the other side, and may
    /// wait for it.
    fn reopen(fd: &OwnedFd, access: OFlags, mode: Mode) -> Option<OwnedFd> {
        if !cfg!(any(target_os = "linux", target_os = "android")) {
            return None;
        }
        let path = format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd());
        let name = std::fs::read_link(&path).ok()?;
        if !name.to_str()?.starts_with("pipe:[") {
            return None;
        }
        let flags = match mode {
            Mode::Blocking => access | OFlags::CLOEXEC,
            Mode::NonBlocking => access | OFlags::CLOEXEC | OFlags::NONBLOCK,
        };
        let own = open(path, flags, Permissions::empty()).ok()?;
        (own.as_raw_fd() >= FIRST_PRIVATE).then_some(own)
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    use super::{Mode, Stream};

    /// Nothing to put back: without safe calls to redirect the standard handles, the streams are
    /// duplicated and stray prints are not caught.
    #[derive(Default)]
    pub(super) struct Undo(());

    impl Undo {
        #[cfg(windows)]
        pub(super) fn take(&mut self, _: Mode) -> io::Result<(Stream, Stream)> {
            use std::fs::File;
            use std::os::windows::io::AsHandle as _;

            let input = io::stdin().as_handle().try_clone_to_owned()?;
            let output = io::stdout().as_handle().try_clone_to_owned()?;
            Ok((Stream::Other(File::from(input)), Stream::Other(File::from(output))))
        }

        #[cfg(not(windows))]
        pub(super) fn take(&mut self, _: Mode) -> io::Result<(Stream, Stream)> {
            Err(io::ErrorKind::Unsupported.into())
        }

        pub(super) fn put_back(&mut self) {}
    }
}
