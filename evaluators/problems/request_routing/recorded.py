"""Workloads from a recorded trace with prefix blocks: cut by time, then by sessions.

The first half of the trace's time is for search, the next quarter for selection, the last quarter
is sealed. Each part is dealt out to eight clusters of engines by session (prompts with the same
second block), as a router above them would do, and each deal is one workload. So one request in
eight is in a workload, and its session with it: consecutive requests would share far less. Times
are compressed to reach the load. A salt deals out the sealed part anew: whoever has the file has
seen its requests.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import numpy as np

from evaluators.contract import Span, Split, Workload
from evaluators.engines.cost_model import ENGINES, engine_index
from evaluators.engines.prefix_cache import BLOCK_TOKENS
from evaluators.errors import UsageError
from evaluators.problems.request_routing.observation import MOST_BLOCKS
from evaluators.problems.request_routing.parameters import RoutingParameters
from evaluators.problems.request_routing.sessions import Trace
from evaluators.problems.request_routing.workloads import (
    FAMILIES,
    REPLICAS,
    Label,
    seeded,
    workload_of,
)
from evaluators.traces import RequestTable, read_requests, spread_ticks

SEARCH_UNTIL, SELECTION_UNTIL = 0.5, 0.75  # of the trace's time
DEALS = 8  # enough for an interval
LEAST_REQUESTS = 40  # of a workload: fewer never meet in an engine
MOST_REQUESTS = 1000


@cache
def recorded_workloads(
    path: str, split: Split, parameters: RoutingParameters, salt: str = ""
) -> tuple[Workload, ...]:
    """The workloads of search, selection or sealed. Raises UsageError for a file that won't do."""
    return tuple(_recorded(path, split, parameters, salt))


def _recorded(
    path: str, split: Split, parameters: RoutingParameters, salt: str
) -> Iterator[Workload]:
    table = trace(path)
    _check_memory(path, table, parameters)
    begin, end = _part(table, split)
    deal = _deals(table, split, salt)
    for number in range(DEALS):
        rows = begin + np.flatnonzero(deal[begin:end] == number)[:MOST_REQUESTS]
        if len(rows) < LEAST_REQUESTS or table.arrival_s[rows[0]] == table.arrival_s[rows[-1]]:
            raise UsageError(
                f"{path}: {len(rows)} requests fall into one of {DEALS} deals of its {split} part",
                f"expected at least {LEAST_REQUESTS} at different times: a longer trace",
            )
        family = FAMILIES[number % len(FAMILIES)]
        name = f"{split}-recorded-{family}-{number}"
        label = Label(name, family, name, (Span(table.source, begin, end),))
        replicas = parameters.replicas or REPLICAS[number % len(REPLICAS)]
        rng = seeded(table.source, name, salt)
        yield workload_of(label, rng, _rows(table, rows), replicas, parameters)


@cache
def trace(path: str) -> RequestTable:
    """The file's requests, times inside ticks spread. Raises UsageError without prefix blocks."""
    table = read_requests(path)
    _check_blocks(path, table)
    spread_s = spread_ticks(seeded("ticks", table.source), table.arrival_s)
    return replace(table, arrival_s=spread_s)


def _check_blocks(path: str, table: RequestTable) -> None:
    """Each prompt has its blocks, and equal blocks follow equal ones."""
    before: dict[int, int] = {}
    pairs = zip(table.blocks, table.prompt_tokens.tolist(), strict=True)
    for request, (own, tokens) in enumerate(pairs, 1):
        count = -(-tokens // BLOCK_TOKENS)
        if len(own) != count:
            raise UsageError(
                f"{path}: request {request} has {len(own)} hash_ids for {tokens} tokens",
                f"expected Mooncake JSON lines with {count}, one per {BLOCK_TOKENS} tokens",
            )
        for last, block in zip((-1, *own), own, strict=False):
            if before.setdefault(block, last) != last:
                raise UsageError(
                    f"{path}: request {request} has {block} of hash_ids behind {last},"
                    f" an earlier one behind {before[block]}",
                    "expected hashes of whole beginnings: equal ones follow equal ones",
                )


def _check_memory(path: str, table: RequestTable, parameters: RoutingParameters) -> None:
    names = (parameters.engine, parameters.other_engine)
    holds = min(ENGINES[engine_index(n)].kv_capacity_tokens for n in names)
    holds = min(holds, MOST_BLOCKS * BLOCK_TOKENS)
    longest = int((table.prompt_tokens + table.output_tokens).max())
    if longest > holds:
        raise UsageError(
            f"{path}: a request of {longest} tokens, where an engine holds {holds}",
            "choose others with --param engine= and other_engine=",
        )


def _part(table: RequestTable, split: Split) -> tuple[int, int]:
    """Rows [begin, end) of a split, by time."""
    span_s = table.arrival_s[-1]
    cuts = np.searchsorted(table.arrival_s, [SEARCH_UNTIL * span_s, SELECTION_UNTIL * span_s])
    edges = [0, *map(int, cuts), table.arrival_s.size]
    at = ("search", "selection", "sealed").index(split)
    return edges[at], edges[at + 1]


def _deals(table: RequestTable, split: Split, salt: str) -> np.ndarray:
    """int64[n]: which deal each request falls into. A prompt of one block is its own session."""
    names = [own[1] if len(own) > 1 else -1 - i for i, own in enumerate(table.blocks)]
    _, session = np.unique(names, return_inverse=True)
    dealt = seeded("deals", table.source, split, salt).integers(DEALS, size=session.max() + 1)
    return np.asarray(dealt[session])


def _rows(table: RequestTable, rows: np.ndarray) -> Trace:
    return Trace(
        arrival_s=table.arrival_s[rows] - table.arrival_s[rows[0]],
        prompt_tokens=table.prompt_tokens[rows],
        output_tokens=table.output_tokens[rows],
        blocks=tuple(table.blocks[row] for row in rows.tolist()),
    )
