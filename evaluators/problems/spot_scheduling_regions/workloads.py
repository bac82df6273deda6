"""The instances of each split: generated ones, beside or instead of recorded ones.

Whoever has seen a date of the recording in some zones has seen it in all. So the published
scenarios are the sealed split and nothing else, and search and selection have generated zones, with
the file also recorded ones of dates that no sealed trace touches (`dates.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.engines import availability
from evaluators.engines.preemptible import Job
from evaluators.errors import UsageError
from evaluators.problems.spot_scheduling_regions.dates import (
    GROUPS,
    SEALED_TRACES,
    block_of,
    region_numbers,
    sealable_traces,
    traces_of,
)
from evaluators.problems.spot_scheduling_regions.markets import draw_market, draw_tiny_market
from evaluators.problems.spot_scheduling_regions.parameters import RegionParameters
from evaluators.problems.spot_scheduling_regions.recordings import Trace, read_traces
from evaluators.problems.spot_scheduling_regions.scenario import (
    ON_DEMAND_USD_PER_H,
    TICK_S,
    Scenario,
    workload_of,
)

COPIES: Mapping[Split, int] = {"search": 3, "selection": 4, "sealed": 8}  # per group of zones
# Zones; work and spare ticks beside it and one start. All policies of the first three can be tried.
TINY_JOBS = ((2, 2, 3), (2, 3, 4), (3, 4, 3), (3, 12, 8), (5, 16, 16), (9, 16, 24))


def seeded(*names: str) -> np.random.Generator:
    """A generator that depends on the names alone, and on this problem."""
    return availability.seeded("spot_scheduling_regions", *names)


@cache
def workloads(
    split: Split, parameters: RegionParameters, file: str | None = None, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of a split, made once per process.

    Args:
        split: search 18, selection 24, sealed 48 generated jobs of 48 hours, tiny 6 short ones;
            with the file search and selection have 6 recorded ones more, and sealed has the 34
            published ones alone.
        parameters: deadline, restart time and prices.
        file: the published archive.
        salt: other sealed workloads; of the archive, other dates that are not open.

    Raises:
        UsageError: the file cannot be read, or its traces do not do.
    """
    if split == "tiny":
        return tuple(_tiny(parameters))
    if split == "sealed" and file is not None:
        return tuple(_published(file, parameters, salt))
    generated = tuple(_generated(split, parameters, salt))
    return generated if file is None else (*generated, *_recorded(file, split, parameters))


def _tiny(parameters: RegionParameters) -> Iterator[Workload]:
    """Short jobs at such prices that on-demand until the deadline costs as much as elsewhere."""
    for zones, work, spare in TINY_JOBS:
        ticks = work + spare + parameters.job.start_ticks
        job = Job(work * TICK_S, ticks * TICK_S, parameters.restart_s, TICK_S)
        name = f"tiny-{zones}-zones-{work}-of-{ticks}"
        there, usd_per_h = draw_tiny_market(seeded(name), zones, ticks)
        scale = parameters.job.deadline_s / job.deadline_s
        region = np.arange(zones, dtype=np.int64) // 2
        usd_per_h = usd_per_h * parameters.price_factor * scale
        scenario = Scenario(job, region, there, usd_per_h, ON_DEMAND_USD_PER_H * scale)
        yield workload_of(name, "tiny", name, scenario)


def _generated(split: Split, parameters: RegionParameters, salt: str) -> Iterator[Workload]:
    """Every job has zones of its own: each is a cluster."""
    job = parameters.job
    for group, (zones, _) in GROUPS.items():
        region = region_numbers(zones)
        for copy in range(COPIES[split]):
            rng = seeded(split, group, str(copy), salt)
            there, usd_per_h = draw_market(rng, region, job.deadline_ticks)
            scenario = _scenario(parameters, region, there, usd_per_h)
            name = f"{split}-{group}-{copy}"
            yield workload_of(name, group, name, scenario)


def _published(file: str, parameters: RegionParameters, salt: str) -> Iterator[Workload]:
    """A cluster is a block of time: all groups of zones on the same dates."""
    traces = read_traces(file)
    missing = [n for n in SEALED_TRACES if n not in traces]
    if missing:
        raise UsageError(f"{file} has no trace {missing[0]}", "expected traces 0 to 7 at least")
    numbers = list(SEALED_TRACES)
    if salt:
        drawn = seeded("traces", salt).permutation(sealable_traces(traces))
        numbers = drawn[: len(numbers)].tolist()
    for group, (zones, count) in GROUPS.items():
        for number in numbers[:count]:
            cluster = f"block-{block_of(traces[number], traces)}"
            yield _of_trace("sealed", group, cluster, zones, number, traces[number], parameters)


def _recorded(file: str, split: Split, parameters: RegionParameters) -> Iterator[Workload]:
    """One job per group of zones; the groups take turns in the dates."""
    traces = read_traces(file)
    numbers = traces_of(split, traces, file)
    for index, (group, (zones, _)) in enumerate(GROUPS.items()):
        number = numbers[index % len(numbers)]
        cluster = f"{split}-trace-{number}"
        yield _of_trace(split, group, cluster, zones, number, traces[number], parameters)


def _of_trace(
    split: Split,
    group: str,
    cluster: str,
    zones: tuple[str, ...],
    number: int,
    trace: Trace,
    parameters: RegionParameters,
) -> Workload:
    """Declares all of the trace in its zones, also what is after the deadline."""
    series = [trace.zones[zone] for zone in zones]
    ticks = slice(0, parameters.job.deadline_ticks)
    scenario = _scenario(
        parameters,
        region_numbers(zones),
        np.array([s.has_spot[ticks] for s in series]),
        np.array([s.usd_per_h[ticks] for s in series]),
    )
    spans = tuple(Span(zone, trace.start_s, trace.stop_s) for zone in zones)
    return workload_of(f"{split}-{group}-{number}", group, cluster, scenario, spans=spans)


def _scenario(
    parameters: RegionParameters, region: list[int], there: np.ndarray, usd_per_h: np.ndarray
) -> Scenario:
    priced = usd_per_h * parameters.price_factor
    return Scenario(
        parameters.job, np.array(region, dtype=np.int64), there, priced, ON_DEMAND_USD_PER_H
    )
