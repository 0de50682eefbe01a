//! The paths of Unix sockets: what stands there stays, what we bound is removed.
#![cfg(unix)]

use mcp_os::{Listener, connect_unix};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// A directory of its own, gone afterwards.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcp-os-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("socket")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What stands at the path before.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    File,
    Dead,
    Alive,
}

fn check(before: Before, plain: Option<ErrorKind>, in_place_of_dead: Option<ErrorKind>) {
    let directory = Directory::new(&format!("{before:?}"));
    let path = directory.socket();
    let _alive = match before {
        Before::Nothing => None,
        Before::File => {
            fs::write(&path, "kept").unwrap();
            None
        }
        // The standard library leaves the path.
        Before::Dead => {
            drop(UnixListener::bind(&path).unwrap());
            None
        }
        Before::Alive => Some(UnixListener::bind(&path).unwrap()),
    };
    let bound = Listener::unix(&path);
    assert_eq!(bound.as_ref().err().map(std::io::Error::kind), plain, "{before:?}");
    drop(bound);
    let bound = Listener::unix_in_place_of_dead(&path);
    assert_eq!(bound.as_ref().err().map(std::io::Error::kind), in_place_of_dead, "{before:?}");
    assert!(bound.is_err() || connect_unix(&path).is_ok());
    drop(bound);
    assert_eq!(path.exists(), in_place_of_dead.is_some(), "{before:?}");
    assert!(!matches!(before, Before::File) || fs::read(&path).unwrap() == b"kept");
}

#[test]
fn what_stands_at_the_path_stays_unless_it_is_dead() {
    let in_use = Some(ErrorKind::AddrInUse);
    check(Before::Nothing, None, None);
    check(Before::File, in_use, in_use);
    check(Before::Dead, in_use, None);
    check(Before::Alive, in_use, in_use);
}

#[test]
fn the_path_of_somebody_else_is_not_removed() {
    let directory = Directory::new("replaced");
    let ours = Listener::unix(directory.socket()).unwrap();
    fs::remove_file(directory.socket()).unwrap();
    let _theirs = UnixListener::bind(directory.socket()).unwrap();
    drop(ours);
    assert!(connect_unix(directory.socket()).is_ok());
}

#[test]
fn a_listener_of_the_program_keeps_its_path() {
    let directory = Directory::new("kept");
    drop(Listener::from(UnixListener::bind(directory.socket()).unwrap()));
    assert!(directory.socket().exists());
}

#[test]
fn connecting_never_waits() {
    let directory = Directory::new("full");
    let error = || connect_unix(directory.socket()).unwrap_err().kind();
    assert_eq!(error(), ErrorKind::NotFound);
    let listener = UnixListener::bind(directory.socket()).unwrap();
    rustix::net::listen(&listener, 1).unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        match connect_unix(directory.socket()) {
            Ok(stream) => waiting.push(stream),
            Err(e) => break e,
        }
        assert!(waiting.len() < 100);
    };
    if cfg!(target_os = "linux") {
        assert_eq!(full.kind(), ErrorKind::WouldBlock);
    }
    drop(listener);
    assert_eq!(error(), ErrorKind::ConnectionRefused);
}
