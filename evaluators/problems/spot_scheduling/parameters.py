"""What a user may set, and the settings under which a winner is played again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluators.contract import Variation
from evaluators.problems.spot_scheduling.scenario import (
    ON_DEMAND_USD_PER_H,
    SPOT_USD_PER_H,
    TICK_S,
    WORK_S,
)

DEADLINES_H = (52, 70)
RESTARTS_S = (72, 180, 360)  # 0.02, 0.05 and 0.1 hours
MOST_DEADLINE_H = 92  # a published window is 92.3 hours long


@dataclass(frozen=True, slots=True)
class SpotParameters:
    """The defaults are as published: every job under each deadline and each restart time.

    `deadline_h` and `restart_s` set one for all (0 and -1: as published), `spot_usd_per_h` is the
    price of spot. Raises ValueError for what makes no job.
    """

    deadline_h: int = 0
    restart_s: int = -1
    spot_usd_per_h: float = SPOT_USD_PER_H

    def __post_init__(self) -> None:
        least_h = WORK_S // 3600 + 1
        if self.deadline_h and not least_h <= self.deadline_h <= MOST_DEADLINE_H:
            raise ValueError(
                f"deadline_h={self.deadline_h}, expected 0 or {least_h} to {MOST_DEADLINE_H}"
            )
        if not -1 <= self.restart_s <= TICK_S:
            raise ValueError(f"restart_s={self.restart_s}, expected -1 to {TICK_S}")
        if not 0 < self.spot_usd_per_h <= ON_DEMAND_USD_PER_H:
            raise ValueError(
                f"spot_usd_per_h={self.spot_usd_per_h}, expected above 0 and"
                f" at most {ON_DEMAND_USD_PER_H}, the price of on-demand"
            )

    @property
    def deadlines_h(self) -> tuple[int, ...]:
        """The deadlines that every job is played under, in hours."""
        return (self.deadline_h,) if self.deadline_h else DEADLINES_H

    @property
    def restarts_s(self) -> tuple[int, ...]:
        """The restart times that every job is played under, in seconds."""
        return RESTARTS_S if self.restart_s < 0 else (self.restart_s,)


UNVARIED: Mapping[str, str] = {
    "load": "there is one job",
    "memory rule": "a machine has all the memory that the job needs",
}


def variations(is_recorded: bool) -> Iterator[Variation]:
    """One setting changed at a time."""
    for deadline_h in (50, 60, MOST_DEADLINE_H):
        yield Variation("deadline", f"{deadline_h} h", {"deadline_h": str(deadline_h)})
    for restart_s in (0, TICK_S):
        yield Variation("restart", f"{restart_s} s", {"restart_s": str(restart_s)})
    for usd in (0.3, 2.0):
        yield Variation("price", f"spot at ${usd} an hour", {"spot_usd_per_h": str(usd)})
    if is_recorded:
        yield Variation("trace", "generated availability alone", {}, keeps_file=False)
