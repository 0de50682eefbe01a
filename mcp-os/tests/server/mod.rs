//! The server's side of the cases.

use std::fs::File;
use std::io::{Read, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::Command;

use mcp_os::stdio::{Standard, Stream, take_blocking, take_nonblocking};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::{OFlags, fcntl_getfl};

pub(crate) const ROLE: &str = "MCP_OS_STDIO_ROLE";

pub(crate) fn run(role: &str) {
    match role {
        "prints blocking" => prints(take_blocking),
        "prints nonblocking" => prints(take_nonblocking),
        "reports blocking" => reports(take_blocking),
        "reports nonblocking" => reports(take_nonblocking),
        "takes twice" => takes_twice(),
        _ => panic!("no role {role:?}"),
    }
}

fn fd(stream: &Stream) -> BorrowedFd<'_> {
    match stream {
        Stream::Pipe(fd) | Stream::Socket(fd) => fd.as_fd(),
        Stream::Other(file) => file.as_fd(),
    }
}

/// A file over the same description: for plain reads and writes.
fn file(stream: &Stream) -> File {
    File::from(fd(stream).try_clone_to_owned().unwrap())
}

fn kind(stream: &Stream) -> &'static str {
    match stream {
        Stream::Pipe(_) => "pipe",
        Stream::Socket(_) => "socket",
        Stream::Other(_) => "other",
    }
}

fn is_nonblocking(fd: impl AsFd) -> bool {
    fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK)
}

/// Reads to the end, waiting where the stream itself does not.
fn read_all(stream: &Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        if is_nonblocking(fd(stream)) {
            poll(&mut [PollFd::from_borrowed_fd(fd(stream), PollFlags::IN)], None).unwrap();
        }
        let mut chunk = [0; 64];
        match file(stream).read(&mut chunk).unwrap() {
            0 => return bytes,
            count => bytes.extend(&chunk[..count]),
        }
    }
}

fn prints(take: fn() -> std::io::Result<Standard>) {
    println!("first");
    print!("half ");
    let Standard { input, output, guard } = take().unwrap();
    println!("stray");
    let status = Command::new("echo").arg("from a child").status().unwrap();
    assert!(status.success());
    // Anybody else finds an input that has ended.
    assert_eq!(std::io::stdin().read(&mut [0; 8]).unwrap(), 0);

    let line = read_all(&input);
    file(&output).write_all(&line.to_ascii_uppercase()).unwrap();
    print!("unended");
    drop((input, output, guard));
    println!("after");
}

fn reports(take: fn() -> std::io::Result<Standard>) {
    let Standard { input, output, guard } = take().unwrap();
    let flags = [fd(&input), fd(&output), std::io::stderr().as_fd()].map(is_nonblocking);
    // Tells the other side to look.
    file(&output).write_all(b".").unwrap();
    read_all(&input);
    let (input_kind, output_kind) = (kind(&input), kind(&output));
    drop((input, output, guard));
    let [input, output, stderr] = flags;
    eprintln!("input: {input_kind}, nonblocking {input}");
    eprintln!("output: {output_kind}, nonblocking {output}");
    eprintln!("stderr: nonblocking {stderr}");
}

fn takes_twice() {
    let first = take_blocking().unwrap();
    let second = take_nonblocking().map(drop).map_err(|error| error.kind());
    drop(first);
    println!("busy: {:?}", second.unwrap_err());
    let third = take_nonblocking();
    let again = third.is_ok();
    drop(third);
    println!("again: {again}");
}
