"""What a prompt may tell: the task, which stays the same in a run, and the situation, which moves.

All of it is committed state or a person's words, so a prompt is a function of the journal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from archive.constraint import Constraint
from archive.entry import Entry
from evaluators.contract import Objective, Problem, Workload
from evaluators.scoring import limit_of_split
from evolve.replies.reply import Rejection


@dataclass(frozen=True)
class Task:
    """What a run looks for."""

    problem: Problem
    objectives: tuple[Objective, ...]
    """Those that the search goes by."""
    constraints: tuple[Constraint, ...] = ()

    @cached_property
    def workloads(self) -> Sequence[Workload]:
        """The search split."""
        return tuple(self.problem.workloads("search"))

    @cached_property
    def limits(self) -> Mapping[str, float]:
        """The proved limit of the whole split by objective; one without a limit is absent."""
        bounds = {o.name: limit_of_split(self.problem, o, self.workloads) for o in self.objectives}
        return {name: bound.value for name, bound in bounds.items() if bound is not None}

    @cached_property
    def workload_limits(self) -> Mapping[str, Mapping[str, float]]:
        """The proved limits of each workload: workload id -> objective -> value."""
        return {
            w.id: {name: bound.value for name, bound in self.problem.limits(w).items()}
            for w in self.workloads
        }


@dataclass(frozen=True)
class Step:
    """A proposal and what came of it."""

    entry: Entry
    parent: Entry | None = None
    """What it was made from."""
    idea: str = ""
    """The reply's own words; where they are empty, the proposer's name stands for it."""


@dataclass(frozen=True)
class Situation:
    """What is known when a prompt is written."""

    task: Task
    parents: tuple[Entry, ...]
    """The program to start from, and others to cross it with: the first that differs is."""
    baselines: tuple[Entry, ...] = ()
    """The published policies' entries."""
    history: tuple[Step, ...] = ()
    """What was tried on this program, or of late, newest first."""
    inspirations: tuple[Entry, ...] = ()
    """Programs to be shown beside it, best first: `choose_inspirations`."""
    lessons: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    refused: Rejection | None = None
    """The answer that a repair is asked for; None: the first parent itself fails."""

    @property
    def parent(self) -> Entry:
        """The program that is changed."""
        return self.parents[0]

    @property
    def partner(self) -> Entry | None:
        """The program that it may be crossed with: one that is not the same."""
        own = self.parent.proposal.normal_digest
        others = (e for e in self.parents if e.proposal.normal_digest != own)
        return next(others, None)
