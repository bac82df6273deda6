"""What a user may set, and the settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluators.contract import Variation
from evaluators.engines.cost_model import engine_index

MOST_REPLICAS = 16


@dataclass(frozen=True, slots=True)
class RoutingParameters:
    """The cluster and how hard it is pressed; zero means what the families have.

    `load`: seconds of prompt work without any cache, over the seconds that the engines have.
    `replicas`: how many engines. `cache_blocks`: blocks of 512 tokens that each one's prefix cache
    holds. `report_s`: the time between two reports of load, all families. `engine`, `other_engine`:
    names of the cost model's table; the second is half of the cluster in the family `mixed`.
    Raises ValueError for numbers that make no cluster, UsageError for an unknown engine.
    """

    load: float = 0.9
    replicas: int = 0
    cache_blocks: int = 512
    report_s: float = 0.0
    engine: str = "llama3-8b-a100"
    other_engine: str = "llama3-8b-h100"

    def __post_init__(self) -> None:
        if not 0 < self.load <= 10:
            raise ValueError(f"load={self.load}, expected above 0 and at most 10")
        if self.replicas and not 2 <= self.replicas <= MOST_REPLICAS:
            raise ValueError(f"replicas={self.replicas}, expected 0 or 2 to {MOST_REPLICAS}")
        if self.cache_blocks < 0:
            raise ValueError(f"cache_blocks={self.cache_blocks}, expected at least 0")
        if self.report_s < 0:
            raise ValueError(f"report_s={self.report_s}, expected at least 0")
        engine_index(self.engine)
        engine_index(self.other_engine)


UNVARIED: Mapping[str, str] = {
    "failures": "a family of its own in every setting",
    "memory rule": "it is the engine's; request_scheduling varies it",
}


def variations(is_recorded: bool) -> Iterator[Variation]:
    """One setting changed at a time. Failures and two types of engine are families of every one."""
    for load in (0.7, 1.0):
        yield Variation("load", f"load {load}", {"load": str(load)})
    for blocks in (128, 2048):
        yield Variation("cache", f"{blocks} blocks per engine", {"cache_blocks": str(blocks)})
    for replicas in (3, 12):
        yield Variation("cluster", f"{replicas} engines", {"replicas": str(replicas)})
    yield Variation("reports", "reports every 15 s", {"report_s": "15.0"})
    yield Variation(
        "engine", "70B on four H100, others on eight",
        {"engine": "llama-70b-h100-tp4", "other_engine": "llama-70b-h100-tp8"},
    )  # fmt: skip
    if is_recorded:
        yield Variation("trace", "generated sessions alone", {}, keeps_file=False)
