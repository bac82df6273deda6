"""What a confirmation came to: the simulator's ranking beside the device's, and what differs.

Both rank by the first objective: the simulator by its own, the device by what it measures in its
place. A policy's value is the median over the rounds, workload by workload.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from statistics import median
from typing import Literal

import numpy as np

from archive.entry import Entry, Evaluation
from evaluators.comparison import Contrast, contrasts
from evaluators.contract import Objective, Outcome, Problem, Score, Split
from evaluators.engines.gpu.drift import drift_of, drift_words
from evaluators.scoring import aggregate, is_clean, loss, median_score, on_grid
from evaluators.stats import rank_correlation
from evolve.runs import Run

Agreement = Literal["alike", "reversed", "not told apart"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy that is measured, and what the simulator said of it in its first objective."""

    entry: Entry
    name: str  # of a baseline, else RUN/N
    simulated: float

    @property
    def digest(self) -> str:
        """Of its source."""
        return self.entry.proposal.digest

    @property
    def source(self) -> str:
        """Its text."""
        return self.entry.proposal.source


@dataclass(frozen=True, slots=True)
class Pair:
    """Two policies that the simulator orders, the better one first, and what the device says."""

    better: Subject
    worse: Subject
    contrast: Contrast

    @property
    def agreement(self) -> Agreement:
        """Beyond the noise of the device."""
        match self.contrast.verdict:
            case "A is better":
                return "alike"
            case "B is better":
                return "reversed"
        return "not told apart"


@dataclass(frozen=True)
class Confirmed:
    """Every play of every subject, and what follows from them."""

    run: Run
    problem: Problem  # on the device
    device: str
    split: Split
    subjects: Sequence[Subject]  # the simulator's best first
    reference: Subject
    plays: Mapping[str, Sequence[Evaluation]]  # digest -> one of each round
    again: Sequence[Evaluation]  # the reference once more in each round

    @property
    def simulated_objective(self) -> Objective:
        """What the simulator ranks by."""
        return self.run.scale.objectives[0]

    @property
    def objective(self) -> Objective:
        """What the device ranks by."""
        return self.problem.objectives[0]

    @cached_property
    def scores(self) -> Mapping[str, Score]:
        """Digest -> medians over the rounds, of the subjects that never failed."""
        found: dict[str, Score] = {}
        for digest, plays in self.plays.items():
            clean = [o for p in plays if isinstance(o := p.outcome, Score) and is_clean(o)]
            if len(clean) == len(plays):
                found[digest] = median_score(clean)
        return found

    @property
    def failed(self) -> Mapping[str, Outcome]:
        """Digest -> the first outcome with a failure."""
        return {
            digest: next(p.outcome for p in plays if not is_clean(p.outcome))
            for digest, plays in self.plays.items()
            if digest not in self.scores
        }

    def value(self, subject: Subject) -> float | None:
        """What the device measured, aggregated; None where the policy failed."""
        score = self.scores.get(subject.digest)
        return None if score is None else self._aggregated(score)

    def _aggregated(self, score: Score) -> float:
        values = score.values[self.objective.name]
        return aggregate(self.objective, self.problem.workloads(self.split), values)

    @cached_property
    def ranked(self) -> Sequence[Subject]:
        """Those that were measured, the device's best first."""
        values = {s.digest: v for s in self.subjects if (v := self.value(s)) is not None}
        known = [s for s in self.subjects if s.digest in values]
        return sorted(known, key=lambda s: loss(self.objective, values[s.digest]))

    @cached_property
    def noise(self) -> float | None:
        """The largest relative difference between two plays of the reference; None: it failed."""
        plays = [*self.plays[self.reference.digest], *self.again]
        scores = [o for p in plays if isinstance(o := p.outcome, Score) and is_clean(o)]
        if len(scores) < len(plays):
            return None
        values = [self._aggregated(s) for s in scores]
        middle = abs(median(values))
        return (max(values) - min(values)) / middle if middle else 0.0

    @property
    def drift(self) -> float | None:
        """The largest of all plays; None where the problem watches none."""
        plays = [*(p for plays in self.plays.values() for p in plays), *self.again]
        drifts = [d for p in plays if (d := drift_of(p.outcome)) is not None]
        return max(drifts, default=None)

    @property
    def devices(self) -> Sequence[str]:
        """The facts of every device that had part in it: of one, if it means anything."""
        plays = [*(p for plays in self.plays.values() for p in plays), *self.again]
        return sorted({p.device for p in plays})

    @property
    def objection(self) -> str:
        """Why nothing may be concluded; empty where something may."""
        if len(self.devices) > 1:
            return f"measured on several devices: {'; '.join(self.devices)}: confirm anew on one"
        if self.noise is None:
            return f"the reference policy {self.reference.name} failed: the noise is not known"
        return drift_words(self.drift)

    @cached_property
    def pairs(self) -> Sequence[Pair]:
        """Every two measured policies that the simulator tells apart."""
        measured = [s for s in self.subjects if s.digest in self.scores]
        return [
            Pair(a, b, self._contrast(a, b))
            for a, b in combinations(measured, 2)
            if on_grid(self.simulated_objective, a.simulated)
            < on_grid(self.simulated_objective, b.simulated)
        ]

    def _contrast(self, a: Subject, b: Subject) -> Contrast:
        floors = {} if self.noise is None else {self.objective.name: self.noise}
        (contrast,) = contrasts(
            [self.objective], self.problem.workloads(self.split), self.scores[a.digest],
            self.scores[b.digest], np.random.default_rng(0), floors,
        )  # fmt: skip
        return contrast

    @cached_property
    def correlation(self) -> float | None:
        """Spearman's, between the two rankings; 1 is the same order."""
        return rank_correlation(
            [loss(self.simulated_objective, s.simulated) for s in self.ranked],
            [loss(self.objective, v) for s in self.ranked if (v := self.value(s)) is not None],
        )

    @property
    def winner(self) -> Subject:
        """The simulator's best."""
        return self.subjects[0]

    @cached_property
    def overtaken_by(self) -> Sequence[Subject]:
        """Those that the device shows to be better than the winner, its best first."""
        if self.winner.digest not in self.scores:
            return self.ranked
        others = [s for s in self.ranked if s.digest != self.winner.digest]
        return [s for s in others if self._contrast(self.winner, s).verdict == "B is better"]
