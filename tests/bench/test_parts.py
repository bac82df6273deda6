"""What a part is said to be worth."""

from tests.bench.in_process import InProcessExecutor
from tests.bench.parts import ARMS, SHIPPED, Bench, table
from tests.bench.remembering import Memo, RememberingExecutor
from tests.problems import GUESS


def rows(arm: str, *volumes: float):
    return [
        {"arm": arm, "seed": seed, "search_volume": 0.5, "sealed_volume": volume}
        for seed, volume in enumerate(volumes, start=1)
    ]


def test_an_arm_is_compared_seed_by_seed():
    shipped = rows(SHIPPED, *(0.1 * seed for seed in range(1, 10)))
    better = rows("islands", *(0.1 * seed + 0.05 for seed in range(1, 9)))
    *_, line = table(shipped + better)
    assert line.startswith("| islands | 8 | 0.5000 |")
    assert line.endswith("| +0.0500 [+0.0500, +0.0500] |")


def test_few_seeds_give_no_interval():
    *_, line = table(rows(SHIPPED, 0.1, 0.2) + rows("grid", 0.2, 0.2))
    assert line.endswith("| +0.0500 |")


def test_seeds_that_only_one_has_are_left_out():
    *_, line = table(rows(SHIPPED, 0.1) + rows("grid", 0.2, 0.9))
    assert line.endswith("| +0.1000 |")


def test_every_arm_searches(tmp_path):
    memo = Memo(tmp_path / "memo.sqlite")
    bench = Bench(GUESS, 30, RememberingExecutor(InProcessExecutor(GUESS.load()), memo))
    found = {arm: bench.row(arm, seed=1) for arm in ARMS}
    memo.close()
    assert all(0 < row["sealed_volume"] < 1 for row in found.values())
    assert {row["evaluations"] for row in found.values()} == {30}
