"""Workloads from a recorded trace: cut by time, played at chosen loads.

The first 60 % of the trace's time is for search, the next 20 % for selection, the last 20 % is
sealed; nothing is shuffled. Each part is cut into blocks of consecutive requests, and a block is a
cluster. A block's times are compressed (or stretched) by one factor to reach its load, so its
bursts stay. The requests just before a block, of the same part, come first as its warm-up: they
are simulated, not scored.

Recorded are arrival, prompt and output. Tenant, service class and `max_tokens` are in no public
trace: they are drawn from the workload's seed. Times that were recorded in ticks (Mooncake: 3 s)
are spread uniformly inside their tick, from a seed of the file's own. A salt changes what is drawn
and leaves what is recorded: whoever has the file has seen its sealed part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.engines.cost_model import CostModel
from evaluators.errors import UsageError
from evaluators.problems.request_scheduling.clients import draw_tenants, seeded
from evaluators.problems.request_scheduling.instance import (
    Label,
    Replica,
    Requests,
    instance,
    other_engine,
)
from evaluators.problems.request_scheduling.parameters import SchedulingParameters
from evaluators.problems.request_scheduling.saturation import (
    demand_of,
    scarce_kv_tokens,
    sustained_rate_per_s,
)
from evaluators.traces import RequestTable, read_requests, spread_ticks

SEARCH_UNTIL, SELECTION_UNTIL = 0.6, 0.8  # of the trace's time
LEAST_REQUESTS = 400  # in each part: fewer never fill an engine's batch


@dataclass(frozen=True, slots=True)
class Cut:
    """How a part becomes blocks."""

    blocks: int
    most_scored: int  # requests of a block that count; the rest between two blocks is left out
    most_warmup: int
    loads: tuple[float, ...]  # block i is played at loads[i % len(loads)]


SHORT_BLOCKS = 8  # of selection, when their requests are set: enough for an interval
SATURATION = (0.9, 1.0, 1.1)  # below it there is little to be won, and little to learn from
CUTS: dict[Split, Cut] = {
    "search": Cut(6, 1_350, 150, SATURATION),  # every load on either engine
    "selection": Cut(6, 9_000, 400, SATURATION),
    "sealed": Cut(20, 3_000, 400, (0.7, 0.8, *SATURATION)),
}


@dataclass(frozen=True, slots=True)
class Block:
    """Rows `warm` <= i < `start` warm up, `start` <= i < `stop` are scored."""

    number: int
    warm: int
    start: int
    stop: int
    load: float


def recorded_workloads(
    path: str,
    split: Split,
    engine: CostModel,
    parameters: SchedulingParameters,
    salt: str = "",
) -> tuple[Workload, ...]:
    """The workloads of search, selection or sealed, on two engines.

    Sealed blocks are played on both; those of search and selection on either in turn, because more
    blocks say more than the same block twice. With a `salt` the same requests come from other
    clients.

    Raises:
        UsageError: the file cannot be read, is too short, or a request exceeds the memory.
    """
    table = trace(path)
    begin, end = parts(table)[split]
    engines = (engine, other_engine(engine))  # both at once: a misfit shows before a run begins
    replicas = [_replica(path, table, e, parameters.kv_capacity_tokens) for e in engines]
    return tuple(
        _workload(path, table, split, block, replica, parameters, salt)
        for block in cut(_how(split, parameters), begin, end)
        for replica in (replicas if split == "sealed" else [replicas[block.number % 2]])
    )


def _how(split: Split, parameters: SchedulingParameters) -> Cut:
    how = CUTS[split]
    if split == "selection" and parameters.requests:
        warmup = parameters.requests // 10
        how = Cut(SHORT_BLOCKS, parameters.requests - warmup, warmup, how.loads)
    return replace(how, loads=(parameters.load,)) if parameters.load else how


@cache
def trace(path: str) -> RequestTable:
    """The file's requests, times inside ticks spread."""
    table = read_requests(path)
    spread_s = spread_ticks(seeded("ticks", table.source), table.arrival_s)
    return replace(table, arrival_s=spread_s)


