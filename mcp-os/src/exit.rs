use std::fmt;
use std::time::Duration;

/// How a process ended.
///
/// Both fields are `None` if the status is unknown: somebody else collected it (a host that waits
/// for all of its children, or ignores `SIGCHLD`), or a killed process has not died yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Exit {
    /// The exit code, if the process exited by itself.
    pub code: Option<i32>,
    /// The number of the signal that ended it (Unix).
    pub signal: Option<i32>,
}

impl Exit {
    /// True for exit code 0.
    #[must_use]
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit code {code}"),
            (None, Some(signal)) => write!(f, "signal {signal}"),
            (None, None) => f.write_str("unknown exit status"),
        }
    }
}

/// A step of the shutdown ladder, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Its input was closed, nothing else was done to it.
    ClosedInput,
    /// The process group was asked to end (`SIGTERM`; there is no such step off Unix).
    Terminated,
    /// The process group was killed.
    Killed,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClosedInput => "closed input",
            Self::Terminated => "terminated",
            Self::Killed => "killed",
        })
    }
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ended {
    /// How the process ended.
    pub exit: Exit,
    /// The last step that was taken before it ended.
    pub step: Step,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.exit)
    }
}

/// How long each step of the shutdown ladder waits for the process to exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grace {
    /// After its input was closed. Default 2 s.
    pub stdin: Duration,
    /// After it was asked to terminate. Default 2 s; containers want more, 10 s say.
    pub terminate: Duration,
}

impl Default for Grace {
    fn default() -> Self {
        Self { stdin: Duration::from_secs(2), terminate: Duration::from_secs(2) }
    }
}
