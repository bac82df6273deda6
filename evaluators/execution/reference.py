"""What the reference policy costs on the same workloads in the same slot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from evaluators.contract import Failure, Workload
from evaluators.execution.lockstep import Played, Playing

REFRESH_JOBS = 25
KEPT_PLAYS = 5

Costs = Mapping[str, float]  # workload id -> CPU seconds per decision, where any was asked for


def reference_costs_s(playing: Playing) -> Costs:
    """What a policy of ours cost. Its failure is our fault: raises RuntimeError."""
    if isinstance(playing.played, Failure):
        raise RuntimeError(f"the reference policy does not load: {playing.played.message}")
    for workload_id, played in playing.played.items():
        if isinstance(played.outcome, Failure):
            raise RuntimeError(f"the reference policy failed {workload_id}: {played.outcome}")
    return {k: cost_s(p) for k, p in playing.played.items() if p.num_decisions}


def cost_s(played: Played) -> float:
    """CPU seconds per decision."""
    return played.cpu_s / played.num_decisions


def relative_costs(played: Mapping[str, Played], reference: Costs) -> dict[str, float]:
    """The cost of each workload that did not fail as a ratio to the reference's.

    It is 1 where no decision was asked for. Raises RuntimeError where the reference was not asked
    and the candidate was: such a reference says nothing.
    """
    ratios: dict[str, float] = {}
    for workload_id, p in played.items():
        if isinstance(p.outcome, Failure):
            continue
        if p.num_decisions and workload_id not in reference:
            raise RuntimeError(f"the reference policy was never asked on {workload_id}")
        ratios[workload_id] = cost_s(p) / reference[workload_id] if p.num_decisions else 1.0
    return ratios


@dataclass
class _History:
    plays: deque[Costs] = field(default_factory=lambda: deque(maxlen=KEPT_PLAYS))
    jobs_since: int = 0


class ReferenceClock:
    """Keeps the reference's last costs per set of workloads, and measures again now and then."""

    def __init__(self, play: Callable[[Sequence[Workload]], Playing]) -> None:
        self._play = play
        self._histories: dict[tuple[str, ...], _History] = {}

    def costs_s(self, workloads: Sequence[Workload]) -> Costs:
        """The median of the kept plays of exactly these workloads."""
        history = self._histories.setdefault(tuple(w.id for w in workloads), _History())
        if not history.plays or history.jobs_since >= REFRESH_JOBS:
            history.plays.append(reference_costs_s(self._play(workloads)))
            history.jobs_since = 0
        history.jobs_since += 1
        return {k: median(play[k] for play in history.plays) for k in history.plays[-1]}
