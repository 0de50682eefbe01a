"""Drives one `echo` server over stdio with the public Python SDK's client.

    client.py LEGACY|MODERN|UNPROBED [--name NAME] [--version VERSION] -- server command...

LEGACY    opens with `initialize` (2025-11-25)
MODERN    opens with `server/discover` (2026-07-28)
UNPROBED  opens with a 2026-07-28 request and no probe, which a server must accept too

Exits 0 when every check passed. Otherwise the last line on stderr names the check.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp_types import INVALID_PARAMS, METHOD_NOT_FOUND, CallToolResult, TextContent

# Per era: how the SDK's client is told to open, and the revision that must come out of it.
# "auto" falls back to `initialize` in silence, so the revision is what proves the probe worked.
ERAS = {
    "LEGACY": ("legacy", "2025-11-25"),
    "MODERN": ("auto", "2026-07-28"),
    "UNPROBED": ("2026-07-28", "2026-07-28"),
}

TEXTS = [
    "hello",
    "",
    "two\nlines\r\nand a tab\t",
    'quotes " and \\ backslash \\n',
    "Grüße, 世界, \U0001f980, e\u0301, \u2028\u2029\u0085, \u0000\u007f",
    "0123456789" * 10_240,
    "界" * 34_000,
] + [f"call {n}" for n in range(40)]

DEADLINE = 30.0
"""Seconds for everything: connecting, all calls, leaving."""

# Nothing public shows the process. The SDK signals the server's whole process group two seconds after closing its stdin. A
# shell between the two lives in that group, so the status file is written only when the
# server ended by itself.
WATCH = '"$@"; echo $? >"$STATUS_FILE"'


class Failed(Exception):
    """One check did not hold; the text says which."""


def check(holds: bool, what: str) -> None:
    if not holds:
        raise Failed(what)


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + "…"


def check_echo(text: str, result: CallToolResult) -> None:
    check(not result.is_error, f"echo of {shown(text)} is no error: {shown(result)}")
    check(
        [type(block) for block in result.content] == [TextContent],
        f"echo answers one text block: {shown(result.content)}",
    )
    got = result.content[0].text
    check(got == text, f"echo of {shown(text)} (length {len(text)}) answered {shown(got)} (length {len(got)})")


async def check_refused(client: Client, name: str, arguments: dict[str, object]) -> None:
    """A refusal may be a JSON-RPC error or a tool result that says so; both are in use."""
    call = f"call of {name!r} with {arguments!r}"
    try:
        result = await client.call_tool(name, arguments)
    except MCPError as error:
        check(error.code == INVALID_PARAMS, f"{call} fails with {INVALID_PARAMS}: {error.code} {error}")
    else:
        check(result.is_error is True, f"{call} is refused: {shown(result)}")


async def exercise(client: Client, args: argparse.Namespace, revision: str) -> str:
    check(client.protocol_version == revision, f"negotiates {revision}: {client.protocol_version}")
    info = client.server_info
    if args.era == "UNPROBED":
        who = "unasked"
    else:
        check(info is not None, "the server says who it is")
        check(bool(info.name and info.version), f"the server has a name and a version: {info!r}")
        check(args.name in (None, info.name), f"the server is called {args.name!r}: {info.name!r}")
        check(args.version in (None, info.version), f"the server has version {args.version!r}: {info.version!r}")
        check(client.server_capabilities.tools is not None, "the server declares tools")
        who = f"{info.name} {info.version}"

    listed = await client.list_tools()
    tools = listed.tools
    check(listed.next_cursor is None, "the tools fit one page")
    check([tool.name for tool in tools] == ["echo"], f"there is one tool, echo: {shown(tools)}")
    schema = tools[0].input_schema
    check(schema.get("type") == "object", f"the input schema is an object: {shown(schema)}")
    check(
        schema.get("properties", {}).get("message", {}).get("type") == "string",
        f"the input schema has a string named message: {shown(schema)}",
    )
    check(schema.get("required") == ["message"], f"the input schema requires message: {shown(schema)}")

    results = await asyncio.gather(*(client.call_tool("echo", {"message": text}) for text in TEXTS))
    for text, result in zip(TEXTS, results, strict=True):
        check_echo(text, result)

    await check_refused(client, "echo", {"message": 5})
    await check_refused(client, "echo", {})
    await check_refused(client, "no-such-tool", {"message": "hello"})

    # A capability that was never declared is an unknown method, in both eras.
    if args.era != "UNPROBED" and client.server_capabilities.prompts is None:
        try:
            prompts = await client.list_prompts()
        except MCPError as error:
            check(error.code == METHOD_NOT_FOUND, f"prompts/list fails with {METHOD_NOT_FOUND}: {error.code} {error}")
        else:
            raise Failed(f"prompts/list is refused: {shown(prompts)}")

    check_echo("still here", await client.call_tool("echo", {"message": "still here"}))
    return who


async def run(args: argparse.Namespace, status_file: Path, errlog) -> str:
    mode, revision = ERAS[args.era]
    server = StdioServerParameters(
        command="sh",
        args=["-c", WATCH, "sh", *args.command],
        env={"STATUS_FILE": str(status_file)},
    )
    try:
        async with asyncio.timeout(DEADLINE), Client(stdio_client(server, errlog=errlog), mode=mode) as client:
            who = await exercise(client, args, revision)
            leaving = time.monotonic()
    except TimeoutError:
        raise Failed(f"everything is done within {DEADLINE:.0f} s") from None
    took = time.monotonic() - leaving
    check(status_file.exists(), f"the server ends by itself after end of input (waited {took:.1f} s)")
    status = status_file.read_text().strip()
    check(status == "0", f"the server exits with 0: {status}")
    return f"{who}, {revision}, {len(TEXTS) + 1} calls, gone {took * 1000:.0f} ms after end of input"


def named(error: BaseException) -> str:
    """Task groups wrap what went wrong; the innermost first cause is the one to read."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
    return " | ".join(text.splitlines())


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("era", choices=ERAS)
    parser.add_argument("--name", help="the name the server must give")
    parser.add_argument("--version", help="the version the server must give")
    parser.add_argument("command", nargs="+", help="the server, after --")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch, open(Path(scratch, "stderr"), "w+b") as errlog:
        try:
            print(f"{args.era}: {asyncio.run(run(args, Path(scratch, 'status'), errlog))}")
            return 0
        except BaseException as error:  # a connection that breaks surfaces as a group of anything
            if not isinstance(error, (Exception, BaseExceptionGroup)):
                raise
            errlog.seek(0)
            tail = errlog.read()[-4000:].decode(errors="backslashreplace")
            if tail.strip():
                print(f"stderr of the server ends:\n{tail}", file=sys.stderr)
            print(f"{args.era}: failed: {named(error)}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
