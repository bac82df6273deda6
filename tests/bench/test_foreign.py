"""A search that knows nothing of the product, by ask and tell alone."""

from __future__ import annotations

from contextlib import closing

from tests.bench.foreign import Bench
from tests.bench.remembering import Memo, RememberingExecutor
from tests.evolve.fakes import DelayedExecutor
from tests.problems import GUESS

CALLS = 6


def test_it_spends_its_evaluations_on_the_numbers_of_a_baseline(tmp_path):
    problem = GUESS.load()
    with (
        closing(Memo(tmp_path / "memo.sqlite")) as memo,
        closing(DelayedExecutor(problem, 1, lambda: 0.0)) as pool,
    ):
        row = Bench(GUESS, CALLS, RememberingExecutor(pool, memo)).row(1)
        sources = {job.source for job in pool.played}
    assert row["evaluations"] >= CALLS
    assert row["sealed_volume"] > 0
    found = sources - {p.source for p in problem.baselines().values()}
    assert len(found) >= CALLS
    assert all("class Smooth" in source for source in found)  # the best that has numbers
