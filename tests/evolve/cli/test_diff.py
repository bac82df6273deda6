import json
from pathlib import Path
from typing import Any

import pytest

from evaluators.scoring import on_grid
from evolve.cli.main import main
from evolve.runs import open_run


def shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["diff", *words]) == 0
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(shown(capsys, *words, "--json"))


def test_ids_digests_and_files_mean_the_same(
    archive: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    a, b = open_run(archive, "queues").entries()[:2]
    file = tmp_path / "a.py"
    file.write_text(a.proposal.source, encoding="utf-8")
    ways = [f"queues/{a.number}", a.proposal.digest[:16], str(file)]
    found = [document(capsys, w, f"queues/{b.number}", "--archive", archive) for w in ways]
    assert [d["a"]["id"] for d in found] == ["queues/1"] * 3
    assert [d["a"]["digest"] for d in found] == [a.proposal.digest] * 3
    assert found[0]["scores"] == found[1]["scores"] == found[2]["scores"]
    changes = [d["diff"].splitlines()[2:] for d in found]
    assert changes[0] == changes[1] == changes[2]
    assert {line[0] for line in changes[0]} <= {"+", "-", "@", " "}


def test_scores_say_which_is_better(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = open_run(archive, "queues")
    a, b = list(run.baselines().values())
    ids = [f"queues/{e.number}" for e in (a, b)]
    scores = document(capsys, *ids, "--archive", archive)["scores"]
    assert [s["objective"] for s in scores] == [o.name for o in run.problem.objectives]
    for score, objective in zip(scores, run.problem.objectives, strict=True):
        values = [e.values[score["split"]][objective.name] for e in (a, b)]
        assert [score["a"], score["b"]] == values
        losses = [on_grid(objective, v) for v in values]
        expected = None if losses[0] == losses[1] else "ab"[losses.index(min(losses))]
        assert (score["better"], score["unit"]) == (expected, objective.unit)
    text = shown(capsys, *ids, "--archive", archive)
    assert text.startswith(f"--- {ids[0]}\n+++ {ids[1]}\n@@ ")
    assert f"on the {scores[0]['split']} workloads" in text
    assert "mean_wait_0 ↓" in text


def test_an_entry_and_itself(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = document(capsys, "queues/1", "queues/1", "--archive", archive)
    assert found["diff"] == ""
    assert {s["better"] for s in found["scores"]} == {None}
    assert "are the same text" in shown(capsys, "queues/1", "queues/1", "--archive", archive)


def test_files_that_no_run_knows_have_no_scores(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name, text in (("a.py", "x = 1\n"), ("b.py", "x = 2\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = [str(tmp_path / n) for n in ("a.py", "b.py")]
    found = document(capsys, *files, "--archive", str(tmp_path / "runs"))
    assert found["scores"] == []
    assert found["a"]["id"] is None
    assert "-x = 1\n+x = 2\n" in found["diff"]
    assert "workloads" not in shown(capsys, *files, "--archive", str(tmp_path / "runs"))


def test_a_text_in_a_files_place_is_refused_in_two_lines(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    source = open_run(archive, "queues").entries()[0].proposal.source * 20 + "# 1/2"
    assert main(["diff", source, "queues/1", "--archive", archive]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("adrs: ")
    assert second.startswith("hint: ")


def test_what_is_neither_is_refused_in_two_lines(
    archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for word, told in (("queues/999", "no entry 999"), ("nowhere.py", "no file 'nowhere.py'")):
        assert main(["diff", word, "queues/1", "--archive", archive]) == 2
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == 2
        assert told in " ".join(lines)
