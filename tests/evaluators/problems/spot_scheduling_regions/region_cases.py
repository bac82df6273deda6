"""Scenarios to draw, and every way to play one."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from typing import Any

import numpy as np
from hypothesis import strategies as st

from evaluators.contract import Measurements
from evaluators.engines.preemptible import NONE, ON_DEMAND, SPOT, Job
from evaluators.problems.spot_scheduling_regions.scenario import Scenario

TICK_S = 60
Episode = Generator[Any, Any, Measurements]
Answer = dict[str, Any]


@st.composite
def scenarios(draw: st.DrawFn, most_ticks: int = 30, most_zones: int = 4) -> Scenario:
    """Jobs with starts of no tick, of a part, of one and of several, and any availability."""
    restart_s = draw(st.sampled_from([0, 20, 60, 100, 180]))
    start_ticks = -(-restart_s // TICK_S)
    deadline = draw(st.integers(start_ticks + 1, max(most_ticks, start_ticks + 1)))
    work_s = draw(st.integers(1, (deadline * TICK_S - restart_s) // 20)) * 20
    zones = draw(st.integers(1, most_zones))
    ticks = draw(st.integers(1, deadline + 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    has_spot = rng.random((zones, ticks)) < draw(st.sampled_from([0.3, 0.7, 0.9]))
    usd_per_h = rng.uniform(0.5, 3.0, (zones, ticks)).round(2)
    job = Job(work_s, deadline * TICK_S, restart_s, TICK_S)
    return Scenario(job, np.arange(zones), has_spot, usd_per_h, 3.06)


def play(episode: Episode, answer: Callable[[Any], Answer]) -> Measurements:
    """Play with a function from observation to answer."""
    try:
        seen = next(episode)
        while True:
            seen = episode.send(answer(seen))
    except StopIteration as end:
        measured: Measurements = end.value
        return measured


def valid_answers(seen: Any) -> list[Answer]:
    """Every valid answer, but that waiting names no other zone."""
    zones = range(len(seen["has_spot"]))
    machines = [(NONE, seen["zone"]), *((ON_DEMAND, z) for z in zones)]
    machines += [(SPOT, z) for z in zones if seen["has_spot"][z]]
    return [{"next_machine": kind, "next_zone": zone} for kind, zone in machines]


def at_random(rng: np.random.Generator) -> Callable[[Any], Answer]:
    """Any machine that is there; half of the time the one that it is on, that starts end."""

    def answer(seen: Any) -> Answer:
        if seen["machine"] != NONE and rng.random() < 0.5:
            return {"next_machine": seen["machine"], "next_zone": seen["zone"]}
        answers = valid_answers(seen)
        return answers[int(rng.integers(len(answers)))]

    return answer


def every_outcome(start: Callable[[], Episode]) -> Iterator[Measurements]:
    """What every sequence of valid answers comes to."""
    pending: list[list[Answer]] = [[]]
    while pending:
        prefix = pending.pop()
        episode = start()
        try:
            seen = next(episode)
            for answer in prefix:
                seen = episode.send(answer)
        except StopIteration as end:
            yield end.value
            continue
        pending += [[*prefix, answer] for answer in valid_answers(seen)]
