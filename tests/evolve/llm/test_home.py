"""litellm stays at home: nothing but the endpoint is looked up or connected to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.evolve.llm.asking import KEY
from tests.stub_models.server import running

_CALL = """
import asyncio, sys
reached = []

def note(event, args):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        reached.append(args[0])
    elif event == "socket.connect" and isinstance(args[1], tuple):
        reached.append(args[1][0])

sys.addaudithook(note)
from evolve.llm.connecting import connect
from evolve.llm.endpoint import Endpoint
from evolve.llm.keys import Scrubber, Secret
from evolve.llm.message import Message, Request

async def main():
    client = connect(Endpoint("groq/llama-x", sys.argv[1], Secret(sys.argv[2])), Scrubber([]))
    await client.complete(Request("groq/llama-x", (Message("user", "hello"),), 10))
    await client.close()

asyncio.run(main())
import os
elsewhere = {str(h) for h in reached} - {"127.0.0.1", "localhost", "None"}
sys.exit(f"reached {elsewhere}" if elsewhere or "FROM_DOTENV" in os.environ else 0)
"""


def test_litellm_reaches_nobody_but_the_endpoint_and_reads_no_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("FROM_DOTENV=1\n")
    root = str(Path(__file__).parents[3])
    environ = {k: v for k, v in os.environ.items() if not k.startswith("LITELLM")}
    with running() as stub:
        done = subprocess.run(
            [sys.executable, "-c", _CALL, stub.openai_url, KEY],
            cwd=tmp_path,
            env={**environ, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert len(stub.requests) == 1
    assert done.stdout == ""
