"""What the reference policy costs on the same workloads in the same slot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from evaluators.contract import Failure, Workload
from evaluators.execution.lockstep import Played, Playing

REFRESH_JOBS = 25
KEPT_PLAYS = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """What the reference policy took on a workload."""

    decision_s: float  # CPU seconds per decision
    num_decisions: int


Costs = Mapping[str, Cost]  # by workload id, where any decision was asked for


def reference_costs_s(playing: Playing) -> Costs:
    """What a policy of ours cost. Its failure is our fault: raises RuntimeError."""
    if isinstance(playing.played, Failure):
        raise RuntimeError(f"the reference policy does not load: {playing.played.message}")
    for workload_id, played in playing.played.items():
        if isinstance(played.outcome, Failure):
            raise RuntimeError(f"the reference policy failed {workload_id}: {played.outcome}")
    return {
        k: Cost(p.cpu_s / p.num_decisions, p.num_decisions)
        for k, p in playing.played.items()
        if p.num_decisions
    }


def relative_costs(
    played: Mapping[str, Played], reference: Costs, can_ask_more: bool = False
) -> dict[str, float]:
    """The cost of each workload that did not fail as a ratio to the reference's.

    It is CPU time per decision; where a policy `can_ask_more`, of at most as many decisions as the
    reference was asked for, so that whoever asks more often pays for that. It is 1 where no
    decision was asked for. Raises RuntimeError where the reference was not asked and the candidate
    was: such a reference says nothing.
    """
    ratios: dict[str, float] = {}
    for workload_id, p in played.items():
        if isinstance(p.outcome, Failure):
            continue
        if p.num_decisions and workload_id not in reference:
            raise RuntimeError(f"the reference policy was never asked on {workload_id}")
        if not p.num_decisions:
            ratios[workload_id] = 1.0
            continue
        known = reference[workload_id]
        most = known.num_decisions if can_ask_more else p.num_decisions
        ratios[workload_id] = p.cpu_s / min(p.num_decisions, most) / known.decision_s
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
        """Of exactly these workloads, the median of the kept plays."""
        history = self._histories.setdefault(tuple(w.id for w in workloads), _History())
        if not history.plays or history.jobs_since >= REFRESH_JOBS:
            history.plays.append(reference_costs_s(self._play(workloads)))
            history.jobs_since = 0
        history.jobs_since += 1
        return {
            k: replace(last, decision_s=median(play[k].decision_s for play in history.plays))
            for k, last in history.plays[-1].items()
        }
