"""`adrs rescore`: what it prints, and that it can be stopped in any way."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from evolve.cli.main import main
from evolve.runs import open_run
from tests.evolve.changing import (
    HALVED,
    NO_PREVIOUS,
    OTHER_BASELINE,
    OTHER_OBJECTIVE,
    RENAMED_WORKLOADS,
    SECOND,
    SHOWS_NO_PREVIOUS,
    Made,
)

ADRS = [sys.executable, "-m", "evolve.cli.main"]
SLOW = ("sums = np", "__import__('time').sleep(0.05)\n        sums = np")


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A run whose rescores are played in this process."""
    made = Made(str(tmp_path / "runs"), tmp_path / "problem.py")
    made.change()
    made.search()
    monkeypatch.setattr("evolve.rescoring.local_executor", lambda _: made.executor())
    return made


def printed(made: Made, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[str, str]:
    """What a command prints on stdout and on stderr."""
    assert main([*words, "--archive", made.archive]) == 0
    captured = capsys.readouterr()
    return captured.out, captured.err


def test_the_table_has_both(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made.change(SECOND, HALVED)
    out, err = printed(made, capsys, "rescore", "r")
    size = len(open_run(made.archive, "r").front())
    assert f"r: {size} policies of its front, sum version 1 → 2, on the selection" in out
    best = max(e.values["selection"]["evenness"] for e in open_run(made.archive, "r").front())
    assert f"{best:.4g} → {best / 2:.4g}" in out
    for part in ("limit", "largest_first", "given_1", "yes", "hypervolume", "↑ 1", "front now"):
        assert part in out
    assert max(map(len, out.split("hypervolume")[0].splitlines())) <= 80
    assert "evaluations per minute" in err
    assert re.search(r"^(\d+)/\1 evaluations$", err, re.MULTILINE)


def test_a_front_that_breaks_what_is_required_now_is_said(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    made.search("required", require=("evenness>=0.6",))
    made.change(SECOND, HALVED)
    out, _ = printed(made, capsys, "rescore", "required")
    assert re.search(r"^(\d+) of \1 on this front break evenness>=0.6$", out, re.MULTILINE)
    out, _ = printed(made, capsys, "rescore", "r")
    assert "break" not in out


def test_the_document_keeps_its_shape(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made.change(SECOND, HALVED, OTHER_OBJECTIVE)
    found: Any = json.loads(printed(made, capsys, "rescore", "r", "--json")[0])
    assert list(found) == [
        "run", "problem", "split", "objectives", "hypervolume", "baseline_hypervolume", "entries",
        "baselines",
    ]  # fmt: skip
    assert [found["problem"][when]["version"] for when in ("then", "now")] == [1, 2]
    names = {when: {o["name"] for o in found["objectives"][when]} for when in ("then", "now")}
    assert names == {"then": {"evenness", "moved"}, "now": {"evenness", "share_moved"}}
    assert found["hypervolume"]["now"] < found["hypervolume"]["then"]
    for entry in found["entries"]:
        assert list(entry) == [
            "id", "digest", "proposer", "values", "is_on_front", "failure", "failures",
        ]  # fmt: skip
        assert set(entry["values"]["then"]["selection"]) == names["then"]
        assert set(entry["values"]["now"]["selection"]) == names["now"]
    assert [b["name"] for b in found["baselines"]] == ["largest_first", "round_robin", "stay"]
    out, _ = printed(made, capsys, "rescore", "r", "--split", "search")
    assert "on the search workloads" in out
    assert "share_moved" in out


def test_failures_and_new_baselines_are_shown(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    made.change(SECOND, NO_PREVIOUS, SHOWS_NO_PREVIOUS, OTHER_BASELINE)
    out, _ = printed(made, capsys, "rescore", "r")
    assert "stay on search-0: crash: " in out
    assert "(and on 3 more)" in out
    assert "fails" in out
    found = json.loads(printed(made, capsys, "rescore", "r", "--json")[0])
    failing = {e["proposer"]: e["failures"] for e in found["entries"] if e["failures"]}
    assert failing["seed/given_1"]["search-0"]["kind"] == "crash"
    assert failing["seed/given_1"]["search-0"]["message"]


def test_reading_verbs_say_that_there_is_one(
    made: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (["status", "r"], ["front", "r"], ["show", "r/1"])
    before = [printed(made, capsys, *w)[0] for w in words]
    made.change(SECOND, HALVED)
    after = [printed(made, capsys, *w)[0] for w in words]
    assert after == before
    printed(made, capsys, "rescore", "r")
    line = "by version 2 of the problem: adrs rescore r"
    for then, w in zip(before, words, strict=True):
        now = printed(made, capsys, *w)[0].splitlines()
        assert [x for x in now if line not in x] == then.splitlines()
        assert len(now) == len(then.splitlines()) + 1
    assert json.loads(printed(made, capsys, "status", "r", "--json")[0])["rescored"] == [
        open_run(made.archive, "r").rescores()[0]
    ]


def test_no_export_mixes_two_versions(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    made.change(SECOND, RENAMED_WORKLOADS, OTHER_OBJECTIVE)
    folder = Path(made.archive).parent / "package"
    words = ["export", "r/4", "--archive", made.archive]
    for form in (["--package", str(folder)], ["--reduce"]):
        assert main([*words, *form]) == 2
        assert "version 1 then, 2 now" in capsys.readouterr().err
    assert not folder.exists()
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "def assign" in out
    assert "problem      sum version 1\n" in out
    assert "exported     with the helpers and the interface of version 2\n" in out
    assert "  moved = " in out


def test_nothing_to_rescore_is_two_lines(made: Made, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rescore", "r", "--archive", made.archive]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("adrs: nothing to rescore: sum version 1 is what run r was scored on")
    assert second == "hint: if scores may have changed, raise the problem's version"
    made.change(SECOND)
    assert main(["resume", "r", "--archive", made.archive]) == 2
    assert "adrs rescore r" in capsys.readouterr().err.splitlines()[1]


def test_it_is_stopped_by_ctrl_c_and_by_kill_and_goes_on(made: Made) -> None:
    """In the real sandbox, in processes of its own."""
    made.change(SECOND, SLOW)
    words = [*ADRS, "rescore", "r", "--archive", made.archive, "--workers", "1"]
    before = known = len(made.lines("evaluation"))
    for sign, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        try:
            _wait_for_evaluations(made, known + 1, process)
            process.send_signal(sign)
            _, err = process.communicate(timeout=120)
        finally:
            process.kill()
        assert process.returncode == code, err
        assert "Traceback" not in err
        if sign == signal.SIGINT:
            said = f"interrupted, nothing is lost: adrs rescore r --archive {made.archive}"
            assert err.splitlines()[-1] == said
        kept = len(made.lines("evaluation"))
        assert kept > known
        known = kept
    found, played = made.rescore()
    total = 2 * len({e.proposal.digest for e in found.outstanding()})
    assert len(played) == total - (known - before)
    assert not [e for e in found.entries if e.decision == "failed"]


def _wait_for_evaluations(made: Made, count: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if len(made.lines("evaluation")) >= count:
            return
        time.sleep(0.1)
    raise AssertionError(f"it ended before {count} evaluations: {process.communicate()[1]}")
