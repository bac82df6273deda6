"""`adrs ask`, `tell` and `hint` beside an engine that lives in another process."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.store.folder import FolderStore
from evolve.cli.main import main
from evolve.replaying import replay
from evolve.runs import open_run
from evolve.search import run
from tests.evolve.answering import policy, settings_of, wait_for
from tests.problems import GUESS
from tests.stub_models.answers import guess
from tests.stub_models.server import StubModels, running

RUN = ["run", GUESS.name, "--seed", "2", "--workers", "1", "--name", "r", "--ask-tell", "2"]


def started(archive: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "evolve.cli.main", *RUN, "--archive", str(archive), *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture
def engine(tmp_path) -> Iterator[subprocess.Popen[str]]:
    process = started(tmp_path, "--evaluations", "7")
    wait_for(lambda: FolderStore(tmp_path).names() == ["r"], "the run")
    yield process
    process.kill()
    process.wait()


def act(words: list[str], archive: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = main([*words, "--archive", str(archive)])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_ask_and_tell_beside_a_live_engine(engine, tmp_path, capsys):
    code, page = act(["ask", "r"], tmp_path, capsys)
    assert code == 0
    assert page.startswith("ticket 5.0 of run r, yours until ")
    assert "def guess" in page
    assert f"adrs tell r 5.0 FILE --archive {tmp_path}" in page

    answer = tmp_path / "answer.py"
    answer.write_text("def guess(last):\n    return (\n")
    code, page = act(["tell", "r", "5.0", str(answer)], tmp_path, capsys)
    assert code == 1
    assert page.startswith("sent back, as ticket 5.1:")
    assert "it is not Python" in page

    assert act(["hint", "r", "think of the median"], tmp_path, capsys)[0] == 0
    answer.write_text(policy(0.9))
    code, page = act(["tell", "r", "5.1", str(answer)], tmp_path, capsys)
    assert code == 0
    assert page.startswith(("r/5: front: error ", "r/5: dominated: error "))
    assert FolderStore(tmp_path).is_being_written("r"), "the engine is another process, and goes on"

    code, page = act(["ask", "r", "--json"], tmp_path, capsys)
    shown = json.loads(page)
    assert (shown["run"], shown["ticket"]) == ("r", "6.0")
    assert shown["messages"][0]["role"] == "system"

    answer.write_text("def guess(last):\n    raise KeyError(last)\n")
    code, page = act(["tell", "r", "6.0", str(answer), "--json"], tmp_path, capsys)
    assert code == 1
    assert "KeyError" in str(json.loads(page)["entry"])

    answer.write_text(policy(0.7))
    prompt = open_run(str(tmp_path), "r").tickets()["7.0"].request.messages[-1].content
    assert "think of the median" in prompt, "asked after the hint was taken in"
    assert act(["tell", "r", "7.0", str(answer)], tmp_path, capsys)[0] == 0
    out, _ = engine.communicate(timeout=240)
    assert engine.returncode == 0, out
    assert "prompts for people, 2 at once: adrs ask r" in out
    assert replay(str(tmp_path), "r").difference == ""


def test_whoever_answers_the_second_of_two_tickets_first_waits_for_nobody(tmp_path, capsys):
    process = started(tmp_path, "--exact", "--evaluations", "6")
    try:
        wait_for(lambda: FolderStore(tmp_path).names() == ["r"], "the run")
        answer = tmp_path / "answer.py"
        answer.write_text(policy(0.9))
        assert act(["ask", "r"], tmp_path, capsys)[1].startswith("ticket 5.0")
        assert act(["ask", "r"], tmp_path, capsys)[1].startswith("ticket 6.0")
        code, page = act(["tell", "r", "6.0", str(answer)], tmp_path, capsys)
        assert code == 0
        assert page.startswith("taken; it is decided on once those before it are answered: ")
        answer.write_text(policy(0.8))
        code, page = act(["tell", "r", "5.0", str(answer)], tmp_path, capsys)
        assert page.startswith("r/5: ")
        assert process.wait(timeout=240) == 0
    finally:
        process.kill()
        process.wait()
    assert open_run(str(tmp_path), "r").entry(6).proposal.source == policy(0.9)


def test_a_run_that_was_interrupted_is_taken_up_to_answer(engine, tmp_path, capsys, monkeypatch):
    assert act(["ask", "r"], tmp_path, capsys)[0] == 0
    engine.send_signal(signal.SIGINT)
    assert engine.wait(timeout=240) == 130
    assert act(["hint", "r", "think of the median"], tmp_path, capsys)[0] == 0
    stdin = io.TextIOWrapper(io.BytesIO(policy(0.8).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    code, page = act(["tell", "r", "5.0", "-"], tmp_path, capsys)
    assert code == 0, page
    code, page = act(["status", "r"], tmp_path, capsys)
    assert "stopped      waiting for answers" in page
    assert "tickets      6.0, 7.0: adrs ask r" in page
    assert act(["ask", "r"], tmp_path, capsys)[1].startswith("ticket 6.0")
    assert "think of the median" in act(["ask", "r"], tmp_path, capsys)[1]


def test_people_and_a_model_answer_side_by_side(tmp_path, capsys):
    answer = tmp_path / "answer.py"
    with running(StubModels(text=guess)) as stub:
        model = ["--model", "openai/stub", "--tokens", "2000000", "--evaluations", "13"]
        url = ["--set", f"model.base_url={stub.url}/v1", "--set", "model.concurrency=2"]
        process = started(tmp_path, *model, *url)
        try:
            wait_for(lambda: FolderStore(tmp_path).names() == ["r"], "the run")
            for scale in (0.93, 0.87):
                _, page = act(["ask", "r", "--json"], tmp_path, capsys)
                answer.write_text(policy(scale))
                ticket = json.loads(page)["ticket"]
                assert act(["tell", "r", ticket, str(answer)], tmp_path, capsys)[0] == 0
            wait_for(lambda: len(stub.requests) >= 4, "the model's part")
            while process.poll() is None:
                for ticket in open_run(str(tmp_path), "r").tickets():
                    answer.write_text(policy(0.1 + int(ticket.partition(".")[0]) / 100))
                    act(["tell", "r", ticket, str(answer)], tmp_path, capsys)
        finally:
            process.kill()
            process.wait()
    done = open_run(str(tmp_path), "r")
    assert done.stopped == "evaluations"
    proposers = {e.proposal.proposer.rpartition("/")[2] for e in done.entries()}
    assert {"person", "stub"} <= proposers
    assert replay(str(tmp_path), "r").difference == ""


@pytest.mark.parametrize(
    ("words", "content", "message"),
    [
        (["tell", "q", "5.0"], b"def guess(last): return last", "no run 'q'"),
        (["tell", "r", "99.0"], b"def guess(last): return last", "no ticket '99.0'"),
        (["tell", "r", "5.0"], b"", "the answer is empty"),
        (["tell", "r", "5.0"], b"def guess(last):\n  return '\xff'", "line 2: not UTF-8"),
        (["tell", "r", "5.0"], b"no idea", "the answer has no program"),
    ],
)
def test_what_cannot_be_taken_costs_two_lines(waiting, tmp_path, capsys, words, content, message):
    answer = tmp_path / "answer.py"
    answer.write_bytes(content)
    code, said = act([*words, str(answer)], waiting, capsys)
    assert code == 2
    first, second = said.splitlines()
    assert first.startswith("adrs: ")
    assert message in first
    assert second.startswith("hint: ")


@pytest.fixture(scope="module")
def waiting(tmp_path_factory) -> Path:
    """An archive with a run that waits for answers, and that nobody runs."""
    archive = tmp_path_factory.mktemp("waiting")
    run(settings_of(archive), patient=False)
    return archive
