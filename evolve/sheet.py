"""A winner beside the baselines under every setting of their problem: where its advantage ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from archive.constraint import Constraint, broken
from evaluators.comparison import Contrast, contrasts
from evaluators.contract import Failure, Objective, Outcome, Score, Variation, Workload
from evaluators.scoring import aggregate, is_clean, loss

AS_SEARCHED = Variation("as searched", "", {})


@dataclass(frozen=True)
class Trial:
    """One setting: what the winner and the baselines came to on its workloads."""

    variation: Variation
    objectives: Sequence[Objective]  # exact ones
    workloads: Sequence[Workload]
    winner: Outcome
    baselines: Mapping[str, Outcome]  # by name; those that were played
    required: Sequence[Constraint] = ()

    @property
    def label(self) -> str:
        """Axis and setting in words."""
        return ": ".join(text for text in (self.variation.axis, self.variation.name) if text)

    @property
    def values(self) -> Mapping[str, float]:
        """The winner's by objective; empty where it fails on a workload."""
        found = _clean([self.winner])
        return self._values(found[0], self.objectives) if found else {}

    @cached_property
    def all_contrasts(self) -> Mapping[str, Sequence[Contrast]]:
        """By baseline, the winner first in each; only of those that fail nowhere."""
        return {
            name: contrasts(self.objectives, self.workloads, ours, theirs, np.random.default_rng(0))
            for ours in _clean([self.winner])
            for name, outcome in self.baselines.items()
            for theirs in _clean([outcome])
        }

    @cached_property
    def contrasts(self) -> Mapping[str, Sequence[Contrast]]:
        """Those with baselines that meet here what is required."""
        found = self.all_contrasts.items()
        return {name: by for name, by in found if not self.broken(self.baselines[name])}

    def broken(self, outcome: Outcome) -> list[Constraint]:
        """What is required and not met on these workloads; empty where one of them failed."""
        of = [c.objective for c in self.required]
        scores = _clean([outcome])
        return [c for score in scores for c in broken(self.required, self._values(score, of))]

    def _values(self, score: Score, objectives: Sequence[Objective]) -> dict[str, float]:
        return {o.name: aggregate(o, self.workloads, score.values[o.name]) for o in objectives}


@dataclass(frozen=True, slots=True)
class Versus:
    """The winner beside one baseline in one objective under one setting."""

    trial: Trial
    baseline: str
    contrast: Contrast

    @property
    def lost(self) -> float:
        """How much worse the winner is, in the objective's unit; negative when it is better."""
        c = self.contrast
        return loss(c.objective, c.a) - loss(c.objective, c.b)

    @property
    def is_loss(self) -> bool:
        """Whether the baseline is better beyond chance and resolution."""
        return self.contrast.verdict == "B is better"


@dataclass(frozen=True)
class Sheet:
    """What every setting says; `unvaried`: axes that the problem cannot offer, and why."""

    as_searched: Trial
    trials: Sequence[Trial]
    unvaried: Mapping[str, str]

    @property
    def objectives(self) -> Sequence[Objective]:
        """Those that are compared: exact ones."""
        return self.as_searched.objectives

    @property
    def failed(self) -> Sequence[Trial]:
        """The settings under which the winner fails on a workload."""
        return [t for t in self.trials if not is_clean(t.winner)]

    @property
    def breaking(self) -> Sequence[Trial]:
        """The settings under which the winner breaks a requirement."""
        return [t for t in self.trials if t.broken(t.winner)]

    def weaknesses(self) -> Sequence[Versus]:
        """Losses to a baseline that does not beat the winner in that objective as searched."""
        known = {_pair(v) for v in self._as_searched() if v.is_loss}
        return [v for v in _all_of(self.trials) if v.is_loss and _pair(v) not in known]

    def before(self, versus: Versus) -> Contrast | None:
        """The same baseline and objective as searched, where that is known."""
        found = self._as_searched()
        return next((v.contrast for v in found if _pair(v) == _pair(versus)), None)

    def _as_searched(self) -> Iterator[Versus]:
        """Beside every baseline: one that is not allowed there may be under another setting."""
        for baseline, found in self.as_searched.all_contrasts.items():
            yield from (Versus(self.as_searched, baseline, c) for c in found)

    def worst(self) -> Sequence[Versus]:
        """For each baseline and objective the setting that is worst for the winner."""
        found: dict[tuple[str, str], Versus] = {}
        for versus in _all_of([self.as_searched, *self.trials]):
            known = found.setdefault(_pair(versus), versus)
            if versus.lost > known.lost:
                found[_pair(versus)] = versus
        return list(found.values())


def _pair(versus: Versus) -> tuple[str, str]:
    return versus.baseline, versus.contrast.objective.name


def _all_of(trials: Sequence[Trial]) -> Iterator[Versus]:
    for trial in trials:
        for baseline, found in trial.contrasts.items():
            yield from (Versus(trial, baseline, c) for c in found)


def _clean(outcomes: Sequence[Outcome]) -> list[Score]:
    return [o for o in outcomes if is_clean(o) and not isinstance(o, Failure)]
