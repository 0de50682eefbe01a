"""A stdio server on the public Python SDK; one process answers both protocol eras.

    two_era_server.py BOTH|LEGACY

BOTH      the SDK picks the era from the first message of the connection: `initialize`
          opens a 2025-11-25 session, anything carrying the 2026-07-28 request metadata
          is served request by request
LEGACY    the SDK's loop for the handshake alone, which knows no `server/discover`: a
          client that asks for it must fall back to `initialize` on the same process

Tools: `echo` and `add` answer at once. `greet` asks the user for a name first,
which is a server request in the older era and an `input_required` result in
the newer one: the same tool exercises both.
"""

import asyncio
import sys
from typing import Annotated

from mcp.server.lowlevel import Server
from mcp.server.mcpserver import Elicit, MCPServer, Resolve
from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server
from pydantic import BaseModel

NAME = "two-era-server"
VERSION = "1.2.3"

# The default level reports every request on stderr; the check reads stderr.
server = MCPServer(NAME, version=VERSION, log_level="WARNING")


class Name(BaseModel):
    name: str


def ask_name() -> Elicit[Name]:
    return Elicit("What is your name?", Name)


@server.tool(description="Answers with the message it was given")
def echo(message: str) -> str:
    return message


@server.tool(description="Adds two integers")
def add(a: int, b: int) -> int:
    return a + b


@server.tool(description="Asks for a name and greets it")
def greet(who: Annotated[Name, Resolve(ask_name)]) -> str:
    return f"Hello, {who.name}!"


async def serve_legacy(low: Server) -> None:
    options = low.create_initialization_options()
    async with stdio_server() as (reads, writes), low.lifespan(low) as state:
        await serve_loop(low, reads, writes, lifespan_state=state, init_options=options)


if __name__ == "__main__":
    if sys.argv[1] == "LEGACY":
        asyncio.run(serve_legacy(server._lowlevel_server))
    else:
        server.run("stdio")
