"""Verbs on runs as a whole, and the front over several of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from archive.store.folder import FolderStore
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.cli.main import main
from evolve.runs import open_run
from tests.evolve.cli.conftest import TWO_QUEUES
from tests.evolve.cli.test_read import document, shown

PROBLEM = [str(TWO_QUEUES), "--param", "jobs=100"]


@pytest.fixture
def copied(archive: str, tmp_path: Path) -> str:
    """An archive of one's own with the run `queues`."""
    shutil.copytree(archive, tmp_path / "copied")
    return str(tmp_path / "copied")


def test_runs_are_listed_with_size_and_spend(copied, capsys):
    (row,) = document(capsys, "runs", "--archive", copied)
    assert row["size_bytes"] > 10_000
    assert (row["usd"], row["tokens"]) == ("0", 0)
    assert " kB" in shown(capsys, "runs", "--archive", copied)


def test_a_run_that_goes_while_it_is_measured_is_named(copied, capsys, monkeypatch):
    def gone(store, name):
        raise UsageError(f"no run {name!r}", "it was here a moment ago")

    monkeypatch.setattr(FolderStore, "size_bytes", gone)
    assert main(["runs", "--archive", copied]) == 1
    assert capsys.readouterr().err == "adrs: no run 'queues'; it was here a moment ago\n"
    assert shown(capsys, "status", "--archive", copied).startswith("queues: ")  # needs no size


def test_a_run_is_one_line_of_a_narrow_terminal(copied, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    name = "single_machine_tarda"  # with more characters its name is folded
    shown(capsys, "runs", "--rename", "queues", name, "--archive", copied)
    (row,) = document(capsys, "runs", "--archive", copied)
    lines = shown(capsys, "runs", "--archive", copied).splitlines()
    assert lines[0] == row["problem"]
    assert lines[-1].startswith(name)
    assert row["started"][:16].replace("T", " ") in lines[-1]
    assert lines[-1].endswith(" kB")


def test_a_run_is_renamed(copied, capsys):
    shown(capsys, "runs", "--rename", "queues", "other", "--archive", copied)
    assert store_at(copied).names() == ["other"]
    assert open_run(copied, "other").front()


def test_a_run_is_removed_when_somebody_is_sure(copied, capsys, monkeypatch):
    words = ["runs", "--remove", "queues", "--archive", copied]
    assert main(words) == 2  # nobody to ask
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda question: "n")
    shown(capsys, *words, code=1)
    assert store_at(copied).names() == ["queues"]
    monkeypatch.setattr("builtins.input", lambda question: "y")
    assert "removed queues" in shown(capsys, *words)
    assert store_at(copied).names() == []


def test_runs_are_exported_and_imported(copied, tmp_path, capsys):
    file, target = str(tmp_path / "moved"), str(tmp_path / "target")
    said = shown(capsys, "archive", "export", file, "queues", "--archive", copied)
    assert said.startswith("queues: ")
    for expected in ("taken in", "there already"):
        assert expected in shown(capsys, "archive", "import", file, "--archive", target)
    front = document(capsys, "front", "queues", "--archive", target)
    assert front == document(capsys, "front", "queues", "--archive", copied)
    assert main(["archive", "import", file, "queues", "--archive", target]) == 2
    assert main(["archive", "move", file]) == 2


def test_a_problems_front_is_that_of_all_its_runs(copied, capsys):
    store = store_at(copied)
    shutil.copytree(Path(copied) / "queues", Path(copied) / "twin")
    one = document(capsys, "front", "queues", "--archive", copied)
    both = document(capsys, "front", *PROBLEM, "--archive", copied)
    assert both["run"] is None
    assert [e["id"] for e in both["entries"]] == [e["id"] for e in one["entries"]]
    assert both["hypervolume"] == one["hypervolume"]
    text = shown(capsys, "front", *PROBLEM, "--archive", copied)
    assert "queues/" in text
    assert max(map(len, text.splitlines())) <= 80
    rows = shown(capsys, "front", *PROBLEM, "--format", "jsonl", "--archive", copied)
    assert {json.loads(row)["id"] for row in rows.splitlines()} == {
        e["id"] for e in both["entries"]
    }
    assert store.names() == ["queues", "twin"]


def test_runs_of_other_parameters_are_left_out_and_named(copied, capsys):
    other = [str(TWO_QUEUES), "--param", "jobs=60"]
    assert main(["front", *other, "--archive", copied]) == 2
    said = capsys.readouterr().err
    assert "no run of two_queues version 1 with these parameters" in said
    assert "1 with others" in said
