//! What a launched program is given, and what happens when it cannot be launched.
#![cfg(unix)]

use std::io::Read as _;
use std::time::Duration;

use mcp_os::{Environment, Exit, Launch, SpawnError, Stderr};

const DEADLINE: Option<Duration> = Some(Duration::from_secs(20));
const OK: Exit = Exit { code: Some(0), signal: None };

/// Everything the program writes to stdout until it ends well.
fn output(launch: &Launch) -> String {
    let mut child = launch.spawn().unwrap();
    drop(child.stdin.take());
    let mut text = String::new();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_to_string(&mut text).unwrap();
    assert_eq!(child.wait_exit(DEADLINE), Some(OK));
    text
}

#[test]
fn arguments_arrive_as_they_are() {
    let args = ["a b", "", "$HOME", "*", "\"'", "-n"];
    let launch = Launch::new("/usr/bin/printf").arg("<%s>").args(args);
    assert_eq!(output(&launch), "<a b><><$HOME><*><\"'><-n>");
    assert_eq!(launch.arguments().len(), 1 + args.len());
}

#[test]
fn a_launch_can_be_spawned_again() {
    let launch = Launch::new("echo").arg("once more");
    assert_eq!(output(&launch), "once more\n");
    assert_eq!(output(&launch), "once more\n");
}

#[test]
fn starts_in_the_directory() {
    let directory = std::env::temp_dir().canonicalize().unwrap();
    let launch = Launch::new("/bin/pwd").current_dir(&directory);
    assert_eq!(output(&launch), format!("{}\n", directory.display()));
}

#[test]
fn environment_policy() {
    let env = |policy| {
        let launch = Launch::new("/usr/bin/env").env("MINE", "1").environment(policy);
        let mut lines: Vec<_> = output(&launch).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let ours = |names: &[&str]| {
        let mut lines: Vec<_> =
            names.iter().filter_map(|name| Some(format!("{name}={}", std::env::var(name).ok()?))).collect();
        lines.push("MINE=1".to_owned());
        lines.sort();
        lines
    };
    let safe = ["HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];
    // Cargo sets this one, so there is something to withhold.
    let withheld = format!("CARGO_PKG_NAME={}", env!("CARGO_PKG_NAME"));

    assert_eq!(env(Environment::None), ["MINE=1"]);
    assert_eq!(env(Environment::Safe), ours(&safe));
    assert!(env(Environment::All).contains(&withheld));
}

#[test]
fn a_variable_that_is_set_wins_over_the_policy() {
    let launch = Launch::new("/bin/sh").args(["-c", "echo $HOME"]).env("HOME", "/elsewhere");
    assert_eq!(output(&launch), "/elsewhere\n");
}

#[test]
fn debug_shows_no_values() {
    let launch = Launch::new("prog").arg("--flag").env("TOKEN", "s3cret");
    let text = format!("{launch:?}");
    assert!(text.contains("TOKEN") && text.contains("--flag"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

#[test]
fn stderr_that_is_not_captured_has_no_tail() {
    for stderr in [Stderr::Discard, Stderr::Inherit] {
        let child = Launch::new("true").stderr(stderr).spawn().unwrap();
        assert!(child.stderr().is_none());
        assert_eq!(child.wait_exit(DEADLINE), Some(OK));
    }
}

#[test]
fn what_cannot_be_launched() {
    fn check(launch: &Launch, not_found: bool, text: &str) {
        let error = launch.spawn().unwrap_err();
        assert_eq!(matches!(error, SpawnError::NotFound { .. }), not_found, "{error}");
        assert!(error.to_string().starts_with(text), "{error}");
    }
    let name = "no-such-program-3f1c";
    check(&Launch::new(name), true, "program \"no-such-program-3f1c\" not found");
    check(&Launch::new(format!("/usr/bin/{name}")), true, "program \"/usr/bin/no-such-program-3f1c\" not found");
    // Not there is the directory; the program is.
    check(&Launch::new("true").current_dir("/no-such-directory"), false, "cannot start \"true\": ");
    check(&Launch::new("/etc/passwd"), false, "cannot start \"/etc/passwd\": ");
}
