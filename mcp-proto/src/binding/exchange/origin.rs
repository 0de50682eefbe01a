//! Who may ask at all: a web page must not reach a server on its reader's own machine by giving that a name of its own
//! (DNS rebinding; all revisions, transports, security warning).
//!
//! A browser says in `Host` by which name it found the server, and in `Origin` which page asks; neither is for the page
//! to choose. Programs that are no browser send no `Origin`.

use super::field::trim;
use http::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use http::request::Parts;

/// By which names a server is asked, and from which pages.
///
/// The default is for a server on the machine of its clients: hosts and origins are `localhost`, `127.0.0.1` and
/// `[::1]`, with any port. Another server names its own:
///
/// ```
/// use mcp_proto::binding::exchange::origin::Policy;
///
/// let policy = Policy::nobody().host("mcp.example.org")?.origin("https://app.example.org")?;
/// # assert!(policy.clone().host("https://mcp.example.org").is_err());
/// # Ok::<(), mcp_proto::binding::exchange::origin::Unlisted>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Whether the names of the own machine are good.
    loopback: bool,
    /// `None`: every one is good.
    hosts: Option<Vec<Listed>>,
    /// `None`: every one is good.
    origins: Option<Vec<Listed>>,
}

/// A host or an origin that is good, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    /// `None` for hosts. `null` has neither host nor port.
    scheme: Option<String>,
    host: String,
    /// `None` for hosts: any.
    port: Option<u16>,
}

/// Why a request is not taken. The answer is 403 to all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refused {
    /// It says neither in its target nor in `Host` whom it asks.
    #[error("the request names no host")]
    NoHost,
    /// What it says is no host with or without a port, or it says it more than once.
    #[error("the request's host can't be read")]
    BadHost,
    /// It asks for somebody else.
    #[error("this server is not asked by that host name; allow it in the server's policy if it is one of its names")]
    Host,
    /// `Origin` is no origin, or there more than once.
    #[error("the request's origin can't be read")]
    BadOrigin,
    /// It comes from a page that may not ask.
    #[error("pages of that origin may not ask this server; allow it in the server's policy if they may")]
    Origin,
}

/// Ours: a text in a policy is not a host, or not an origin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unlisted {
    /// Not a host.
    #[error("`{0}` is no host; write `example.org`, `example.org:8443` or `[::1]`")]
    Host(String),
    /// Not an origin.
    #[error("`{0}` is no origin; write `https://example.org`, `http://example.org:8080` or `null`")]
    Origin(String),
}

impl Default for Policy {
    /// Only the own machine.
    fn default() -> Self {
        Self { loopback: true, ..Self::nobody() }
    }
}

impl Policy {
    /// No host and no origin; add to it.
    #[must_use]
    pub const fn nobody() -> Self {
        Self { loopback: false, hosts: Some(Vec::new()), origins: Some(Vec::new()) }
    }

    /// No check. For a server that something in front of it protects.
    #[must_use]
    pub const fn off() -> Self {
        Self { loopback: false, hosts: None, origins: None }
    }

    /// Any host is good; origins are looked at. For a server on the open internet, where nothing is gained by another
    /// name for it.
    #[must_use]
    pub fn any_host(self) -> Self {
        Self { hosts: None, ..self }
    }

    /// This host is good, too: with its port, or with any if it names none. It makes no origin good.
    ///
    /// # Errors
    /// The text is no host.
    pub fn host(mut self, host: &str) -> Result<Self, Unlisted> {
        let authority = Authority::read(host).ok_or_else(|| Unlisted::Host(host.to_owned()))?;
        let listed = Listed { scheme: None, host: authority.host.to_ascii_lowercase(), port: authority.port };
        self.hosts.get_or_insert_default().push(listed);
        Ok(self)
    }

    /// Pages of this origin may ask, too. `null` are those that have none, such as a frame in a sandbox or a file: which
    /// they are nobody knows.
    ///
    /// # Errors
    /// The text is no origin.
    pub fn origin(mut self, origin: &str) -> Result<Self, Unlisted> {
        let origin = Origin::read(origin).ok_or_else(|| Unlisted::Origin(origin.to_owned()))?;
        self.origins.get_or_insert_default().push(origin.listed());
        Ok(self)
    }

