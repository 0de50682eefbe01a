//! `_meta`: what a message says about itself. Since 2026-07-28 every request carries version, capabilities
//! and (it should) identity there.

use super::version::Revision;
use crate::rpc::{Object, Raw};

/// Names a request's protocol version. Required since 2026-07-28.
pub const PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// Names the client's capabilities for this request. Required since 2026-07-28.
pub const CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// Names the client. Should be there since 2026-07-28.
pub const CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// Names the server, in results. Should be there since 2026-07-28.
pub const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// The token by which progress names its request.
pub const PROGRESS_TOKEN: &str = "progressToken";

/// What a modern request's `_meta` must say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RequestMeta {
    /// A version this library knows by name, whether or not it is served.
    pub version: Result<Revision, String>,
    /// The client's capabilities, an object.
    pub capabilities: Raw,
    /// The client's identity, if given.
    pub client: Option<Raw>,
}

/// What is missing or wrong in a modern `_meta`; the text goes into the error.
pub(crate) type Incomplete = String;

/// Reads the `_meta` of a request: `None` if it carries no protocol version and so belongs to the older era.
pub(crate) fn request_meta(meta: &Object) -> Option<Result<RequestMeta, Incomplete>> {
    let version = meta.get(PROTOCOL_VERSION)?;
    Some(read(meta, &version))
}

fn read(meta: &Object, version: &Raw) -> Result<RequestMeta, Incomplete> {
    let name: String = version.parse().map_err(|_| format!("`{PROTOCOL_VERSION}` must be a string"))?;
    let capabilities = meta.get(CLIENT_CAPABILITIES).ok_or_else(|| format!("`_meta` lacks `{CLIENT_CAPABILITIES}`"))?;
    if !capabilities.is_object() {
        return Err(format!("`{CLIENT_CAPABILITIES}` must be an object"));
    }
    Ok(RequestMeta { version: Revision::from_name(&name).ok_or(name), capabilities, client: meta.get(CLIENT_INFO) })
}
