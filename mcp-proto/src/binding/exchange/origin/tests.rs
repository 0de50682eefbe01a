use super::*;
use http::{HeaderValue, Request};
use proptest::prelude::*;

fn head(target: &str, lines: &[(HeaderName, &str)]) -> Parts {
    let mut request = Request::post(target);
    for (name, value) in lines {
        request = request.header(name, HeaderValue::from_str(value).unwrap());
    }
    request.body(()).unwrap().into_parts().0
}

#[track_caller]
fn check(policy: &Policy, target: &str, hosts: &[&str], origins: &[&str], expect: Result<(), Refused>) {
    let hosts = hosts.iter().map(|value| (HOST, *value));
    let lines: Vec<_> = hosts.chain(origins.iter().map(|value| (ORIGIN, *value))).collect();
    assert_eq!(policy.check(&head(target, &lines)), expect, "{target} {lines:?}");
}

use Refused::{BadHost, BadOrigin, Host, NoHost, Origin as Page};

#[test]
fn the_own_machine_by_default() {
    let own = Policy::default();
    let check = |host, expect| check(&own, "/mcp", &[host], &[], expect);
    for good in [
        "localhost",
        "LOCALHOST:80",
        "localhost:65535",
        "127.0.0.1",
        "127.0.0.1:3000",
        "[::1]",
        "[::1]:8",
        " localhost ",
    ] {
        check(good, Ok(()));
    }
    for other in [
        "evil.example",
        "evil.example:3000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil-localhost",
        "localhost.",
        "app.localhost",
        "127.0.0.2",
        "127.1",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "[::]",
        "[::2]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "null",
    ] {
        check(other, Err(Host));
    }
    for odd in [
        "",
        ":80",
        "localhost:",
        "localhost:+80",
        "localhost:65536",
        "localhost:80:80",
        "localhost:8o",
        "::1",
        "[::1",
        "[::1]80",
        "[]",
        "[]:80",
        "[::1%25lo]",
        "[localhost]",
        "user@localhost",
        "user:pass@localhost",
        "localhost/",
        "localhost/evil",
        "localhost#",
        "localhost?",
        "http://localhost",
        "localhost, localhost",
        "local host",
        "localhost%00",
        "%6cocalhost",
        "\\localhost",
    ] {
        check(odd, Err(BadHost));
    }
}

#[test]
fn where_the_host_stands() {
    let own = Policy::default();
    check(&own, "/mcp", &[], &[], Err(NoHost));
    check(&own, "/mcp", &["localhost", "localhost"], &[], Err(BadHost));
    // HTTP/2, and HTTP/1 to a proxy.
    check(&own, "http://localhost:80/mcp", &[], &[], Ok(()));
    check(&own, "http://[::1]/mcp", &["localhost"], &[], Ok(()));
    check(&own, "http://evil.example/mcp", &[], &[], Err(Host));
    check(&own, "http://evil.example/mcp", &["localhost"], &[], Err(Host));
    check(&own, "http://localhost/mcp", &["evil.example"], &[], Err(Host));
    check(&own, "http://user@localhost/mcp", &[], &[], Err(BadHost));
    check(&own, "http://user:pass@localhost/mcp", &["localhost"], &[], Err(BadHost));
    let mut beyond_ascii = head("/mcp", &[]);
    beyond_ascii.headers.insert(HOST, HeaderValue::from_bytes(b"localhost\xe9").unwrap());
    assert_eq!(own.check(&beyond_ascii), Err(BadHost));
}

#[test]
fn pages_of_the_own_machine() {
    let own = Policy::default();
    let check = |origins: &[&str], expect| check(&own, "/mcp", &["localhost:3000"], origins, expect);
    check(&[], Ok(()));
    for good in
        ["http://localhost", "http://localhost:3000", "HTTPS://LocalHost:1", "http://127.0.0.1:6274", "http://[::1]:5"]
    {
        check(&[good], Ok(()));
    }
    for other in [
        "null",
        "http://evil.example",
        "https://evil.example:3000",
        "http://localhost.evil.example",
        "chrome-extension://localhost",
        "file://localhost",
        "ws://localhost",
        "http://null",
        "http://0.0.0.0",
    ] {
        check(&[other], Err(Page));
    }
    for odd in [
        "",
        "Null",
        "localhost",
        "localhost:3000",
        "//localhost",
        "://localhost",
        "http:localhost",
        "http:/localhost",
        "http://",
        "http://localhost/",
        "http://localhost/a",
        "http://user@localhost",
        "http://evil.example@localhost",
        "http://localhost:",
        "http://localhost#",
        "http://localhost?",
        "http://localhost http://localhost",
        "http://localhost, http://localhost",
        "1http://localhost",
        "ht tp://localhost",
        "file://",
        "about:blank",
    ] {
        check(&[odd], Err(BadOrigin));
    }
    check(&["http://localhost", "http://localhost"], Err(BadOrigin));
}