    /// Whether a request is taken, by its head.
    ///
    /// The host is looked at wherever it stands: in the target (`:authority` in HTTP/2) and in `Host`. Without an
    /// `Origin` no page asks.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, head: &Parts) -> Result<(), Refused> {
        if let Some(hosts) = &self.hosts {
            let header = once(&head.headers, &HOST).map_err(|()| Refused::BadHost)?;
            let target = head.uri.authority().map(http::uri::Authority::as_str);
            if header.is_none() && target.is_none() {
                return Err(Refused::NoHost);
            }
            for host in [target, header].into_iter().flatten() {
                let authority = Authority::read(host).ok_or(Refused::BadHost)?;
                let listed = || hosts.iter().any(|listed| listed.is_host(&authority));
                if !(self.loopback && authority.is_loopback() || listed()) {
                    return Err(Refused::Host);
                }
            }
        }
        let origin = once(&head.headers, &ORIGIN).map_err(|()| Refused::BadOrigin)?;
        let (Some(origins), Some(origin)) = (&self.origins, origin) else { return Ok(()) };
        let origin = Origin::read(origin).ok_or(Refused::BadOrigin)?;
        let good = self.loopback && origin.is_loopback() || origins.contains(&origin.listed());
        if good { Ok(()) } else { Err(Refused::Origin) }
    }
}

impl Listed {
    fn is_host(&self, authority: &Authority<'_>) -> bool {
        self.host.eq_ignore_ascii_case(authority.host) && (self.port.is_none() || self.port == authority.port)
    }
}

/// A host and a port, as they stand in `Host` and behind a scheme: no user, no path, nothing percent-encoded.
#[derive(Clone, Copy)]
struct Authority<'a> {
    host: &'a str,
    port: Option<u16>,
}

impl<'a> Authority<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let end =
            if text.starts_with('[') { text.find(']').map(|at| at + 1)? } else { text.find(':').unwrap_or(text.len()) };
        let (host, rest) = text.split_at_checked(end)?;
        let port = match rest.strip_prefix(':') {
            None if rest.is_empty() => None,
            None => return None,
            // A sign is no digit, though `parse` would take one.
            Some(digits) => Some(digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))?),
        };
        let legal = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')),
            None => host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')),
        };
        (legal && !matches!(host, "" | "[]")).then_some(Self { host, port })
    }

    fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || matches!(self.host, "127.0.0.1" | "[::1]")
    }
}

/// What `Origin` says.
enum Origin<'a> {
    /// A page that has none.
    Null,
    Page {
        scheme: &'a str,
        authority: Authority<'a>,
    },
}

impl<'a> Origin<'a> {
    fn read(text: &'a str) -> Option<Self> {
        if text == "null" {
            return Some(Self::Null);
        }
        let (scheme, authority) = text.split_once("://")?;
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let starts = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
        let authority = Authority::read(authority)?;
        (starts && scheme.bytes().all(legal)).then_some(Self::Page { scheme, authority })
    }

    fn is_loopback(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Page { scheme, authority } => {
                authority.is_loopback() && (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
            }
        }
    }

    /// As it is compared: in lower case, with the port its scheme means.
    fn listed(&self) -> Listed {
        let Self::Page { scheme, authority } = self else {
            return Listed { scheme: None, host: "null".to_owned(), port: None };
        };
        let scheme = scheme.to_ascii_lowercase();
        let meant = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        Listed { host: authority.host.to_ascii_lowercase(), port: authority.port.or(meant), scheme: Some(scheme) }
    }
}

/// The value of a header that may be there once.
fn once<'a>(headers: &'a HeaderMap, header: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(header).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(|text| Some(trim(text))).map_err(|_| ()),
        _ => Err(()),
    }
}

#[cfg(test)]
mod tests;
