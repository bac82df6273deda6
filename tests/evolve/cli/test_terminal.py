"""What policies and models wrote is shown on a terminal, never obeyed; elsewhere it is exact."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluators.registry import ProblemSpec
from evolve.cli.main import main
from evolve.cli.terminal import say
from evolve.search import run
from evolve.settings import Settings
from tests.archive.browse import archives
from tests.evolve.cli.conftest import SEALED, TWO_QUEUES
from tests.evolve.cli.terminals import commands_in, on_a_terminal
from tests.evolve.fakes import DelayedExecutor, shuffled_delays


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    archives.fill_hostile(tmp_path)
    return str(tmp_path)


VERBS = [
    ["show", "hostile/2"],
    ["show", "hostile/2", "--json"],
    ["diff", "hostile/1", "hostile/2"],
    ["diff", "hostile/1", "hostile/2", "--json"],
    ["export", "hostile/2"],
    ["watch", "hostile"],
    ["runs"],
    ["runs", "--format", "csv"],
    ["runs", "--format", "jsonl"],
    ["status", "hostile"],
]


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_a_terminal_obeys_nothing(
    words: list[str], hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_a_terminal(monkeypatch)
    assert main([*words, "--archive", hostile]) == 0
    assert "?" in terminal.getvalue()
    assert commands_in(terminal.getvalue()) == []


@pytest.mark.parametrize("words", VERBS[:6], ids=" ".join)
def test_colours_are_all_that_it_is_told(
    words: list[str], hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_a_terminal(monkeypatch)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert main([*words, "--archive", hostile]) == 0
    for command in ("\x1b]", "\x1b[2J", "\x9b"):
        assert command not in terminal.getvalue()


def test_a_file_gets_the_text_as_it_is(hostile: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "hostile/2", "--archive", hostile, "--json"]) == 0
    source = json.loads(capsys.readouterr().out)["source"]
    line = f"    return 1 / 0  # {archives.COMMANDS} here\n"
    assert source.endswith(line)
    for words, start in ((["show"], ""), (["export"], ""), (["diff", "hostile/1"], "+")):
        assert main([*words, "hostile/2", "--archive", hostile]) == 0
        assert f"{start}{line}" in capsys.readouterr().out


def test_a_prompt_with_a_hostile_program_is_shown_and_piped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TWO_QUEUES.read_text(encoding="utf-8").replace(
        "\nimport numpy as np\n\ndef choose",
        r"\n# \x1b[2J\x9b2J" "\nimport numpy as np\n\ndef choose",
    )
    problem = tmp_path / "hostile_queues.py"
    problem.write_text(text.replace('"two_queues"', '"hostile_queues"'), encoding="utf-8")
    spec = ProblemSpec(str(problem), {"jobs": "100"})
    settings = Settings(
        spec, evaluations=8, seed=2, name="h", archive=str(tmp_path / "runs"), ask_tell=2
    )
    executor = DelayedExecutor(spec.load(), 2, shuffled_delays(0, 0.001), SEALED)
    run(settings, executor=executor, patient=False)
    for words in (["prompt", "h"], ["ask", "h"], ["ask", "h", "--json"]):
        command = [*words, "--archive", settings.archive]
        with monkeypatch.context() as patch:
            terminal = on_a_terminal(patch)
            assert main(command) == 0
            assert "# ?[2J?2J" in terminal.getvalue().replace("\\u001b", "?")
            assert commands_in(terminal.getvalue()) == []
    assert main(["prompt", "h", "--archive", settings.archive]) == 0
    assert "# \x1b[2J\x9b2J\n" in capsys.readouterr().out


def test_a_refusal_quotes_nothing_that_a_terminal_obeys(
    hostile: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = on_a_terminal(monkeypatch, "stderr")
    assert main(["diff", "\x1b[2Jhere.py", "hostile/1", "--archive", hostile]) == 2
    assert "[2Jhere" in terminal.getvalue()
    assert commands_in(terminal.getvalue()) == []


def test_what_is_said_keeps_its_lines_and_tabs(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = on_a_terminal(monkeypatch)
    say("if x:\n\treturn \x1b[1m'é'")
    say("no line break", end="")
    assert terminal.getvalue() == "if x:\n\treturn ?[1m'é'\nno line break"
