"""`request_routing` on an eighth of the requests.

Drawn anew from ids of its own, so no workload is shared with the problem itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product

from evaluators.contract import SPLITS, Split, Workload
from evaluators.problems.request_routing.problem import RequestRouting
from evaluators.problems.request_routing.sessions import draw_trace
from evaluators.problems.request_routing.workloads import (
    FAMILIES,
    SPAN_S,
    Label,
    seeded,
    workload_of,
)

REQUESTS = 80
COPIES: Mapping[Split, int] = {"search": 1, "selection": 1, "sealed": 2}
REPLICAS = 4


class ShortRouting(RequestRouting):
    """A few minutes of the sessions on four engines; the tiny split as it is."""

    def workloads(self, split: Split) -> Sequence[Workload]:
        return self._short.get(split) or super().workloads(split)

    @cached_property
    def _short(self) -> Mapping[Split, tuple[Workload, ...]]:
        return {s: tuple(self._drawn(s)) for s in SPLITS if s in COPIES}

    def _drawn(self, split: Split) -> Iterator[Workload]:
        salt = self.salt if split == "sealed" else ""
        for family, copy in product(FAMILIES, range(COPIES[split])):
            name = f"light-{split}-{family}-{copy}"
            rng = seeded(name, salt)
            trace = draw_trace(rng, REQUESTS, SPAN_S * REQUESTS / 600)
            yield workload_of(Label(name, family, name), rng, trace, REPLICAS, self.parameters)