#[test]
fn lists() {
    let policy = Policy::nobody().host("Mcp.Example.org").unwrap().host("b.example:8443").unwrap();
    let policy = policy.origin("HTTPS://App.Example.org").unwrap().origin("http://c.example:8080").unwrap();
    let host = |host, expect| check(&policy, "/", &[host], &[], expect);
    host("mcp.example.org", Ok(()));
    host("MCP.EXAMPLE.ORG:1", Ok(()));
    host("b.example:8443", Ok(()));
    host("b.example", Err(Host));
    host("b.example:443", Err(Host));
    host("localhost", Err(Host));
    let page = |origin, expect| check(&policy, "/", &["mcp.example.org"], &[origin], expect);
    page("https://app.example.org", Ok(()));
    page("https://APP.example.org:443", Ok(()));
    page("http://c.example:8080", Ok(()));
    page("http://app.example.org", Err(Page));
    page("https://app.example.org:8443", Err(Page));
    page("https://example.org", Err(Page));
    page("https://x.app.example.org", Err(Page));
    page("http://c.example", Err(Page));
    page("https://mcp.example.org", Err(Page));
    page("http://localhost", Err(Page));
    page("null", Err(Page));
    let sandboxed = policy.clone().origin("null").unwrap();
    check(&sandboxed, "/", &["mcp.example.org"], &["null"], Ok(()));
    check(&sandboxed, "/", &["mcp.example.org"], &["http://null"], Err(Page));
    // What is added to the default is beside the own machine.
    let more = Policy::default().host("[fd00::1]").unwrap().origin("vscode-webview://id").unwrap();
    check(&more, "/", &["[FD00::1]:80"], &["vscode-webview://ID"], Ok(()));
    check(&more, "/", &["localhost"], &["http://localhost:1"], Ok(()));
    check(&Policy::nobody(), "/", &["localhost"], &[], Err(Host));
}

#[test]
fn without_checks() {
    check(&Policy::off(), "/", &[], &["null"], Ok(()));
    check(&Policy::off(), "/", &["?"], &["?"], Ok(()));
    let public = Policy::nobody().any_host().origin("https://app.example").unwrap();
    check(&public, "/", &["?"], &["https://app.example"], Ok(()));
    check(&public, "/", &[], &["https://evil.example"], Err(Page));
}

#[test]
fn texts_that_are_no_hosts_and_no_origins() {
    for text in ["", "http://a", "a/", "*", "*.example.org", "a b", "::1"] {
        assert_eq!(Policy::nobody().host(text), Err(Unlisted::Host(text.to_owned())), "{text}");
    }
    for text in ["", "*", "a", "https://a/", "https://*", "https://a@b"] {
        assert_eq!(Policy::nobody().origin(text), Err(Unlisted::Origin(text.to_owned())), "{text}");
    }
}

proptest! {
    #[test]
    fn only_the_three_names_are_good(host in "(localhost|127\\.0\\.0\\.1|\\[::1\\]|[a-z.:@/\\[\\]0-9%]{1,12})(:[0-9]{1,6}|[ -~]{0,3})") {
        let Ok(value) = HeaderValue::from_str(&host) else { return Ok(()) };
        let mut head = head("/", &[]);
        head.headers.insert(HOST, value);
        if Policy::default().check(&head).is_ok() {
            let name = trim(&host);
            let name = name.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(name, |(name, _)| name);
            prop_assert!(["localhost", "127.0.0.1", "[::1]"].contains(&name), "{host}");
        }
    }
}