def parts(table: RequestTable) -> dict[Split, tuple[int, int]]:
    """Rows [begin, end) of each split, by time. Raises UsageError when one has too few."""
    span_s = table.arrival_s[-1] - table.arrival_s[0]
    cuts = np.searchsorted(table.arrival_s, [SEARCH_UNTIL * span_s, SELECTION_UNTIL * span_s])
    edges = [0, *map(int, cuts), table.arrival_s.size]
    names: tuple[Split, ...] = ("search", "selection", "sealed")
    for name, begin, end in zip(names, edges, edges[1:], strict=False):
        if end - begin < LEAST_REQUESTS:
            raise UsageError(
                f"{table.source}: {end - begin} requests fall into the {name} part of its time",
                f"expected at least {LEAST_REQUESTS} in the first 60 %, next 20 % and last 20 %",
            )
    return {n: (a, b) for n, a, b in zip(names, edges, edges[1:], strict=False)}


def cut(how: Cut, begin: int, end: int) -> Iterator[Block]:
    """Blocks of equal size, spread evenly over rows [begin, end); scored rows are disjoint."""
    warmup = min(how.most_warmup, (end - begin) // 5)
    pitch = (end - begin - warmup) // how.blocks
    scored = min(how.most_scored, pitch)
    for i in range(how.blocks):
        start = begin + warmup + i * pitch
        yield Block(i, start - warmup, start, start + scored, how.loads[i % len(how.loads)])


def _replica(path: str, table: RequestTable, engine: CostModel, kv_tokens: int) -> Replica:
    demand = demand_of(table.prompt_tokens, table.output_tokens)
    kv_tokens = kv_tokens or scarce_kv_tokens(engine, demand)
    if demand.longest_tokens > kv_tokens:
        raise UsageError(
            f"{path}: a request of {demand.longest_tokens} tokens does not fit into the memory of "
            f"{engine.name}, {kv_tokens} tokens",
            "choose an engine or a kv_capacity_tokens that holds it with --param",
        )
    return Replica(engine, kv_tokens)


def _workload(
    path: str,
    table: RequestTable,
    split: Split,
    block: Block,
    replica: Replica,
    parameters: SchedulingParameters,
    salt: str,
) -> Workload:
    name = f"{split}-{block.number:02d}-{replica.engine.name}-x{block.load}"
    rows = slice(block.warm, block.stop)
    rng = seeded(table.source, split, block.number, salt)  # the same clients on both engines
    requests = Requests(
        arrival_s=_compressed(path, table, rows, block.load, replica, parameters),
        prompt_tokens=table.prompt_tokens[rows],
        output_tokens=table.output_tokens[rows],
        tenant=draw_tenants(rng, block.stop - block.warm, parameters.tenants),
    )
    label = Label(
        id=name,
        family=f"recorded-{replica.engine.name}",
        cluster=f"{split}-{block.number:02d}",
        spans=(Span(table.source, block.warm, block.stop),),
    )
    warmup = block.start - block.warm
    return instance(label, rng, replica, requests, warmup, parameters.class_shares())


def _compressed(
    path: str,
    table: RequestTable,
    rows: slice,
    load: float,
    replica: Replica,
    parameters: SchedulingParameters,
) -> np.ndarray:
    """Times from 0 at which these rows come with `load` times the sustained rate."""
    times_s: np.ndarray = table.arrival_s[rows] - table.arrival_s[rows.start]
    if times_s[-1] <= 0:
        raise UsageError(
            f"{path}: requests {rows.start + 1} to {rows.stop} arrive at one instant",
            "expected times that tell requests apart",
        )
    demand = demand_of(table.prompt_tokens[rows], table.output_tokens[rows])
    engine = parameters.cost_of(replica.engine)
    rate_per_s = load * sustained_rate_per_s(engine, demand, replica.kv_capacity_tokens)
    played_s: np.ndarray = times_s * (times_s.size / rate_per_s / times_s[-1])
    return played_s
