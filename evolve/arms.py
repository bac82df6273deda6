"""Control arms: plain searches under the same budget, which a search has to beat to be worth it.

They draw from the same proposer, less what makes it a search (`Settings.arm`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING

from archive.constraint import Constraint, total_violation
from archive.entry import Entry
from archive.front import Front, hypervolume
from evaluators.scoring import loss
from evolve.proposers.proposer import Context, Conversation, Draft, Proposer
from evolve.selection.parents import choose_parents
from evolve.settings import Arm
from evolve.state import box

if TYPE_CHECKING:
    from evaluators.contract import Objective, Problem

PLAIN: tuple[Arm, ...] = ("independent", "greedy")


class Independent:
    """Independent sampling: every proposal is made as if it were the first one.

    Parents are policies that the search started from; what was found is shown to nobody.
    """

    def __init__(self, inner: Proposer) -> None:
        self._inner = inner
        self.name = inner.name

    def ask(self, context: Context) -> Draft | Conversation | None:
        seeds = list(takewhile(lambda e: not e.proposal.parents, context.committed))
        valid = [e for e in seeds if e.is_valid]
        front = Front(context.objectives, context.constraints)
        front.add_all(valid)
        parents = choose_parents(front.entries, valid or seeds, context.random("arm"))
        narrowed = replace(context, parents=parents, front=front.entries, committed=seeds)
        return self._inner.ask(narrowed)

    def tell(self, entry: Entry, gain: float) -> None:
        self._inner.tell(entry, gain)


class Greedy:
    """(1+1): always the best entry so far, which only a better one replaces."""

    def __init__(self, inner: Proposer, problem: Problem, objectives: Sequence[Objective]) -> None:
        self._inner = inner
        self.name = inner.name
        self._objectives = tuple(objectives)
        exact = [o for o in objectives if o.kind == "exact"]  # what arms are judged by
        self._boxed, self._limits = box(problem, exact, "search")
        self._best: Entry | None = None
        self._seen = 0  # of the committed entries

    def ask(self, context: Context) -> Draft | Conversation | None:
        best = self._best_of(context) or context.parents[0]
        return self._inner.ask(replace(context, parents=[best], front=[best]))

    def tell(self, entry: Entry, gain: float) -> None:
        self._inner.tell(entry, gain)

    def _best_of(self, context: Context) -> Entry | None:
        committed, rank = context.committed, partial(self._rank, constraints=context.constraints)
        for entry in committed[self._seen :]:
            if entry.is_valid:  # of equals the first stays
                self._best = max(self._best or entry, entry, key=rank)
        self._seen = len(committed)
        return self._best

    def _rank(self, entry: Entry, constraints: Sequence[Constraint]) -> tuple[float, float, float]:
        """What is required comes first, then what it dominates of the box alone; where that tells
        nothing, the first objective.
        """
        values = entry.values["search"]
        volume = hypervolume([values], self._boxed, self._limits) if self._boxed else 0.0
        first = -loss(self._objectives[0], values[self._objectives[0].name])
        return -total_violation(constraints, values), volume, first


def controlled(
    arm: Arm, inner: Proposer, problem: Problem, objectives: Sequence[Objective]
) -> Proposer:
    """The proposer of an arm."""
    match arm:
        case "independent":
            return Independent(inner)
        case "greedy":
            return Greedy(inner, problem, objectives)
        case "full" | "embedded":
            return inner
