"""`expert_placement` on the first four layers, so that many searches can be compared.

The search split is the problem's own; selection and sealed workloads, which have all 48 or 58
layers of a model there, are cut to as many layers as search has.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property

from evaluators.contract import SPLITS, Split, Workload
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.problems.expert_placement.workloads import SEARCH_LAYERS


class LightPlacement(ExpertPlacement):
    """8 search, 8 selection and 24 sealed workloads of four layers."""

    def workloads(self, split: Split) -> Sequence[Workload]:
        return self._light[split]

    @cached_property
    def _light(self) -> Mapping[Split, tuple[Workload, ...]]:
        return {s: tuple(cut(w) for w in super(LightPlacement, self).workloads(s)) for s in SPLITS}


def cut(workload: Workload) -> Workload:
    """The workload on its first layers."""
    load = workload.content["load"][:, :SEARCH_LAYERS]
    return dataclasses.replace(workload, content={**workload.content, "load": load})
