"""The instances of each split: generated ones, beside or instead of recorded ones.

The published scenarios are windows of one recording of every series, which overlap: whoever has
seen some of them has seen the others. So search and selection never touch those series. They are
generated, and with the file they also have windows of the two series that the scenarios do not
use: search of their first half, selection of their second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.engines.preemptible import Job
from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling.availability import PROCESSES, TINY, seeded
from evaluators.problems.spot_scheduling.parameters import SpotParameters
from evaluators.problems.spot_scheduling.recordings import (
    LEAST_TICKS,
    OPEN_SERIES,
    SEALED_SERIES,
    Window,
    evenly_spaced,
    read_windows,
    recording,
)
from evaluators.problems.spot_scheduling.scenario import (
    ON_DEMAND_USD_PER_H,
    TICK_S,
    WORK_S,
    Scenario,
    workload_of,
)

# Per process; each is played under every deadline, and they take turns in restart times.
COPIES: Mapping[Split, int] = {"search": 3, "selection": 3, "sealed": 6}
PRICE_FACTORS = (0.8, 1.25)  # of generated jobs' spot prices
SEALED_WINDOWS = 30  # of every series, deadline and restart time
# Work and deadline in ticks. All policies of the first two can be tried.
TINY_TICKS = ((3, 7), (4, 8), (12, 18), (12, 24), (18, 24), (18, 36))


@cache
def workloads(
    split: Split, parameters: SpotParameters, file: str | None = None, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split, made once per process.

    Args:
        split: search 30, selection 30, sealed 60 generated jobs of 48 hours, tiny 6 short ones;
            with the file search and selection have 4 recorded ones more, and sealed has the 1,080
            published ones alone.
        parameters: deadlines, restart times and prices.
        file: the published archive.
        salt: other sealed workloads; of the archive, other windows of the same series.

    Raises:
        UsageError: the file cannot be read, or its windows do not do.
    """
    if split == "tiny":
        return tuple(_tiny(parameters))
    if split == "sealed" and file is not None:
        return tuple(_published(file, parameters, salt))
    generated = tuple(_generated(split, parameters, salt))
    return generated if file is None else (*generated, *_recorded(file, split, parameters))


def _tiny(parameters: SpotParameters) -> Iterator[Workload]:
    """Short jobs at such prices that on-demand alone costs what it costs in the other splits."""
    for index, (work, deadline) in enumerate(TINY_TICKS):
        restart_s = parameters.restarts_s[index % len(parameters.restarts_s)]
        job = Job(work * TICK_S, deadline * TICK_S, restart_s, TICK_S)
        scale = WORK_S / job.work_s
        name = f"tiny-{work}-of-{deadline}"
        has_spot = TINY.draw(seeded(name), deadline)
        usd_per_h = parameters.spot_usd_per_h * scale, ON_DEMAND_USD_PER_H * scale
        yield workload_of(name, "tiny", name, Scenario(job, has_spot, *usd_per_h))


def _generated(split: Split, parameters: SpotParameters, salt: str) -> Iterator[Workload]:
    for process in PROCESSES:
        for index, deadline_h in enumerate(parameters.deadlines_h):
            for copy in range(COPIES[split]):
                restart_s = parameters.restarts_s[(copy + index) % len(parameters.restarts_s)]
                family = f"{process.name}-{deadline_h}h"
                name = f"{split}-{family}-{copy}-{restart_s}s"
                # the same availability under every deadline, restart time and price
                rng = seeded(split, process.name, str(copy), salt)
                has_spot = process.draw(rng, deadline_h * 3600 // TICK_S)
                scenario = _scenario(deadline_h, restart_s, has_spot, parameters)
                usd_per_h = _zone_price(
                    seeded("price", split, process.name, str(copy), salt), scenario
                )
                priced = replace(scenario, spot_usd_per_h=usd_per_h)
                yield workload_of(name, family, f"{split}-{process.name}-{copy}", priced)


def _published(file: str, parameters: SpotParameters, salt: str) -> Iterator[Workload]:
    """A cluster is a block of starts as long as the longest job's deadline."""
    read = read_windows(file)
    for series in SEALED_SERIES:
        chosen = _chosen_windows(read[series], series, salt)
        for deadline_h in parameters.deadlines_h:
            for restart_s in parameters.restarts_s:
                for number, window in chosen.items():
                    yield workload_of(
                        f"sealed-{series}-{number}-{deadline_h}h-{restart_s}s",
                        f"{series}-{deadline_h}h",
                        f"{series}|{window.start // LEAST_TICKS}",
                        _scenario(deadline_h, restart_s, window.has_spot, parameters),
                        spans=(_span(series, window),),
                    )


def _chosen_windows(windows: Mapping[int, Window], series: str, salt: str) -> dict[int, Window]:
    """The published choice, or with a salt as many of all."""
    numbers = evenly_spaced(windows, SEALED_WINDOWS)
    if salt:
        drawn = seeded("windows", series, salt).permutation(sorted(windows))
        numbers = drawn[: len(numbers)].tolist()
    return {number: windows[number] for number in numbers}


def _recorded(file: str, split: Split, parameters: SpotParameters) -> Iterator[Workload]:
    """Windows of the open series that share no tick: one after another, one per deadline."""
    for series in OPEN_SERIES:
        whole = recording(file, series)
        half = len(whole.has_spot) // 2
        start = 0 if split == "search" else half
        for index, deadline_h in enumerate(sorted(parameters.deadlines_h)):
            stop = start + deadline_h * 3600 // TICK_S
            if stop > (half if split == "search" else len(whole.has_spot)):
                raise UsageError(
                    f"{file}: the recording of {series} has {len(whole.has_spot)} ticks, too few"
                    f" for jobs of {parameters.deadlines_h} hours in both search and selection",
                    "lower --param deadline_h, or give the whole archive",
                )
            restart_s = parameters.restarts_s[index % len(parameters.restarts_s)]
            name = f"{split}-{series}-{deadline_h}h-{restart_s}s"
            window = Window(whole.start + start, whole.has_spot[start:stop])
            scenario = _scenario(deadline_h, restart_s, window.has_spot, parameters)
            spans = (_span(series, window),)
            yield workload_of(name, f"recorded-{deadline_h}h", name, scenario, spans=spans)
            start = stop


def _zone_price(rng: np.random.Generator, scenario: Scenario) -> float:
    """A spot price about the scenario's, as zones have other ones; in whole hundredths of a cent.

    With other prices no two zones ask the same questions, so answers learnt by heart for one are
    seen to be worth nothing in another.
    """
    usd_per_h = round(scenario.spot_usd_per_h * rng.uniform(*PRICE_FACTORS), 4)
    return min(usd_per_h, scenario.on_demand_usd_per_h)


def _span(series: str, window: Window) -> Span:
    return Span(series, window.start, window.start + len(window.has_spot))


def _scenario(
    deadline_h: int, restart_s: int, has_spot: np.ndarray, parameters: SpotParameters
) -> Scenario:
    job = Job(WORK_S, deadline_h * 3600, restart_s, TICK_S)
    return Scenario(job, has_spot, parameters.spot_usd_per_h, ON_DEMAND_USD_PER_H)
