"""Limits that no policy can beat, whatever it knows.

**recomputed.** A block that no earlier prompt has is computed by somebody: of all prompts that have
it, the first to be computed does. If all of them are scored this is counted; else nothing is
subtracted for it. So the sum over the scored requests of (computed - fresh) is not negative.

**goodput.** A request that has its first token in time has computed, by then, every token that no
other request arriving before its deadline has: nobody else can have. Those tokens claim at least
their own share of iterations: `token_s` each, and the attention of their place in the prompt. An
engine of another type does in a second what the first type does in at most r seconds, r the
largest ratio of their coefficients. So all engines together are at most as good as one machine of
sum(r) times the speed that starts with all requests of an interval at hand: of those that arrive
after a and are due before b, Moore's algorithm gives the most that are in time (1 || sum U_j,
optimal). Disjoint intervals lose disjoint requests. A request whose claim is longer than its
promise on the fastest engine is late anyway.

**imbalance.** A coefficient of variation is not negative.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np

from evaluators.contract import Bound
from evaluators.engines.cost_model import CostModel
from evaluators.engines.deadlines import Due, fewest_late
from evaluators.engines.prefix_cache import BLOCK_TOKENS
from evaluators.problems.request_routing.instance import Instance

PARTITIONS = (1, 2, 4, 8, 16, 32)  # intervals of equal length


def limits(instance: Instance) -> Mapping[str, Bound]:
    """A bound per exact objective; the measured one has none above zero."""
    return {
        "goodput": Bound(
            most_in_time(instance), "bound",
            "pooled engines, every prompt shared but what no other has; Moore-Hodgson",
        ),
        "recomputed": Bound(0.0, "bound", "what no earlier prompt has is computed by somebody"),
        "imbalance": Bound(0.0, "bound", "a coefficient of variation"),
    }  # fmt: skip


def most_in_time(instance: Instance) -> float:
    """The largest share of the scored requests that can have their first token in time."""
    claim_s = claims_s(instance)
    scored = np.arange(instance.arrival_s.size) >= instance.warmup
    speed = max(_speed(instance.engines[0], engine) for engine in instance.engines)
    slack = 1 + 1e-9  # the simulator adds the same terms in another order
    feasible = scored & (claim_s <= speed * instance.ttft_slo_s * slack)
    pooled_s = claim_s / sum(_speed(instance.engines[0], e) for e in instance.engines)
    due = Due(
        instance.arrival_s[feasible],
        pooled_s[feasible],
        (instance.arrival_s + instance.ttft_slo_s)[feasible],
    )
    start_s, last_s = instance.arrival_s[[0, -1]]
    lost = max(_lost(due, np.linspace(start_s, last_s, n + 1)[:-1].tolist()) for n in PARTITIONS)
    return float((np.count_nonzero(feasible) - lost) / np.count_nonzero(scored))


def _lost(due: Due, edges_s: list[float]) -> int:
    ends_s = [*edges_s[1:], np.inf]
    return sum(fewest_late(due.within(a, b)) for a, b in zip(edges_s, ends_s, strict=True))


def claims_s(instance: Instance) -> np.ndarray:
    """float64[n]: seconds of the first engine that each request must have before its deadline."""
    engine = instance.engines[0]
    own = own_tokens(instance).astype(float)
    before = instance.prompt_tokens - own
    return np.asarray(engine.token_s * own + engine.pair_s * own * (before + own / 2))


def own_tokens(instance: Instance) -> np.ndarray:
    """int64[n]: tokens at each prompt's end that no other has which arrives before its deadline."""
    arrivals: dict[int, list[float]] = defaultdict(list)
    for at_s, own in zip(instance.arrival_s.tolist(), instance.blocks, strict=True):
        for block in own:
            arrivals[block].append(at_s)
    tokens = []
    for request, own in enumerate(instance.blocks):
        due_s = instance.arrival_s[request] + instance.ttft_slo_s[request]
        shared = next(
            (i for i, block in enumerate(own) if sum(a <= due_s for a in arrivals[block]) < 2),
            len(own),
        )
        tokens.append(max(1, int(instance.prompt_tokens[request]) - shared * BLOCK_TOKENS))
    return np.array(tokens, dtype=np.int64)


def _speed(first: CostModel, other: CostModel) -> float:
    """Seconds of `first` that a second of `other` is worth at most."""
    return max(first.token_s / other.token_s, first.pair_s / other.pair_s)
