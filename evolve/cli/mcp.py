"""`adrs mcp`: what people and coding agents need, as tools of the Model Context Protocol."""

from __future__ import annotations

import functools
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from evaluators.errors import UsageError
from evolve.cli import flags
from evolve.cli.verb import Verb

INSTRUCTIONS = """\
A run keeps prompts open, each asking for a policy: a short Python function that is played against a
simulator. `ask` gives you one, `tell` takes your answer and says what came of it. What failed was
wrong in the way the message says. Answers that beat what is known join the front."""


def _mcp(args: Namespace) -> int:
    try:
        from mcp.server import MCPServer
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] != "mcp":
            raise
        raise UsageError("adrs mcp needs the package mcp", "pip install 'adrs[mcp]'") from error
    from evolve.cli.tools import Tools

    server = MCPServer("adrs", instructions=INSTRUCTIONS, log_level="WARNING")
    for tool in Tools(args.archive).all():
        server.add_tool(_with_tool_errors(tool))
    server.run("stdio")
    return 0


def _with_tool_errors(tool: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The tool, with a fault of the user's as an error that the client is shown."""
    from mcp.server.mcpserver.exceptions import ToolError

    @functools.wraps(tool)
    def guarded(*args: Any, **kwargs: Any) -> dict[str, Any]:
        try:
            return tool(*args, **kwargs)
        except UsageError as error:
            raise ToolError(f"{error.message}\nhint: {error.hint}") from error

    return guarded


VERBS = (Verb("mcp", "", "serve coding agents on stdin and stdout", flags.add_archive, _mcp),)
