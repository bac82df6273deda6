"""What a run may claim: its front, and one winner, against the baselines on sealed workloads.

The winner is the entry that adds most to the baselines' hypervolume on selection: the sealed split
judges the choice, and has no part in it. What breaks a requirement on a split counts for nothing
there: it is neither a winner, nor a baseline that has to be beaten, nor part of a volume. Met or
broken is decided by the value itself, whatever its interval. A baseline that was to be beaten on
selection and fails on sealed leaves open whether it would have been: then nothing is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from archive.constraint import Constraint
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
        self._volumes = Volumes(problem, "sealed", found.objectives())
        self.required = found.constraints()
        self.exact = [o for o in problem.objectives if o.kind == "exact"]
        self.front = [self._member(f"{found.run_of(e)}/{e.number}", e) for e in found.front()]
        self.baselines = [self._member(name, e) for name, e in found.baselines().items()]

    @property
    def has_box(self) -> bool:
        """Whether an exact objective that the search went by has a limit; else: no volumes."""
        return bool(self._volumes.objectives)

    def broken(self, member: Member) -> list[Constraint]:
        """What is required and not met by its values on sealed; empty where it failed there."""
        return self._found.broken(member.sealed) if member.sealed else []

    @property
    def has_rivals(self) -> bool:
        """Whether a baseline meets the requirements on sealed."""
        return bool(self._counted(self.baselines))

    @property
    def absent(self) -> list[Member]:
        """The baselines that failed on sealed: no part of a volume there."""
        return [b for b in self.baselines if not b.sealed]

    @property
    def missed(self) -> list[Member]:
        """Of those, the ones that were to be beaten on selection."""
        return [b for b in self.absent if self._is_selected(b)]

    @cached_property
    def hypervolume(self) -> float:
        """Of the front, on sealed."""
        return self._volumes.volume(self._counted(self.front))

    @cached_property
    def baseline_hypervolume(self) -> float:
        """Of the baselines, on sealed."""
        return self._volumes.volume(self._counted(self.baselines))

    @cached_property
    def gain(self) -> Interval:
        """What the front has more than the baselines."""
        return self._volumes.gain(self._counted(self.front), self._counted(self.baselines))

    @property
    def candidates(self) -> list[Member]:
        """Of the front, those that meet the requirements on selection."""
        return [m for m in self.front if self._is_selected(m)]

    @cached_property
    def winner(self) -> Member | None:
        """None where no candidate adds anything to the baselines on selection."""
        boxed, limits = self._found.exact_box("selection")
        known = [b.entry.values["selection"] for b in self.baselines if self._is_selected(b)]

        def added(member: Member) -> float:
            point = member.entry.values["selection"]
            return contribution(point, known, boxed, limits) if boxed else 0.0

        best = max(self.candidates, key=added, default=None)
        return best if best is not None and added(best) > 0 else None

    @cached_property
    def winner_gain(self) -> Interval | None:
        """What the winner adds to the baselines on sealed; None where it failed there, or breaks
        a requirement.
        """
        ours = self._counted([self.winner]) if self.winner else []
        if not ours:
            return None
        baselines = self._counted(self.baselines)
        return self._volumes.gain([*ours, *baselines], baselines)

    @property
    def is_shown(self) -> bool:
        """Whether the winner's advantage is above zero on workloads that chose nothing, and no
        baseline is missed there.
        """
        gain = self.winner_gain
        return not self.missed and gain is not None and gain.low is not None and gain.low > 0

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

    def _is_selected(self, member: Member) -> bool:
        """Whether it has values on selection, and they meet the requirements."""
        values = member.entry.values.get("selection")
        return values is not None and not self._found.broken(values)

    def _counted(self, members: Sequence[Member]) -> list[Score]:
        """The scores of those that meet the requirements on sealed."""
        return _scores([m for m in members if not self.broken(m)])

    def _member(self, name: str, entry: Entry) -> Member:
        outcome = self._outcomes[entry.proposal.digest]
        is_scored = is_clean(outcome)
        sealed = aggregated(self._problem, "sealed", outcome) if is_scored else {}
        return Member(name, entry, outcome, sealed)


def subjects(found: Found) -> list[Entry]:
    """The policies that claims are about: the front on selection, and the baselines."""
    return [*found.front(), *found.baselines().values()]


def _scores(members: Sequence[Member]) -> list[Score]:
    """Of those that were scored on every workload."""
    return [m.outcome for m in members if m.sealed and isinstance(m.outcome, Score)]
