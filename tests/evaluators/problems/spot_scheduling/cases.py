"""Scenarios to draw, every way to play one, and the public simulator's rules written again."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from evaluators.contract import Measurements
from evaluators.engines.preemptible import Job
from evaluators.problems.spot_scheduling.scenario import MACHINES, NONE, ON_DEMAND, SPOT, Scenario

TICK_S = 600
Episode = Generator[Any, Any, Measurements]
Choose = Callable[[Any], str]


@st.composite
def scenarios(draw: st.DrawFn, most_ticks: int = 40) -> Scenario:
    """Jobs of whole ticks with some slack, and any availability, also past the deadline."""
    deadline = draw(st.integers(4, most_ticks))
    work = draw(st.integers(1, deadline - 1))
    restart_s = draw(st.sampled_from([0, 72, 180, 360, 600]))
    job = Job(work * TICK_S, deadline * TICK_S, restart_s, TICK_S)
    ticks = draw(st.integers(0, deadline + 6))
    has_spot = draw(st.lists(st.booleans(), min_size=ticks, max_size=ticks))
    return Scenario(job, np.array(has_spot, dtype=bool), 0.9731, draw(st.sampled_from([3.06, 1.0])))


def play(episode: Episode, choose: Choose) -> Measurements:
    """Play with a function from observation to machine."""
    try:
        seen = next(episode)
        while True:
            seen = episode.send({"next_machine": choose(seen)})
    except StopIteration as end:
        measured: Measurements = end.value
        return measured


def at_random(rng: np.random.Generator) -> Choose:
    """Any machine that is there."""
    return lambda seen: str(rng.choice([m for m in MACHINES if m != SPOT or seen["has_spot"]]))


def every_outcome(start: Callable[[], Episode]) -> Iterator[Measurements]:
    """What every sequence of valid answers comes to."""
    pending: list[list[str]] = [[]]
    while pending:
        prefix = pending.pop()
        answers = iter(prefix)
        episode = start()
        try:
            seen = next(episode)
            for answer in answers:
                seen = episode.send({"next_machine": answer})
        except StopIteration as end:
            yield end.value
            continue
        pending += [[*prefix, m] for m in MACHINES if m != SPOT or seen["has_spot"]]


def published_rules(scenario: Scenario, choose: Choose) -> tuple[float, int, int]:
    """Cost, ticks and preemptions by the rules of the public simulator, in its own floats.

    Written from its description, step by step as it goes: progress of the last tick is noted when
    the next begins; every answer goes through the guarantee and the check that spot is there.
    """
    job, gap = scenario.job, float(scenario.job.tick_s)
    usd_per_h = {NONE: 0.0, SPOT: scenario.spot_usd_per_h, ON_DEMAND: scenario.on_demand_usd_per_h}
    done: list[float] = []
    history: list[str] = []
    last, overhead, tick, preemptions = NONE, 0.0, 0, 0
    while True:
        has_spot = tick < len(scenario.has_spot) and bool(scenario.has_spot[tick])
        history.append(last)
        if last == NONE:
            done.append(0.0)
        else:
            worked = max(gap - overhead, 0.0)
            overhead -= gap - worked
            overhead = 0.0 if overhead < 1e-3 else overhead
            done.append(min(worked, job.work_s - sum(done)))
        left = job.work_s - sum(done)
        if left <= 1e-3:
            return sum(usd_per_h[m] for m in history) * gap / 3600, tick, preemptions
        now = NONE if last == SPOT and not has_spot else last
        preemptions += now != last
        needed = math.ceil((left + job.restart_s) / gap) * gap
        if needed >= math.floor((job.deadline_s - tick * gap) / gap) * gap:
            request = SPOT if last == SPOT and overhead < 1e-3 else ON_DEMAND
            request = NONE if request == SPOT and not has_spot else request
        else:
            request = choose(
                {
                    "elapsed_s": round(tick * gap),
                    "work_left_s": round(left),
                    "machine": now,
                    "has_spot": has_spot,
                    "was_preempted": now != last,
                }
            )
        if request not in (now, NONE):
            overhead = float(job.restart_s)
        last, tick = request, tick + 1
