"""README's chapter "Use a model" works as it is written, against stubs on loopback."""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from evaluators.resources import seed_policies
from evolve.cli.main import main
from evolve.runs import open_run
from tests.bench.made_up import MadeUp
from tests.stub_models.server import StubModels, running

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CHAPTER = README.split("\n## Use a model\n")[1].split("\n## ")[0]
KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GROQ_API_KEY")
PROPOSALS = 10


def commands(text: str) -> Iterator[list[str]]:
    """The words of every command of the blocks of code, without what follows a `#`."""
    block = "\n".join(line for line in text.splitlines() if line.startswith("    "))
    for line in block.replace("\\\n", " ").splitlines():
        yield shlex.split(line, comments=True)


RUNS = [words[1:] for words in commands(CHAPTER) if words[0] == "adrs"]


def written(body: Mapping[str, Any], number: int) -> str:
    """A published policy with another constant."""
    source = seed_policies("expert_placement")["packed_once"].source
    return f"The same.\n\n```python\n{source}\nATTEMPT = {number}\n```"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StubModels]:
    """It stands where the providers do; policies are scored by a made-up executor."""
    with running(StubModels(text=written)) as stub:
        monkeypatch.setattr("evolve.llm.openai_wire._OPENAI", stub.openai_url)
        monkeypatch.setattr("evolve.llm.anthropic_wire._ANTHROPIC", stub.anthropic_url)
        monkeypatch.setenv("GROQ_API_BASE", stub.openai_url)
        monkeypatch.setattr("evolve.pools.local_executor", lambda s: MadeUp(s.problem.load()))
        for variable in KEYS:
            monkeypatch.setenv(variable, f"key-of-{variable}")
        yield stub


def at(url: str, words: list[str]) -> list[str]:
    """The command with the address of a server of one's own."""
    return [re.sub(r"http://127\.0\.0\.1:\d+/v1", url, word) for word in words]


MODELS_ALONE = ["--set", "model.embedded_share=0"]


def models_in(words: list[str]) -> list[str]:
    return [model for flag, model in itertools.pairwise(words) if flag == "--model"]


def key_for(model: str, is_elsewhere: bool) -> str:
    """A server of one's own gets no key that is meant for a provider."""
    provider = model.partition("/")[0]
    return "none" if is_elsewhere else f"key-of-{provider.upper()}_API_KEY"


def key_in(headers: Mapping[str, str]) -> str:
    return headers.get("x-api-key") or headers["authorization"].removeprefix("Bearer ")


def test_the_chapter_shows_every_kind_of_provider():
    providers = {m.partition("/")[0] for words in RUNS for m in models_in(words)}
    assert {"openai", "anthropic", "groq"} <= providers
    assert any("model.base_url" in word for words in RUNS for word in words)
    assert f"export {KEYS[0]}=" in CHAPTER
    assert KEYS[1] in CHAPTER


@pytest.mark.parametrize("words", RUNS, ids=lambda words: "+".join(models_in(words)))
def test_a_command_runs_as_it_stands(words, stub, tmp_path, capsys):
    more = ["--archive", str(tmp_path), "--evaluations", str(PROPOSALS + 6), "--name", "r"]
    more += MODELS_ALONE
    assert main([*at(stub.openai_url, words), *more]) == 0, capsys.readouterr().err
    is_elsewhere = "model.base_url" in str(words)
    keys = {m.partition("/")[2]: key_for(m, is_elsewhere) for m in models_in(words)}
    assert {r.body["model"]: key_in(r.headers) for r in stub.requests} == keys
    run = open_run(str(tmp_path), "r")
    assert run.spending().ends == {"answered": len(stub.requests)}
    assert sum(e.proposal.proposer.startswith("model/") for e in run.entries()) >= PROPOSALS
    assert run.spending().known.usd > 0 or "--tokens" in words


def test_the_other_commands_of_the_chapter_work_on_a_run(stub, tmp_path, capsys):
    archive = ["--archive", str(tmp_path)]
    assert main([*RUNS[0], *archive, "--evaluations", "9", "--name", "r", *MODELS_ALONE]) == 0
    text = CHAPTER.replace("\n", " ")
    mentioned = [m.split()[1:] for m in re.findall(r"`(adrs [^`]*RUN[^`]*)`", text)]
    assert len(mentioned) == 3
    for words in mentioned:
        named = ["r" if word == "RUN" else word for word in words]
        assert main([*named, *archive]) == 0, capsys.readouterr().err
    assert open_run(str(tmp_path), "r").spending().calls >= 3
    assert main([*RUNS[0], *archive, "--dry-run", "--hint", "TEXT"]) == 0
    assert "no call is made that could pass $5" in capsys.readouterr().out
