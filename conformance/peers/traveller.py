"""Uses everything a `weather` server offers over stdio, with the public Python SDK's client.

    traveller.py LEGACY|MODERN server command...

LEGACY  opens with `initialize` (2025-11-25)
MODERN  opens with `server/discover` (2026-07-28)

Exits 0 when what it saw is what it expected.
"""

import asyncio
import sys

from mcp import Client, StdioServerParameters, stdio_client
from mcp_types import ElicitRequestFormParams, ElicitResult

ERAS = {"LEGACY": ("legacy", "2025-11-25"), "MODERN": ("auto", "2026-07-28")}

DEADLINE = 30.0
"""Seconds for everything."""

FORECAST = {"city": "Oslo", "degrees": [6, 9]}

EXPECTED = {
    "tools": ["alerts", "forecast", "plan_trip"],
    "output": ["city", "degrees"],
    "templates": ["weather://{city}/now"],
    "prompts": [("packing", ["city"])],
    "forecast": FORECAST,
    "nowhere": (True, "no weather station in Ys"),
    "alerts": "Oslo",
    "now": ("9 degrees", "text/plain"),
    "packing": "What should I pack for Oslo?",
    "question": ("How long will you stay?", ["days"]),
    "progress": [(2, 5), (3, 5), (4, 5), (5, 5)],
    "trip": "In Oslo, leave in 2 days",
}


async def travel(mode: str, revision: str, command: list[str]) -> dict[str, object]:
    seen: dict[str, object] = {"progress": []}

    async def stay(_context: object, question: ElicitRequestFormParams) -> ElicitResult:
        seen["question"] = (question.message, list(question.requested_schema["properties"]))
        return ElicitResult(action="accept", content={"days": 2})

    async def progress(done: float, total: float | None, _message: str | None) -> None:
        seen["progress"].append((done, total))

    server = stdio_client(StdioServerParameters(command=command[0], args=command[1:]))
    async with asyncio.timeout(DEADLINE), Client(server, mode=mode, elicitation_callback=stay) as client:
        if client.protocol_version != revision:
            raise ValueError(f"negotiated {client.protocol_version}, not {revision}")
        tools = (await client.list_tools()).tools
        seen["tools"] = [tool.name for tool in tools]
        seen["output"] = tools[1].output_schema["required"]
        templates = await client.list_resource_templates()
        seen["templates"] = [template.uri_template for template in templates.resource_templates]
        prompts = (await client.list_prompts()).prompts
        seen["prompts"] = [(prompt.name, [argument.name for argument in prompt.arguments]) for prompt in prompts]

        seen["forecast"] = (await client.call_tool("forecast", {"city": "Oslo", "days": 2})).structured_content
        nowhere = await client.call_tool("forecast", {"city": "Ys", "days": 2})
        seen["nowhere"] = (nowhere.is_error, nowhere.content[0].text)
        seen["alerts"] = (await client.call_tool("alerts", {"below": 0})).content[0].text
        now = (await client.read_resource("weather://Bergen/now")).contents[0]
        seen["now"] = (now.text, now.mime_type)
        seen["packing"] = (await client.get_prompt("packing", {"city": "Oslo"})).messages[0].content.text
        trip = await client.call_tool("plan_trip", {"city": "Oslo"}, progress_callback=progress)
        seen["trip"] = trip.content[0].text
    return seen


def main() -> int:
    era, *command = sys.argv[1:]
    seen = asyncio.run(travel(*ERAS[era], command))
    for what, expected in EXPECTED.items():
        print(f"{what}: {seen[what]}")
        if seen[what] != expected:
            print(f"expected: {expected}", file=sys.stderr)
    return 0 if seen == EXPECTED else 1


if __name__ == "__main__":
    sys.exit(main())
