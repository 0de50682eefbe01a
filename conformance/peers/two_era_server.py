"""A stdio server on the public Python SDK; one process answers both protocol eras.

The SDK picks the era from the first message of the connection: `initialize`
opens a 2025-11-25 session, anything carrying the 2026-07-28 request metadata
is served request by request.

Tools: `echo` and `add` answer at once. `greet` asks the user for a name first,
which is a server request in the older era and an `input_required` result in
the newer one: the same tool exercises both.
"""

from typing import Annotated

from mcp.server.mcpserver import Elicit, MCPServer, Resolve
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


if __name__ == "__main__":
    server.run("stdio")
