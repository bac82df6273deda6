"""Several runs in several processes on one PostgreSQL archive, all at once."""

from __future__ import annotations

import threading
import time

import psycopg

from archive.front import Front
from evolve.across import runs_on
from evolve.runs import open_run
from tests.faults.command import adrs, finish
from tests.problems import GUESS

RUNS = 4
EVALUATIONS = 25
_WAITING = """
    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)
    FROM pg_locks WHERE NOT granted
"""


class LockWatch:
    """Looks again and again how long somebody has been waiting for a lock."""

    def __init__(self, url: str) -> None:
        self.longest_s = 0.0
        self._url = url
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> LockWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            while not self._is_over.is_set():
                (waiting_s,) = connection.execute(_WAITING).fetchone()
                self.longest_s = max(self.longest_s, float(waiting_s))
                time.sleep(0.02)


def words_of(archive: str, seed: int) -> list[str]:
    words = ["run", GUESS.name, "--evaluations", str(EVALUATIONS), "--workers", "1"]
    return [*words, "--seed", str(seed), "--archive", archive]


def test_four_runs_at_once_find_what_each_would_and_all_together(postgres, capsys):
    archive = postgres.emptied()
    with LockWatch(archive) as watch:
        processes = [adrs(*words_of(archive, seed)) for seed in range(RUNS)]
        for process in processes:
            finish(process)
    with capsys.disabled():
        print(f"\nfour runs at once: longest wait for a lock {watch.longest_s:.3f} s")
    together = runs_on(archive, GUESS.load())
    assert {run.name for run in together.runs} == {f"guess-{i + 1}" for i in range(RUNS)}
    assert {run.settings.seed for run in together.runs} == set(range(RUNS))
    union = []
    for run in together.runs:
        entries = open_run(archive, run.name).entries()
        assert len(entries) >= EVALUATIONS
        assert points(run.front("search")) == points(front_of(run, entries))
        union += entries
    assert points(together.front("search")) == points(front_of(together, union))


def front_of(found, entries):
    """The front of entries, by itself."""
    front = Front(found.objectives(), found.constraints(), "search")
    front.add_all(e for e in entries if e.is_valid)
    return front.entries


def points(entries):
    """Where entries lie; several may lie on one point, of which any may stay."""
    return sorted(tuple(sorted(e.values["search"].items())) for e in entries)
