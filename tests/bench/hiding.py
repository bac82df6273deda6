"""A problem whose best published policies are hidden from whoever searches.

They are what a model of known skill comes upon (`tests.bench.skill_stub`), so a search starts from
the plainer policies, and the others' authors stand for the model's insight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar

from evaluators.contract import SPLITS, Policy, Problem, Split, Workload


class Hiding(Problem):
    """Mixed into a problem, before it."""

    hidden: ClassVar[tuple[str, ...]]
    """Names of baselines, the best one last."""
    left_out: ClassVar[tuple[str, ...]] = ()
    """Names of baselines that take too long to be played again and again."""
    per_family: ClassVar[Mapping[Split, int]]
    """How many workloads of every family are played, at most, split by split."""

    def baselines(self) -> Mapping[str, Policy]:
        away = {*self.hidden, *self.left_out}
        return {n: p for n, p in super().baselines().items() if n not in away}

    def ladder(self) -> Sequence[str]:
        """The sources of the hidden policies."""
        return [super(Hiding, self).baselines()[name].source for name in self.hidden]

    def workloads(self, split: Split) -> Sequence[Workload]:
        return self._fewer[split]

    @cached_property
    def _fewer(self) -> Mapping[Split, Sequence[Workload]]:
        return {s: self._some_of_families(s) for s in SPLITS}

    def _some_of_families(self, split: Split) -> Sequence[Workload]:
        """Evenly spaced in every family; all of them where no number is given."""
        families: dict[str, list[Workload]] = {}
        for workload in super().workloads(split):
            families.setdefault(workload.family, []).append(workload)
        return [w for f in families.values() for w in f[:: self._stride(split, len(f))]]

    def _stride(self, split: Split, size: int) -> int:
        return -(-size // self.per_family.get(split, size))
