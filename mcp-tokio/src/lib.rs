//! mcp-tokio
