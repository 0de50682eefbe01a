//! `initialize`, `notifications/initialized` and `ping`: the handshake of the older era.

use super::capability::{ClientCapabilities, ServerCapabilities};
use super::implementation::Implementation;
use super::method::{Method, MethodFacts, WITH_HANDSHAKE};
use super::object::object;

/// Tells a server that its client is ready.
pub const INITIALIZED: &str = "notifications/initialized";

object! {
    /// Opens a session.
    pub struct Initialize {
        /// The revision the client would like, its newest with a handshake.
        "protocolVersion" protocol_version: String,
        /// What the client can do, for the whole session.
        "capabilities" capabilities: ClientCapabilities,
        /// Who the client is.
        "clientInfo" client_info: Implementation,
    }

    /// The answer to [`Initialize`].
    pub struct InitializeResult {
        /// The revision of the session: the one asked for, or another the server speaks.
        "protocolVersion" protocol_version: String,
        /// What the server offers.
        "capabilities" capabilities: ServerCapabilities,
        /// Who the server is.
        "serverInfo" server_info: Implementation,
        ? /// How to use it, for a model to read.
        "instructions" instructions: String,
    }

    /// Asks whether the other side is still there.
    pub struct Ping {}

    /// A result that says nothing.
    pub struct EmptyResult {}
}

impl Method for Initialize {
    const FACTS: MethodFacts = MethodFacts::to_server("initialize", WITH_HANDSHAKE);
    type Result = InitializeResult;
}

impl Method for Ping {
    const FACTS: MethodFacts = MethodFacts::to_server("ping", WITH_HANDSHAKE).to_client(WITH_HANDSHAKE);
    type Result = EmptyResult;
}
