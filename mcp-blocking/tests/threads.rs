//! What an idle connection costs. Alone in its process, since it counts threads.
#![cfg(target_os = "linux")]

use mcp_blocking::{Listener, Server, listen};
use std::fs;
use std::net::TcpStream;
use std::time::Duration;

fn serving() -> usize {
    let names =
        fs::read_dir("/proc/self/task").unwrap().map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
    // A thread may end between the two looks.
    names.filter(|name| name.as_ref().is_ok_and(|name| name.trim_end() == "mcp-serve")).count()
}

#[test]
fn an_idle_connection_costs_one_thread() {
    let listening = listen(Server::new("test", "1"), Listener::tcp("127.0.0.1:0").unwrap()).unwrap();
    let address = listening.local_addr().unwrap();
    let clients: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    // A thread takes a moment to give itself its name.
    while listening.connections() < clients.len() || serving() < clients.len() {
        std::thread::yield_now();
    }
    assert_eq!(serving(), clients.len());
    listening.shutdown(Duration::from_secs(30));
    assert_eq!(listening.wait(Some(Duration::from_secs(60))), Some(Ok(())));
    while serving() > 0 {
        std::thread::yield_now();
    }
}
