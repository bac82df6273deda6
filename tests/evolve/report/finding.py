"""What searches find on the planted problem: one that only fits noise, and its twin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

from archive.constraint import Constraint, parse_constraint
from archive.entry import SEED, Entry
from archive.front import Front, active_objectives
from archive.library import aggregated
from evaluators.contract import Objective, Outcome, Policy, Problem, Score, Split
from evaluators.identity import Identity, identity_of
from evaluators.playing import play
from evaluators.scale import Scale
from evolve.found import Found
from tests.archive.making import proposal
from tests.problems.planted import Parameters, PlantedProblem, answering

NUM_CANDIDATES = 24


def fitting_noise() -> list[str]:
    """Policies as good as a baseline that are lucky on some workloads: learnt by heart."""
    return [answering(0.5, tag=n) for n in range(1, NUM_CANDIDATES + 1)]


def finding_levels() -> list[str]:
    """Trade-offs of their own, between those of the baselines and beyond."""
    return [answering(round(n / (NUM_CANDIDATES + 1), 3)) for n in range(1, NUM_CANDIDATES + 1)]


class Searched(Found):
    """The entries that a search over these sources would have kept; nothing is journalled."""

    name = "r"
    caution = ""

    def __init__(
        self,
        draw: int,
        sources: Iterable[str],
        clusters: int = 24,
        require: Sequence[str] = (),
        objectives: Sequence[str] = (),
    ) -> None:
        self._problem = PlantedProblem(Parameters(clusters, 0.05, draw))
        self._required = [parse_constraint(text, self._problem.objectives) for text in require]
        self._sources = list(sources)
        self._names = objectives

    @property
    def problem(self) -> Problem:
        """What was searched on."""
        return self._problem

    @property
    def scale(self) -> Scale:
        return self._problem

    @property
    def identity(self) -> Identity:
        return identity_of(self._problem)

    def outstanding(self) -> Sequence[Entry]:
        return self._entries

    @cached_property
    def _entries(self) -> list[Entry]:
        seeds = {f"{SEED}{n}": p.source for n, p in self._problem.baselines().items()}
        named = [*seeds.items(), *(("proposing/next", s) for s in self._sources)]
        front = Front(self.objectives(), self.constraints())
        made = (self._entry(i, *n) for i, n in enumerate(named, start=1))
        return [e for e in made if front.add(e) or e.proposal.proposer in seeds]

    def _entry(self, number: int, proposer: str, source: str) -> Entry:

        made = replace(proposal(number, source), proposer=proposer)
        outcomes = {split: self.play(source, split) for split in ("search", "selection")}
        values = {s: aggregated(self._problem, s, o) for s, o in outcomes.items()}
        return Entry(number, made, outcomes["search"], "front", values)

    def play(self, source: str, split: Split) -> Outcome:
        """What a policy comes to."""
        values: dict[str, dict[str, float]] = {o.name: {} for o in self._problem.objectives}
        for workload in self._problem.workloads(split):
            measured, _ = play(self._problem, workload, Policy("", source))
            for name, value in measured.values.items():
                values[name][workload.id] = value
        return Score(values)

    def objectives(self) -> list[Objective]:
        return active_objectives(self._problem, self._names, exact=False)

    def constraints(self) -> list[Constraint]:
        return self._required

    def run_of(self, entry: Entry) -> str:
        return self.name

    def label(self, entry: Entry) -> str:
        return str(entry.number)
