"""A stdio server on a 1.x release of the public Python SDK, which speaks one of the older revisions.

Its tool `echo` does what servers of that time do in the middle of a call: it writes to stderr,
logs to the client without being asked, pings it, and asks for roots, which a client that declares
none must refuse with an error. Only then it answers.
"""

import sys

from mcp import McpError
from mcp.server.fastmcp import Context, FastMCP

METHOD_NOT_FOUND = -32601

# The default level reports every request on stderr.
server = FastMCP("older-server", log_level="WARNING")


@server.tool(description="Answers with the message it was given")
async def echo(message: str, ctx: Context) -> str:
    print("a line on stderr", file=sys.stderr, flush=True)
    await ctx.info("about to ask")
    await ctx.report_progress(1, 2)
    await ctx.session.send_ping()
    try:
        roots = await ctx.session.list_roots()
    except McpError as error:
        if error.error.code != METHOD_NOT_FOUND:
            raise
    else:
        return f"a client without roots answered {roots!r}"
    return message


if __name__ == "__main__":
    server.run("stdio")
