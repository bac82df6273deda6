"""What a user may set, and the settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluators.contract import Variation
from evaluators.engines.preemptible import Job
from evaluators.problems.spot_scheduling_regions.scenario import TICK_S, WORK_S

OWN, PUBLISHED = "own", "published"
MOST_DEADLINE_H = 59  # a published trace is 59.96 hours long
MOST_RESTART_S = 3600
MOST_PRICE_FACTOR = 1.6  # then the dearest recorded price is 2.95 USD/h, below that of on-demand


@dataclass(frozen=True, slots=True)
class RegionParameters:
    """The defaults are as published but for `billing`.

    `deadline_h` is cut to whole ticks, `price_factor` multiplies all spot prices, `billing` is
    `own` (every tick at its own zone's price, a start for every move) or `published` (the public
    simulator's rules). Raises ValueError for what makes no job.
    """

    deadline_h: int = 52
    restart_s: int = 720
    price_factor: float = 1.0
    billing: str = OWN

    def __post_init__(self) -> None:
        least_h = WORK_S // 3600 + 2
        if not least_h <= self.deadline_h <= MOST_DEADLINE_H:
            raise ValueError(
                f"deadline_h={self.deadline_h}, expected {least_h} to {MOST_DEADLINE_H}"
            )
        if not 0 <= self.restart_s <= MOST_RESTART_S:
            raise ValueError(f"restart_s={self.restart_s}, expected 0 to {MOST_RESTART_S}")
        if not 0 < self.price_factor <= MOST_PRICE_FACTOR:
            raise ValueError(
                f"price_factor={self.price_factor}, expected above 0 and at most"
                f" {MOST_PRICE_FACTOR}: spot is never dearer than on-demand"
            )
        if self.billing not in (OWN, PUBLISHED):
            raise ValueError(f"billing={self.billing!r}, expected {OWN!r} or {PUBLISHED!r}")

    @property
    def job(self) -> Job:
        """The job of every workload but the tiny ones."""
        ticks = self.deadline_h * 3600 // TICK_S
        return Job(WORK_S, ticks * TICK_S, self.restart_s, TICK_S)


UNVARIED: Mapping[str, str] = {
    "load": "there is one job",
    "memory rule": "a machine has all the memory that the job needs",
}


def variations(is_recorded: bool) -> Iterator[Variation]:
    """One setting changed at a time."""
    for deadline_h in (50, 56, MOST_DEADLINE_H):
        yield Variation("deadline", f"{deadline_h} h", {"deadline_h": str(deadline_h)})
    for restart_s in (0, 180, 1800):
        yield Variation("restart", f"{restart_s} s", {"restart_s": str(restart_s)})
    for factor in (0.5, MOST_PRICE_FACTOR):
        yield Variation("price", f"spot at {factor} times its price", {"price_factor": str(factor)})
    if is_recorded:
        yield Variation("trace", "generated zones alone", {}, keeps_file=False)
