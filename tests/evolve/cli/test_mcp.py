"""`adrs mcp` as a coding agent uses it: the package's own client, a real process, stdin, stdout."""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters, stdio_client

from evolve.cli.main import main
from evolve.cli.tools import Tools
from evolve.replaying import replay
from tests.evolve.answering import policy
from tests.problems import GUESS

ROOT = Path(__file__).parents[3]


class Agent:
    """Calls tools; what they say is plain data, or the text of an error."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def tools(self) -> set[str]:
        return {tool.name for tool in (await self._client.list_tools()).tools}

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        result = await self._client.call_tool(name, arguments)
        assert not result.is_error, result.content
        return dict(result.structured_content or {})

    async def refused(self, name: str, **arguments: Any) -> list[str]:
        result = await self._client.call_tool(name, arguments)
        assert result.is_error
        return [line for block in result.content for line in block.text.splitlines()]


async def session(archive: Path) -> None:
    words = ["-m", "evolve.cli.main", "mcp", "--archive", str(archive)]
    server = StdioServerParameters(command=sys.executable, args=words, cwd=ROOT)
    async with Client(stdio_client(server)) as client:
        agent = Agent(client)
        assert {
            "list_problems", "ask", "tell", "front", "show", "evaluate", "status", "hint", "prompt"
        } <= await agent.tools()  # fmt: skip
        names = [p["name"] for p in (await agent.call("list_problems"))["problems"]]
        assert "expert_placement" in names
        await answer_prompts(agent)
        await look_around(agent)


async def answer_prompts(agent: Agent) -> None:
    for none in ({"tickets": 0}, {"evaluations": -1}):
        refused = await agent.refused("start", problem=GUESS.name, **none)
        assert "expected more than 0" in refused[0]
    started = await agent.call("start", problem=GUESS.name, evaluations=8, tickets=2)
    assert started["tickets"] == ["5.0", "6.0"]
    run = started["run"]
    asked = await agent.call("ask", run=run)
    assert (asked["ticket"], asked["model"]) == ("5.0", "person")
    assert "def guess" in asked["messages"][-1]["content"]
    refused = await agent.refused("tell", run=run, ticket="5.0", answer="no idea")
    assert "the answer has no program" in refused[0]
    assert refused[1].startswith("hint: ")
    assert "no run 'nobody'" in (await agent.refused("ask", run="nobody"))[0]
    told = await agent.call("tell", run=run, ticket="5.0", answer=policy(0.8))
    assert told["entry"]["decision"] in ("front", "dominated")
    await agent.call("hint", run=run, text="think of the median")
    prompt = await agent.call("prompt", run=run)
    assert "think of the median" in prompt["messages"][-1]["content"]


async def look_around(agent: Agent) -> None:
    [row] = (await agent.call("list_runs"))["runs"]
    status = await agent.call("status", run=row["run"])
    assert status["tickets"] == ["6.0", "7.0"]
    front = await agent.call("front", run=row["run"])
    assert {e["name"] for e in front["baselines"]} == {"half", "last", "smooth", "window_mean"}
    shown = await agent.call("show", entry=f"{row['run']}/5")
    assert shown["source"] == policy(0.8)
    scored = await agent.call("evaluate", problem=GUESS.name, policy=policy(0.8))
    assert scored["outcome"] == "score"
    again = await agent.refused("show", entry=f"{row['run']}/99")
    assert again[1].startswith("hint: ")


def test_a_problems_file_is_found_from_any_folder(tmp_path, monkeypatch):
    shutil.copy(ROOT / "docs" / "examples" / "two_queues.py", tmp_path)
    tools = Tools(str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    started = tools.start("two_queues.py", 3, parameters={"jobs": "20"})
    monkeypatch.chdir("/")
    assert tools.ask(started["run"])["ticket"]


def test_an_agent_answers_prompts_and_looks_at_what_came_of_them(tmp_path):
    asyncio.run(session(tmp_path))
    assert replay(str(tmp_path), "guess-1").difference == ""


def test_without_the_package_two_lines_say_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "mcp", None)
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    assert main(["mcp"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "adrs: adrs mcp needs the package mcp"
    assert second == "hint: pip install 'adrs[mcp]'"
