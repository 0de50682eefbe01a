"""Drives one `echo` server over stdio with the client of a 1.x release of the public Python SDK.

    older_client.py REVISION NAME -- server command...

The client proposes the newest revision it knows, REVISION, and the server must agree to that one
and no other. Exits 0 when every check passed. Otherwise the last line on stderr names the check.

Releases before 1.10 leave by SIGTERM with the server's standard input still open, and then wait
for it to end, without a bound: a server that ends only with its input would hang them.
"""

import argparse
import asyncio
import sys
import time
from importlib.metadata import version

from mcp import ClientSession, McpError, StdioServerParameters, stdio_client

INVALID_PARAMS = -32602
WRONG = "invalid arguments: `message`: invalid type: integer `5`, expected a string"
METHOD_NOT_FOUND = -32601

TOOL = {
    "name": "echo",
    "description": "Answers with the message it was given",
    "inputSchema": {
        "type": "object",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
    },
}

TEXTS = [
    "hello",
    "",
    "two\nlines\r\nand a tab\t",
    'quotes " and \\ backslash \\n',
    "Grüße, 世界, \U0001f980, e\u0301, \u2028\u2029\u0085, \u0000\u007f",
    "界" * 34_000,
] + [f"call {n}" for n in range(40)]

DEADLINE = 30.0
"""Seconds for everything: connecting, all calls, leaving."""


class Failed(Exception):
    """One check did not hold; the text says which."""


def check(got: object, expected: object, what: str) -> None:
    if got != expected:
        raise Failed(f"{what}: expected {str(expected)[:300]!r}, got {str(got)[:300]!r}")


def plain(model) -> dict:
    """What was on the wire: the models fill in what was not there."""
    return model.model_dump(mode="json", by_alias=True, exclude_unset=True)


async def refusal(answer) -> int:
    try:
        result = await answer
    except McpError as error:
        return error.error.code
    raise Failed(f"a refusal: got {str(result)[:300]!r}")


async def exercise(session: ClientSession, args: argparse.Namespace) -> None:
    opened = await session.initialize()
    check(opened.protocolVersion, args.revision, "the revision agreed")
    check(opened.serverInfo.name, args.name, "the name of the server")
    check(plain(opened.capabilities), {"tools": {}}, "the capabilities of the server")
    check(plain(await session.list_tools()), {"tools": [TOOL]}, "tools/list")
    await session.send_ping()

    results = await asyncio.gather(*(session.call_tool("echo", {"message": text}) for text in TEXTS))
    for text, result in zip(TEXTS, results, strict=True):
        # Some releases look at `isError` while they receive, which counts as set.
        got = {key: value for key, value in plain(result).items() if value is not False}
        check(got, {"content": [{"type": "text", "text": text}]}, "echo")

    wrong = session.call_tool("echo", {"message": 5})
    if args.revision < "2025-11-25":
        check(await refusal(wrong), INVALID_PARAMS, "a number for a text")
    else:
        # Since then it is an answer, for the model to mend.
        check(plain(await wrong), {"content": [{"type": "text", "text": WRONG}], "isError": True}, "a number for a text")
    check(await refusal(session.call_tool("no-such-tool", {})), INVALID_PARAMS, "a tool that is not there")
    check(await refusal(session.list_prompts()), METHOD_NOT_FOUND, "prompts, which were not declared")


async def run(args: argparse.Namespace) -> str:
    server = StdioServerParameters(command=args.command[0], args=args.command[1:])
    try:
        async with asyncio.timeout(DEADLINE), stdio_client(server) as (reads, writes):
            async with ClientSession(reads, writes) as session:
                await exercise(session, args)
            leaving = time.monotonic()
    except TimeoutError:
        raise Failed(f"everything is done within {DEADLINE:.0f} s") from None
    took = time.monotonic() - leaving
    return f"mcp {version('mcp')}, {args.revision}, {len(TEXTS)} calls, gone {took * 1000:.0f} ms after it was let go"


def named(error: BaseException) -> str:
    """Task groups wrap what went wrong; the innermost first cause is the one to read."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
    return " | ".join(text.splitlines())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("revision", help="the revision that must be agreed")
    parser.add_argument("name", help="the name the server must give")
    parser.add_argument("command", nargs="+", help="the server, after --")
    args = parser.parse_args()
    try:
        print(asyncio.run(run(args)))
        return 0
    except (Exception, BaseExceptionGroup) as error:
        print(f"failed: {named(error)}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
