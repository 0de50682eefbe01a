//! mcp-os
