"""Somebody beside a run reads on as it goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive.entry import Commit, Evaluation
from archive.store.folder import FolderStore
from archive.store.sql import SqlJournal
from evolve.following import PAUSE_S, Follower
from evolve.runs import open_run
from tests.archive.browse import archives


@pytest.fixture
def archive(tmp_path: Path) -> str:
    archives.fill_small(tmp_path)
    return str(tmp_path)


def test_it_comes_to_what_the_run_comes_to(archive: str) -> None:
    follower = Follower(archive, "queues")
    last = list(follower.look())[-1]
    run = open_run(archive, "queues")
    assert last.front_size == len(run.front("search"))
    assert last.hypervolume == pytest.approx(run.hypervolume("search"))
    assert last.done == sum(e.decision != "duplicate" for e in run.entries())
    assert last.failures == {"crash": 1}
    assert last.budget == 40
    assert (follower.is_live, follower.reason) == (False, "evaluations")
    assert [e.number for e in follower.recent] == [6]
    assert follower.spending == run.spending()


def test_every_row_is_read_once(archive: str) -> None:
    follower = Follower(archive, "queues")
    assert [c.entry.number for c in follower.look()] == [1, 2, 3, 4, 5, 6, 7]
    assert list(follower.look()) == []
    found = archives.proposal(8, "constants", (4,))
    with FolderStore(Path(archive)).open("queues", write=True) as journal:
        journal.add_proposal(found)
        journal.add_evaluation(archives.evaluation(found, archives.score("search", (1.0, 1.0))))
        journal.add_commit(Commit(8, 8, "front"))
        assert [c.entry.number for c in follower.look()] == [8]
        assert follower.is_live
    assert list(follower.look()) == []
    assert not follower.is_live


def test_a_dominated_baseline_is_read_whole(tmp_path: Path) -> None:
    started = list(zip(archives.seeds(), [(6.0, 5.0), (9.0, 9.0)], strict=True))
    archives.fill_started(tmp_path, "queues", started, decisions=("front", "dominated"))
    best, worst = (c.entry.values["search"] for c in Follower(str(tmp_path), "queues").look())
    assert best["mean_wait_0"] < worst["mean_wait_0"]


def test_a_resumption_extends_the_budget(archive: str) -> None:
    follower = Follower(archive, "queues")
    with FolderStore(Path(archive)).open("queues", write=True) as journal:
        journal.add_note("resume", {"evaluations": 90, "usd": None, "tokens": None}, "")
    assert list(follower.look())[-1].budget == 90


def test_the_time_worked_leaves_out_the_pause_before_a_resumption(tmp_path: Path) -> None:
    with FolderStore(tmp_path).create(archives.record("paused")) as journal:
        for number, at in enumerate(["10:00:00", "10:00:30", "18:00:00", "18:00:10"], 1):
            _add(journal, number, at)
    follower = Follower(str(tmp_path), "paused")
    worked_s = [follower.worked_s for _ in follower.look()]
    assert PAUSE_S < 7 * 3600
    assert worked_s == [0.0, 30.0, 30.0, 40.0]


def test_a_rescore_is_no_part_of_the_search(tmp_path: Path) -> None:
    with FolderStore(tmp_path).create(archives.record("searched")) as journal:
        for number, at in enumerate(["10:00:00", "10:00:30"], 1):
            _add(journal, number, at)
        found = archives.proposal(1, "constants")
        again = archives.evaluation(found, archives.score("search", (1.0, 1.0)), "rescore")
        journal.add_evaluation(replace(again, finished_at="2026-01-01T10:05:00+00:00"))
    follower = Follower(str(tmp_path), "searched")
    assert [follower.worked_s for _ in follower.look()] == [0.0, 30.0]


def _add(journal: SqlJournal, number: int, at: str) -> None:
    found = archives.proposal(number, "constants")
    played: Evaluation = archives.evaluation(found, archives.score("search", (5.0, 5.0)))
    journal.add_proposal(found)
    journal.add_evaluation(replace(played, finished_at=f"2026-01-01T{at}+00:00"))
    journal.add_commit(Commit(number, number, "dominated"))


def test_a_damaged_entry_does_not_end_the_watch(tmp_path: Path) -> None:
    archives.fill_corrupt(tmp_path)
    follower = Follower(str(tmp_path), "queues")
    assert [c.entry.number for c in follower.look()] == [1, 2, 3, 4, 5, 6, 7]
