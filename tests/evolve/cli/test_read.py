"""Verbs that look at what a run has found."""

from __future__ import annotations

import csv
import importlib.util
import io
import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evolve.cli.front_table import print_front, spread
from evolve.cli.main import main
from evolve.runs import open_run


def shown(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints on stdout."""
    assert main(words) == code
    return capsys.readouterr().out


def document(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(shown(capsys, *words, "--json"))


def test_front_as_json_keeps_its_shape(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    front = document(capsys, "front", "queues", "--archive", archive)
    assert list(front) == [
        "problem", "run", "split", "objectives", "hypervolume", "baseline_hypervolume",
        "entries", "baselines",
    ]  # fmt: skip
    assert (front["run"], front["split"]) == ("queues", "selection")
    assert set(front["problem"]) == {"name", "version", "digest"}
    names = {"mean_wait_0", "mean_wait_1"}
    assert {o["name"] for o in front["objectives"]} == names
    assert 0 < front["baseline_hypervolume"] < front["hypervolume"] < 1
    for entry in front["entries"]:
        assert set(entry) == {"id", "digest", "values", "parents", "proposer"}
        assert set(entry["values"]) == {"search", "selection"}
        assert set(entry["values"]["selection"]) == names
        assert all(p.startswith("queues/") for p in [entry["id"], *entry["parents"]])
    assert {b["name"] for b in front["baselines"]} == {"longest", "oldest"}


def test_front_lists_agree(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["front", "queues", "--archive", archive]
    ids = {e["id"] for e in document(capsys, *words)["entries"]}
    table = list(csv.DictReader(io.StringIO(shown(capsys, *words, "--format", "csv"))))
    lines = [json.loads(x) for x in shown(capsys, *words, "--format", "jsonl").splitlines()]
    assert {row["id"] for row in table} == {row["id"] for row in lines} == ids
    assert [float(row["mean_wait_0"]) for row in table] == [row["mean_wait_0"] for row in lines]


def test_the_front_table_fits_80_columns(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "front", "queues", "--archive", archive)
    assert max(map(len, text.splitlines())) <= 80
    for part in ("limit", "baseline", "longest", "oldest", "mean_wait_0", "↓ s", "hypervolume"):
        assert part in text
    assert "*" in text.split("hypervolume")[0], "no policy is better than every baseline"


def test_a_long_front_says_where_all_of_it_is(
    archive: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evolve.cli.front_table.MOST_ROWS", 2)
    run = open_run(archive, "queues")
    for split, of in (("search", " --split search"), ("selection", "")):
        print_front(run, split, archive)
        said = f"all: adrs front queues{of} --format csv --archive {archive}"
        assert said in capsys.readouterr().out.splitlines()[-1]


def test_a_long_front_is_thinned_evenly(archive: str) -> None:
    entries = open_run(archive, "queues").entries()
    shown = spread(entries, 5)
    numbers = [e.number for e in shown]
    assert (numbers[0], numbers[-1]) == (entries[0].number, entries[-1].number)
    gaps = np.diff(numbers)
    assert len(shown) == 5
    assert gaps.max() - gaps.min() <= 1
    assert spread(entries[:5], 5) == entries[:5]


def test_runs_and_status(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = document(capsys, "runs", "--archive", archive)
    assert (row["run"], row["problem"], row["stopped"]) == ("queues", "two_queues", "evaluations")
    assert "queues" in shown(capsys, "runs", "--archive", archive)
    status = document(capsys, "status", "--archive", archive)
    assert status["run"] == "queues"
    assert sum(status["decisions"].values()) == status["entries"]
    assert "two_queues version 1" in shown(capsys, "status", "queues", "--archive", archive)


def test_show_prints_code_and_scores(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    entry = open_run(archive, "queues").front()[-1]
    text = shown(capsys, "show", f"queues/{entry.number}", "--archive", archive)
    assert entry.proposal.source.strip() in text
    assert "all of selection" in text
    for parent in entry.proposal.parents:
        assert f"queues/{parent}" in text
    by_digest = document(capsys, "show", entry.proposal.digest[:12], "--archive", archive)
    assert by_digest["source"] == entry.proposal.source


def test_show_says_why_an_entry_failed(archive: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed = next(e for e in open_run(archive, "queues").entries() if e.decision == "failed")
    assert "crash: " in shown(capsys, "show", f"queues/{failed.number}", "--archive", archive)


def test_export_writes_a_module_that_works(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.py"
    number = open_run(archive, "queues").front()[-1].number
    words = ["export", f"queues/{number}", "--archive", archive]
    text = shown(capsys, *words)
    shown(capsys, *words, "-o", str(path))
    assert path.read_text() == text
    spec = importlib.util.spec_from_file_location("exported_policy", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    observation = {
        "waiting": np.array([3, 1]),
        "head_wait_s": np.array([2.0, 9.0]),
        "head_service_s": np.array([0.5, 1.5]),
    }
    assert module.choose(**observation) in (0, 1)
    assert main([*words, "-o", str(tmp_path)]) == 2


def test_doctor_rebuilds_a_run(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "rebuilt" in shown(capsys, "doctor", "queues", "--archive", archive)
    shutil.copytree(archive, tmp_path / "copy")
    with sqlite3.connect(tmp_path / "copy" / "queues" / "journal.sqlite") as database:
        database.execute('UPDATE "commit" SET decision = \'dominated\' WHERE "order" = 1')
    database.close()
    text = shown(capsys, "doctor", "queues", "--archive", str(tmp_path / "copy"), code=1)
    assert "BAD" in text
    assert "entries 1" in text
    with sqlite3.connect(tmp_path / "copy" / "queues" / "journal.sqlite") as database:
        database.execute("UPDATE run SET versions = json_set(versions, '$.code', 'older')")
    database.close()
    text = shown(capsys, "doctor", "queues", "--archive", str(tmp_path / "copy"))
    assert "by this version (code older then, " in text


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM view_failure WHERE number = {failed}",
        "UPDATE view_failure SET kind = 'time' WHERE number = {failed}",
        "INSERT INTO view_failure (run_id, number, kind) SELECT id, 1, 'crash' FROM run",
    ],
)
def test_doctor_counts_failures_anew(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: str
) -> None:
    failed = next(e for e in open_run(archive, "queues").entries() if e.decision == "failed")
    words = ("doctor", "queues", "--archive", str(tmp_path / "copy"))
    shutil.copytree(archive, tmp_path / "copy")
    said = "its failures are not those that it counted"
    assert said not in shown(capsys, *words)
    with sqlite3.connect(tmp_path / "copy" / "queues" / "journal.sqlite") as database:
        changed = database.execute(damage.format(failed=failed.number))
        assert changed.rowcount == 1
    database.close()
    findings = json.loads(shown(capsys, *words, "--json", code=1))
    assert [f["text"] for f in findings if not f["is_well"]] == [said]


def test_an_archive_without_runs_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["runs", "--archive", str(tmp_path / "none")]
    assert "start one" in shown(capsys, *words)
    assert document(capsys, *words) == []


def test_a_damaged_run_is_named_beside_the_others(
    archive: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(archive, tmp_path / "copy")
    shutil.copytree(Path(archive) / "queues", tmp_path / "copy" / "damaged")
    (tmp_path / "copy" / "damaged" / "journal.sqlite").write_bytes(b"not a database" * 100)
    assert main(["runs", "--archive", str(tmp_path / "copy")]) == 1
    captured = capsys.readouterr()
    assert "queues" in captured.out
    assert "damaged" in captured.err


def test_a_reader_that_stops_early_is_no_fault(archive: str) -> None:
    command = f"{sys.executable} -m evolve.cli.main front queues --json --archive {archive} | true"
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["front", "queue"], "no run 'queue'"),
        (["show", "queues/999"], "no entry 999"),
        (["show", "7"], "'7' is no entry"),
        (["resume", "nothing"], "no run 'nothing'"),
        (["front", "../queues"], "no name for a run"),
    ],
)
def test_what_is_not_there_is_said_in_two_lines(
    words: list[str], message: str, archive: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--archive", archive]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert message in first
    assert second.startswith("hint: ")


def test_problems_describe_themselves(capsys: pytest.CaptureFixture[str]) -> None:
    rows = document(capsys, "problems")
    assert {"expert_placement", "request_scheduling"} <= {row["name"] for row in rows}
    assert all(row["summary"] for row in rows)
