"""What a watcher of a search reads."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from rich.console import Console

from archive.constraint import parse_constraint
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


def see_all(watch: Watch, numbers: range, budget: int = 40) -> Committed:
    """The last of what is committed one after the other."""
    events = [replace(committed(n, (3.0, 4.0)), budget=budget) for n in numbers]
    for event in events:
        watch.see(event)
    return events[-1]


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
    last = see_all(watch, range(3, 12))
    limit = watch.limits["mean_wait_0"]
    assert limit is not None
    line = status_line(watch, last)
    assert line.startswith(
        "11/40 evaluations, 10/min, 2 min 54 s left; front 3, hypervolume 0.2500"
    )
    assert f"mean_wait_0 3 (baseline 7, limit {limit.value:.4g})" in line
    assert "mean_wait_1 4 (baseline 5, limit" in line
    assert line.endswith("failed: crash 2, time 1")


def test_the_rate_after_a_resumption_is_that_of_what_is_new(problem: Problem) -> None:
    clock = Clock()
    watch = Watch(problem, clock=clock)
    for number in (1, 2):
        watch.see(committed(number, (8.0, 5.0), "seed/longest"))
    clock.now_s = 3.0
    see_all(watch, range(301, 302), budget=400)  # the first that was not known
    assert (watch.per_minute, watch.left_s) == (None, None)
    clock.now_s = 63.0
    see_all(watch, range(302, 312), budget=400)
    assert (watch.per_minute, watch.left_s) == (10.0, 534.0)


def test_baselines_are_the_problems_own_alone(problem: Problem) -> None:
    watch = Watch(problem)
    watch.see(committed(1, (8.0, 5.0), "seed/longest"))
    watch.see(replace(committed(2, (7.0, 4.0), "seed/given_1"), hypervolume=0.5))
    assert watch.baseline == {"mean_wait_0": 8.0, "mean_wait_1": 5.0}
    assert watch.baseline_hypervolume == 0.25


def test_baselines_that_break_a_requirement_are_not_held_against_anything(problem: Problem) -> None:
    watch = Watch(problem, constraints=[parse_constraint("mean_wait_1<=5", problem.objectives)])
    watch.see(committed(1, (8.0, 5.0), "seed/longest"))
    watch.see(committed(2, (7.0, 6.0), "seed/oldest"))
    assert watch.baseline == {"mean_wait_0": 8.0, "mean_wait_1": 5.0}
    none = replace(committed(3, (7.0, 6.0)), best={}, hypervolume=0.0)
    assert "; front 3, none meeting the requirements, hyperv" in status_line(watch, none)


def test_a_baseline_whose_values_are_damaged_is_left_out(problem: Problem) -> None:
    watch = Watch(problem)
    whole = committed(1, (8.0, 5.0), "seed/longest")
    watch.see(replace(whole, entry=replace(whole.entry, decision="dominated", values={})))
    assert watch.baseline == {}


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
    assert lines[-1].startswith("20/40 evaluations, 60/min; front")  # no time is left


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


def test_the_last_table_has_no_time_left(problem: Problem) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=80, color_system=None)
    clock = Clock()
    with live(Watch(problem, clock=clock), console) as observe:
        observe(committed(1, (8.0, 5.0)))
        clock.now_s = 6.0
        observe(committed(2, (3.0, 4.0)))
        observe(Stopped("interrupted"))
    last = out.getvalue().rpartition("2/40 evaluations")[2].splitlines()[0]
    assert last.startswith(", 10/min")
    assert " left" not in last


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
    see_all(watch, range(2, 12))
    assert watch.left_s == 30.0


def test_a_pool_whose_nodes_come_and_go_is_shown(problem: Problem) -> None:
    lines: list[str] = []
    clock = Clock()
    observe = plain(Watch(problem, clock=clock), lines.append, clock)
    observe(Pooled(PoolState(nodes=3, slots=12, playing=11, queued=4, retries=2)))
    clock.now_s = 60.0
    observe(committed(7, (1.0, 2.0)))
    assert "nodes 3, slots 11/12 busy, 4 queued, 2 played again" in lines[-1]
