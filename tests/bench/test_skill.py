"""Cells of the comparison: counted, the same every time, and resumed where they are missing."""

from __future__ import annotations

import argparse
from contextlib import closing

import pytest

from evaluators.execution.executor import Job
from tests.bench.arms import ARMS, EMBEDDED
from tests.bench.remembering import Memo, RememberingExecutor
from tests.bench.skill import Bench, Cell, missing
from tests.evolve.fakes import DelayedExecutor
from tests.problems import GUESS

CALLS = 8


@pytest.fixture
def memo(tmp_path):
    with closing(Memo(tmp_path / "memo.sqlite")) as opened:
        yield opened


@pytest.fixture
def pool():
    with closing(DelayedExecutor(GUESS.load(), 1, lambda: 0.0)) as opened:
        yield opened


def row_of(cell: Cell, pool, memo) -> dict:
    row = Bench(GUESS, CALLS, CALLS, RememberingExecutor(pool, memo)).row(cell)
    return {k: v for k, v in row.items() if k != "wall_s"}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_spends_its_calls_on_proposals(arm, pool, memo):
    row = row_of(Cell(0.0, arm, 1), pool, memo)
    proposals = row["evaluations"] + row["duplicates"] + row["rejected"]
    if arm == EMBEDDED:
        assert row["evaluations"] == CALLS
    else:
        assert 0 < proposals <= CALLS
    assert row["sealed_volume"] > 0
    assert row["workloads"] == {"search": 4, "selection": 4, "sealed": 4}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_cell_is_the_same_again_and_plays_nothing_twice(pool, memo):
    cell = Cell(0.0, "full", 3)
    first = row_of(cell, pool, memo)
    played = len(pool.played)
    assert played > CALLS
    assert row_of(cell, pool, memo) == first
    assert len(pool.played) == played


def test_a_memo_gives_back_what_was_played(pool, memo, tmp_path):
    executor = RememberingExecutor(pool, memo)
    jobs = [
        Job("def guess(last):\n    return last\n", "search"),
        Job("def guess(last):\n    return last\n", "sealed"),
        Job("def guess(last):\n    return last / 0\n", "search"),
    ]
    played = [executor.submit(job).result() for job in jobs]
    assert [executor.submit(job).result() for job in jobs] == played
    assert len(pool.played) == 3
    with closing(Memo(tmp_path / "memo.sqlite")) as again:
        assert RememberingExecutor(pool, again).submit(jobs[0]).result() == played[0]
    assert len(pool.played) == 3


def test_only_missing_cells_are_asked_for_seed_by_seed():
    options = argparse.Namespace(
        problem="a/made.py", first_seed=2, seeds=2, q=[0.0, 0.2], arms=["full", "greedy"]
    )
    rows = [
        {"problem": "made", "q": 0.0, "arm": "greedy", "seed": 2},
        {"problem": "made", "q": 0.2, "arm": "full", "seed": 3},
        {"problem": "other", "q": 0.2, "arm": "greedy", "seed": 3},
    ]
    cells = missing(rows, options)
    assert [c.seed for c in cells] == [2, 2, 2, 3, 3, 3]
    assert Cell(0.0, "greedy", 2) not in cells
    assert Cell(0.2, "greedy", 3) in cells
