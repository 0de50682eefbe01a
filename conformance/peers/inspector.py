"""Drives one `echo` server over stdio with the MCP Inspector's command line, and compares its JSON whole.

    inspector.py legacy|modern NAME VERSION INSPECTOR... -- server command...

INSPECTOR is the command that runs the Inspector. Its own default is the older era. It says the
revision only when it is asked for `initialize`, which in the newer era shows what the discovery gave.

Exits 0 when every check passed. Otherwise the last line on stderr names the check.
"""

import json
import subprocess
import sys

REVISIONS = {"legacy": "2025-11-25", "modern": "2026-07-28"}
TEXT = 'Grüße, "世界" = \U0001f980 \\ two\nlines'
TOOL = {
    "name": "echo",
    "description": "Answers with the message it was given",
    "inputSchema": {
        "type": "object",
        "properties": {"message": {"type": "string"}},
        "required": ["message"],
    },
}

DEADLINE = 15.0
"""Seconds for one run of the Inspector, which launches the server anew each time."""


class Failed(Exception):
    """One check did not hold; the text says which."""


def main() -> int:
    at = sys.argv.index("--")
    era, name, version, *inspector = sys.argv[1:at]
    server = sys.argv[at + 1 :]
    info = {"name": name, "version": version}
    result = {"content": [{"type": "text", "text": TEXT}]}
    if era == "modern":
        result["_meta"] = {"io.modelcontextprotocol/serverInfo": info}
    opened = {"serverInfo": info, "protocolVersion": REVISIONS[era], "capabilities": {"tools": {}}}
    call = ["tools/call", "--tool-name", "echo", "--tool-arg"]

    def check(status: int, expected: object, *method: str) -> None:
        """The answer on stdout; the status is 5 if a tool says that it failed."""
        command = [*inspector, *server, "--quiet", "--format", "json", "--protocol-era", era, "--method", *method]
        ran = subprocess.run(command, capture_output=True, timeout=DEADLINE)
        try:
            got = json.loads(ran.stdout)
        except ValueError:
            got = ran.stdout
        if (ran.returncode, got) != (status, expected):
            raise Failed(f"{method}: expected {status}, {expected!r}; got {ran.returncode}, {got!r}; {ran.stderr!r}")

    try:
        check(0, {"result": opened}, "initialize")
        check(0, {"result": {"tools": [TOOL]}}, "tools/list")
        check(0, {"result": result}, *call, f"message={TEXT}")
        # What looks like a number is sent as one.
        refused = "invalid arguments: `message`: invalid type: integer `5`, expected a string"
        check(5, {"result": {**result, "content": [{"type": "text", "text": refused}], "isError": True}}, *call, "message=5")
    except (Failed, subprocess.TimeoutExpired) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print(f"{REVISIONS[era]}: initialize, tools/list, tools/call and a refusal are as expected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
