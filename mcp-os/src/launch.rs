use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::child::Child;
use crate::stderr::{Caps, DEFAULT_LINE_CAP, DEFAULT_TAIL_CAP, LineCallback};

/// What a child gets of our own environment. Variables set with [`Launch::env`] come on top.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Environment {
    /// A short list of variables that programs need to find their way and that hold no secrets:
    /// paths, the user's name, language, terminal. The default.
    #[default]
    Safe,
    /// All of it, credentials included.
    All,
    /// Nothing at all. On Unix the program is then looked for in the system's default path
    /// unless it is given with its directory or `PATH` is set.
    None,
}

#[cfg(not(windows))]
const SAFE: &[&str] =
    &["HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

#[cfg(windows)]
const SAFE: &[&str] = &[
    "APPDATA",
    "COMSPEC",
    "HOMEDRIVE",
    "HOMEPATH",
    "LOCALAPPDATA",
    "PATH",
    "PATHEXT",
    "PROCESSOR_ARCHITECTURE",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "SYSTEMDRIVE",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "USERNAME",
    "USERPROFILE",
    "WINDIR",
];

/// What becomes of a child's stderr. It is never taken for a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Stderr {
    /// It is our own.
    Inherit,
    /// It goes nowhere.
    Discard,
    /// It is drained into a bounded [`StderrTail`](crate::StderrTail). The default.
    #[default]
    Capture,
}

/// Why a child could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// There is no such program.
    #[error("program {program:?} not found")]
    NotFound {
        /// As given to [`Launch::new`].
        program: OsString,
    },
    /// The program is there, or may be, but could not be started.
    #[error("cannot start {program:?}: {source}")]
    Failed {
        /// As given to [`Launch::new`].
        program: OsString,
        /// What the system answered.
        source: io::Error,
    },
}

/// What to start and how. No shell is involved: arguments arrive as they are.
///
/// stdin and stdout of the child are pipes. On Unix the child leads a process group of its own,
/// so that a `^C` at our terminal does not reach it and shutting it down reaches its descendants.
///
/// A launch can be spawned any number of times.
#[derive(Clone)]
pub struct Launch {
    program: OsString,
    args: Vec<OsString>,
    current_dir: Option<PathBuf>,
    environment: Environment,
    env: Vec<(OsString, OsString)>,
    stderr: Stderr,
    caps: Caps,
    callback: Option<LineCallback>,
}

impl Launch {
    /// Launches `program`: a path, or a name that is looked for in `PATH`.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            current_dir: None,
            environment: Environment::default(),
            env: Vec::new(),
            stderr: Stderr::default(),
            caps: Caps { tail: DEFAULT_TAIL_CAP, line: DEFAULT_LINE_CAP },
            callback: None,
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The directory to start in. Default: our own.
    #[must_use]
    pub fn current_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.current_dir = Some(directory.into());
        self
    }

    /// Sets a variable, whatever the [`Environment`] policy.
    #[must_use]
    pub fn env(mut self, key: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Which of our own variables the child gets. Default: [`Environment::Safe`].
    #[must_use]
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// What becomes of stderr. Default: [`Stderr::Capture`].
    #[must_use]
    pub fn stderr(mut self, stderr: Stderr) -> Self {
        self.stderr = stderr;
        self
    }

    /// How much of a captured stderr is kept, and how much of a single line, in bytes.
    /// Default: 256 KiB and 64 KiB.
    #[must_use]
    pub fn stderr_caps(mut self, tail: usize, line: usize) -> Self {
        self.caps = Caps { tail, line };
        self
    }

    /// Calls `callback` with each line of a captured stderr: without its line ending, cut at the
    /// line cap, bytes that are not UTF-8 replaced; at the end also with an unterminated rest.
    ///
    /// It runs on a thread that drains the pipe, one line at a time. It must return soon (the
    /// child's exit is published after its last line) and must not drop the [`Child`]. It may
    /// be called after that, as long as a descendant keeps the pipe open. A callback that
    /// panics is not called again.
    #[must_use]
    pub fn on_stderr_line(mut self, callback: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.callback = Some(Arc::new(callback));
        self
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &OsStr {
        &self.program
    }

    /// The program and its arguments in one text, by which [`Eras`](mcp_proto::handle::client::Eras) knows it.
    #[must_use]
    pub fn target(&self) -> String {
        let words = std::iter::once(self.program.as_os_str()).chain(self.args.iter().map(OsString::as_os_str));
        words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    /// The arguments.
    #[must_use]
    pub fn arguments(&self) -> &[OsString] {
        &self.args
    }

    /// Starts the program.
    ///
    /// # Errors
    ///
    /// [`SpawnError::NotFound`] if there is no such program, [`SpawnError::Failed`] for anything
    /// else: no permission, no such directory, no room for another process, pipe or thread.
    pub fn spawn(&self) -> Result<Child, SpawnError> {
        let mut child = self.command().spawn().map_err(|error| self.explain(error))?;
        let stderr = child.stderr.take();
        Child::start(child, self, stderr).map_err(|source| SpawnError::Failed { program: self.program.clone(), source })
    }

    pub(crate) fn caps(&self) -> Caps {
        self.caps
    }

    pub(crate) fn callback(&self) -> Option<LineCallback> {
        self.callback.clone()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(match self.stderr {
            Stderr::Inherit => Stdio::inherit(),
            Stderr::Discard => Stdio::null(),
            Stderr::Capture => Stdio::piped(),
        });
        if let Some(directory) = &self.current_dir {
            command.current_dir(directory);
        }
        if self.environment != Environment::All {
            command.env_clear();
        }
        if self.environment == Environment::Safe {
            let ours = SAFE.iter().map(|name| (name, std::env::var_os(name)));
            command.envs(ours.filter_map(|(name, value)| Some((name, value?))));
        }
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    /// The system says "not found" about the directory and about a script's interpreter, too.
    fn explain(&self, source: io::Error) -> SpawnError {
        let program = self.program.clone();
        let path = Path::new(&self.program);
        let directory_missing = self.current_dir.as_deref().is_some_and(|d| !d.is_dir());
        let there = path.is_absolute() && path.exists();
        if source.kind() == io::ErrorKind::NotFound && !directory_missing && !there {
            SpawnError::NotFound { program }
        } else {
            SpawnError::Failed { program, source }
        }
    }
}

/// Shows the names of the variables that were set, never their values.
impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("Launch")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("current_dir", &self.current_dir)
            .field("environment", &self.environment)
            .field("env", &names)
            .field("stderr", &self.stderr)
            .finish_non_exhaustive()
    }
}
