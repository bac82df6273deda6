"""What a run may claim: its front, and one winner, against the baselines on sealed workloads.

The winner is the entry that adds most to the baselines' hypervolume on selection: the sealed split
judges the choice, and has no part in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from archive.entry import Entry
from archive.export.standing import value_interval
from archive.front import contribution
from archive.library import aggregated
from evaluators.comparison import Contrast, contrasts
from evaluators.contract import Objective, Outcome, Problem, Score
from evaluators.scoring import is_clean
from evaluators.stats import Interval
from evolve.found import Found
from evolve.volumes import Volumes

Outcomes = Mapping[str, Outcome]  # policy digest -> what it came to on the sealed split


@dataclass(frozen=True, slots=True)
class Member:
    """A policy of the front, or a baseline, and what the sealed split says of it.

    `sealed` has a value per objective; it is empty where the policy failed on a workload.
    """

    name: str
    entry: Entry
    outcome: Outcome
    sealed: Mapping[str, float]

    def gap(self, objective: Objective) -> float | None:
        """Search minus sealed, in the objective's unit; None where either is not known."""
        search = self.entry.values.get("search")
        if not self.sealed or search is None:
            return None
        return search[objective.name] - self.sealed[objective.name]


class Claims:
    """Everything that the sealed split says of a run."""

    def __init__(self, found: Found, problem: Problem, outcomes: Outcomes) -> None:
        """`outcomes`: of every policy that `subjects` names, on the sealed split of the problem."""
        self._found = found
        self._problem = problem
        self._outcomes = outcomes
        self._volumes = Volumes(problem, "sealed")
        self.exact = [o for o in problem.objectives if o.kind == "exact"]
        self.front = [self._member(f"{found.run_of(e)}/{e.number}", e) for e in found.front()]
        self.baselines = [self._member(name, e) for name, e in found.baselines().items()]

    @property
    def has_box(self) -> bool:
        """Whether an exact objective has a limit; without any there are no volumes."""
        return bool(self._volumes.objectives)

    @cached_property
    def hypervolume(self) -> float:
        """Of the front, on sealed."""
        return self._volumes.volume(_scores(self.front))

    @cached_property
    def baseline_hypervolume(self) -> float:
        """Of the baselines, on sealed."""
        return self._volumes.volume(_scores(self.baselines))

    @cached_property
    def gain(self) -> Interval:
        """What the front has more than the baselines."""
        return self._volumes.gain(_scores(self.front), _scores(self.baselines))

    @cached_property
    def winner(self) -> Member | None:
        """None where no entry adds anything to the baselines on selection."""
        boxed, limits = self._found.exact_box("selection")
        known = [b.entry.values["selection"] for b in self.baselines if _is_selected(b)]

        def added(member: Member) -> float:
            point = member.entry.values["selection"]
            return contribution(point, known, boxed, limits) if boxed else 0.0

        best = max(self.front, key=added, default=None)
        return best if best is not None and added(best) > 0 else None

    @cached_property
    def winner_gain(self) -> Interval | None:
        """What the winner adds to the baselines on sealed; None where it failed there."""
        if self.winner is None or not self.winner.sealed:
            return None
        baselines = _scores(self.baselines)
        return self._volumes.gain([*_scores([self.winner]), *baselines], baselines)

    @property
    def is_shown(self) -> bool:
        """Whether the winner's advantage is above zero on workloads that chose nothing."""
        gain = self.winner_gain
        return gain is not None and gain.low is not None and gain.low > 0

    def contrasts(self) -> dict[str, list[Contrast]]:
        """The winner beside every baseline, by exact objective; empty where it failed on sealed."""
        scored = _scores([self.winner]) if self.winner else []
        workloads = self._problem.workloads("sealed")
        return {
            baseline.name: contrasts(self.exact, workloads, ours, theirs, np.random.default_rng(0))
            for ours in scored
            for baseline in self.baselines
            for theirs in _scores([baseline])
        }

    def interval(self, member: Member, objective: Objective) -> Interval:
        """A member's value on sealed with its interval. Raises ValueError where it failed."""
        (score,) = _scores([member])
        return value_interval(objective, self._problem.workloads("sealed"), score)

    def _member(self, name: str, entry: Entry) -> Member:
        outcome = self._outcomes[entry.proposal.digest]
        is_scored = is_clean(outcome)
        sealed = aggregated(self._problem, "sealed", outcome) if is_scored else {}
        return Member(name, entry, outcome, sealed)


def subjects(found: Found) -> list[Entry]:
    """The policies that claims are about: the front on selection, and the baselines."""
    return [*found.front(), *found.baselines().values()]


def _is_selected(member: Member) -> bool:
    return "selection" in member.entry.values


def _scores(members: Sequence[Member]) -> list[Score]:
    """Of those that were scored on every workload."""
    return [m.outcome for m in members if m.sealed and isinstance(m.outcome, Score)]
