//! Taking the standard streams. Each case starts this program again, in the role of a server.

#[cfg(target_os = "linux")]
mod server;

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var(server::ROLE) {
        Ok(role) => server::run(&role),
        Err(_) => cases::run(),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod cases {
    use std::io::{Read as _, Seek as _, Write as _};
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::process::{Command, Stdio};

    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};

    use super::server;

    pub(crate) fn run() {
        let cases: [(&str, fn()); 7] = [
            ("stray_prints_go_to_stderr", stray_prints_go_to_stderr),
            ("one_holder_at_a_time", one_holder_at_a_time),
            ("a_pipe_is_private", a_pipe_is_private),
            ("inherited_nonblocking_pipe", inherited_nonblocking_pipe),
            ("a_socket_is_put_back", a_socket_is_put_back),
            ("one_socket_for_both", one_socket_for_both),
            ("files_are_read_as_files", files_are_read_as_files),
        ];
        for (name, case) in cases {
            case();
            println!("test {name} ... ok");
        }
    }

    /// What the server in this role wrote to stdout and stderr, after it ended well.
    fn serve(role: &str, input: &[u8]) -> (String, String) {
        let mut server =
            server(role).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        server.stdin.take().unwrap().write_all(input).unwrap();
        let output = server.wait_with_output().unwrap();
        let texts = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert!(output.status.success(), "{role}: {texts:?}");
        texts
    }

    fn server(role: &str) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(server::ROLE, role);
        command
    }

    fn is_nonblocking(fd: impl AsFd) -> bool {
        fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK)
    }

    fn stray_prints_go_to_stderr() {
        for role in ["prints blocking", "prints nonblocking"] {
            let (stdout, stderr) = serve(role, b"ping\n");
            assert_eq!(stdout, "first\nPING\nafter\n", "{role}");
            assert_eq!(stderr, "half stray\nfrom a child\nunended", "{role}");
        }
    }

    fn one_holder_at_a_time() {
        let (stdout, stderr) = serve("takes twice", b"");
        assert_eq!(stdout, "busy: ResourceBusy\nagain: true\n");
        assert_eq!(stderr, "");
    }

    /// As a shell connects `2>&1`: one description for the server's stdout and stderr.
    fn a_pipe_is_private() {
        let (mut reader, writer) = std::io::pipe().unwrap();
        let (input, hold) = std::io::pipe().unwrap();
        let mut server = server("reports nonblocking")
            .stdin(input.try_clone().unwrap())
            .stdout(writer.try_clone().unwrap())
            .stderr(writer.try_clone().unwrap())
            .spawn()
            .unwrap();
        let mut report = String::new();
        let mut first = [0; 1];
        reader.read_exact(&mut first).unwrap();
        // While it holds them.
        assert!(!is_nonblocking(&writer) && !is_nonblocking(&input));
        drop((hold, writer));
        reader.read_to_string(&mut report).unwrap();
        assert!(server.wait().unwrap().success());
        assert_eq!(
            report,
            "input: pipe, nonblocking true\noutput: pipe, nonblocking true\nstderr: nonblocking false\n"
        );
    }

    fn inherited_nonblocking_pipe() {
        let (input, mut hold) = std::io::pipe().unwrap();
        fcntl_setfl(&input, OFlags::NONBLOCK).unwrap();
        let mut server = server("reports blocking")
            .stdin(input.try_clone().unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 1];
        server.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
        // It waits for input now, or will; what it inherited is as it was.
        assert!(is_nonblocking(&input));
        hold.write_all(b"x").unwrap();
        drop(hold);
        let output = server.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(
            String::from_utf8(output.stderr).unwrap(),
            "input: pipe, nonblocking false\noutput: pipe, nonblocking false\nstderr: nonblocking false\n"
        );
    }

    /// Runs a server on these two sockets; its report, and whether theirs was non-blocking
    /// while it held them and is now.
    fn on_sockets(
        input: UnixStream,
        output: UnixStream,
        mut ours: UnixStream,
        hold: UnixStream,
    ) -> (String, [bool; 4]) {
        let mut server = server("reports nonblocking")
            .stdin(OwnedFd::from(input.try_clone().unwrap()))
            .stdout(OwnedFd::from(output.try_clone().unwrap()))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 1];
        ours.read_exact(&mut first).unwrap();
        let held = [is_nonblocking(&input), is_nonblocking(&output)];
        hold.shutdown(std::net::Shutdown::Write).unwrap();
        let mut report = String::new();
        let mut stderr = server.stderr.take().unwrap();
        stderr.read_to_string(&mut report).unwrap();
        assert!(server.wait().unwrap().success());
        let after = [is_nonblocking(&input), is_nonblocking(&output)];
        (report, [held[0], held[1], after[0], after[1]])
    }

    const SOCKETS: &str =
        "input: socket, nonblocking true\noutput: socket, nonblocking true\nstderr: nonblocking false\n";

    fn a_socket_is_put_back() {
        let (hold, input) = UnixStream::pair().unwrap();
        let (ours, output) = UnixStream::pair().unwrap();
        assert_eq!(on_sockets(input, output, ours, hold), (SOCKETS.to_owned(), [true, true, false, false]));
    }

    fn one_socket_for_both() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (input, hold) = (theirs.try_clone().unwrap(), ours.try_clone().unwrap());
        assert_eq!(on_sockets(input, theirs, ours, hold), (SOCKETS.to_owned(), [true, true, false, false]));
    }

    fn files_are_read_as_files() {
        let path = std::env::temp_dir().join(format!("mcp-os-stdio-{}", std::process::id()));
        let mut options = std::fs::File::options();
        let options = options.read(true).write(true).create_new(true);
        let mut output = options.open(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let result = server("reports nonblocking")
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert!(result.status.success(), "{result:?}");
        assert_eq!(
            String::from_utf8(result.stderr).unwrap(),
            "input: other, nonblocking false\noutput: other, nonblocking false\nstderr: nonblocking false\n"
        );
        let mut written = String::new();
        output.rewind().unwrap();
        output.read_to_string(&mut written).unwrap();
        assert_eq!(written, ".");
    }
}
