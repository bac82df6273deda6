"""What a watcher of a search reads."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from archive.entry import Entry, Proposal
from evaluators.contract import Problem, Score
from evaluators.execution.executor import PoolState, Sandbox
from evaluators.registry import problem_class
from evolve.cli.progress import Watch, live, plain, preflight_line, status_line
from evolve.events import Committed, Judging, Noticed, Pooled, Preflight, Stopped

TWO_QUEUES = Path(__file__).parents[3] / "docs" / "examples" / "two_queues.py"
SANDBOX = Sandbox("L2", "0" * 64, "L2: seccomp and Landlock")


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture(scope="module")
def problem() -> Problem:
    return problem_class(str(TWO_QUEUES))()


def committed(number: int, waits: tuple[float, float], proposer: str = "syntax/swap") -> Committed:
    values = {"mean_wait_0": waits[0], "mean_wait_1": waits[1]}
    proposal = Proposal(number, "", str(number), str(number), (), proposer, "")
    entry = Entry(number, proposal, Score({}), "front", {"search": values})
    return Committed(
        entry,
        done=number,
        budget=40,
        front_size=3,
        hypervolume=0.25,
        failures={"time": 1, "crash": 2},
        best=values,
    )


def test_preflight_is_one_line_with_rate_end_and_sandbox() -> None:
    line = preflight_line(Preflight(312.4, 75.0, SANDBOX), lambda: datetime(2026, 1, 1, 9, 59))
    assert line == (
        "312 evaluations per minute, done in 1 min 15 s at 10:00, sandbox L2: seccomp and Landlock"
    )


def test_a_line_compares_with_the_best_baseline_and_the_limit(problem: Problem) -> None:
    clock = Clock()
    watch = Watch(problem, clock=clock)
    watch.see(committed(1, (8.0, 5.0), "seed/longest"))
    watch.see(committed(2, (7.0, 6.0), "seed/oldest"))
    clock.now_s = 60.0
    last = committed(11, (3.0, 4.0))
    watch.see(last)
    limit = watch.limits["mean_wait_0"]
    assert limit is not None
    line = status_line(watch, last)
    assert line.startswith(
        "11/40 evaluations, 10/min, 2 min 54 s left; front 3, hypervolume 0.2500"
    )
    assert f"mean_wait_0 3 (baseline 7, limit {limit.value:.4g})" in line
    assert "mean_wait_1 4 (baseline 5, limit" in line
    assert line.endswith("failed: crash 2, time 1")


def test_plain_lines_come_every_few_seconds_and_at_the_end(problem: Problem) -> None:
    clock = Clock()
    lines: list[str] = []
    observe = plain(Watch(problem, clock=clock), lines.append, clock)
    for number in range(1, 21):
        clock.now_s = float(number)
        observe(committed(number, (3.0, 4.0)))
    assert [line.split("/")[0] for line in lines] == ["5", "10", "15", "20"]
    observe(Judging(4))
    observe(Stopped("evaluations"))
    assert "4 of its front" in lines[-2]
    assert lines[-1].startswith("20/40 evaluations")


def test_the_live_table_fits_a_terminal(problem: Problem) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    with live(Watch(problem, clock=Clock()), console) as observe:
        observe(Preflight(312.4, 75.0, SANDBOX))
        observe(committed(1, (8.0, 5.0), "seed/longest"))
        observe(committed(2, (3.0, 4.0)))
    shown = out.getvalue()
    assert "sandbox L2" in shown
    assert "best baseline" in shown
    assert "mean_wait_0" in shown
    assert "crash 2, time 1" in shown


def test_a_notice_is_neither_markup_nor_commands(problem: Problem) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    with live(Watch(problem, clock=Clock()), console) as observe:
        observe(Noticed("a model said [/b] and \x1b]0;x\x07"))
    assert "a model said [/b] and ?]0;x?" in out.getvalue()


def test_the_time_left_heeds_the_seconds(problem: Problem) -> None:
    clock = Clock()
    watch = Watch(problem, seconds=90.0, clock=clock)
    watch.see(committed(1, (8.0, 5.0), "seed/longest"))
    clock.now_s = 60.0
    watch.see(committed(11, (3.0, 4.0)))
    assert watch.left_s == 30.0


def test_a_pool_whose_nodes_come_and_go_is_shown(problem: Problem) -> None:
    lines: list[str] = []
    clock = Clock()
    observe = plain(Watch(problem, clock=clock), lines.append, clock)
    observe(Pooled(PoolState(nodes=3, slots=12, playing=11, queued=4, retries=2)))
    clock.now_s = 60.0
    observe(committed(7, (1.0, 2.0)))
    assert "nodes 3, slots 11/12 busy, 4 queued, 2 played again" in lines[-1]
