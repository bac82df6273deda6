"""What scores are read by: a problem's objectives, workloads and limits, alive or kept as data."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from evaluators.contract import Bound, Objective, Split, Workload

_KEPT: tuple[Split, ...] = ("search", "selection", "sealed")  # what entries have values on
LIMITED: tuple[Split, ...] = ("search", "selection")  # what fronts are held against


class Scale(Protocol):
    """A `Problem` is one; so is what a run keeps of it, which plays nothing."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def objectives(self) -> tuple[Objective, ...]: ...
    def workloads(self, split: Split) -> Sequence[Workload]: ...
    def limits(self, workload: Workload) -> Mapping[str, Bound]: ...
    def baselines(self) -> Collection[str]:
        """The names of the published policies."""
        ...


@dataclass(frozen=True)
class _KeptWorkload(Workload):
    """A workload without its content."""

    bounds: Mapping[str, Bound] = field(default_factory=dict)


@dataclass(frozen=True)
class KeptScale:
    """A scale as data: ids and families of workloads, and limits on search and selection."""

    name: str
    version: int
    objectives: tuple[Objective, ...]
    kept: Mapping[str, Sequence[_KeptWorkload]]
    baseline_names: tuple[str, ...]

    def workloads(self, split: Split) -> Sequence[Workload]:
        return self.kept[split]

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        assert isinstance(workload, _KeptWorkload), "a workload of another scale"
        return workload.bounds

    def baselines(self) -> Collection[str]:
        return self.baseline_names


def scale_data(scale: Scale) -> dict[str, Any]:
    """What is kept of a scale, as plain JSON data; name and version are kept beside it."""
    return {
        "objectives": [dataclasses.asdict(o) for o in scale.objectives],
        "workloads": {
            split: [
                [w.id, w.family, w.cluster, _bounds(scale, split, w)]
                for w in scale.workloads(split)
            ]
            for split in _KEPT
        },
        "baselines": list(scale.baselines()),
    }


def _bounds(scale: Scale, split: Split, workload: Workload) -> dict[str, Any]:
    limits = scale.limits(workload) if split in LIMITED else {}
    return {name: [float(b.value), b.kind] for name, b in limits.items()}


def kept_scale(name: str, version: int, data: Mapping[str, Any]) -> KeptScale:
    """The scale that `scale_data` was told of."""
    return KeptScale(
        name,
        version,
        tuple(Objective(**o) for o in data["objectives"]),
        {split: [_kept(*w) for w in workloads] for split, workloads in data["workloads"].items()},
        tuple(data["baselines"]),
    )


def kept(scale: Scale) -> KeptScale:
    """The same scale as data: limits that took seconds are there at once."""
    return kept_scale(scale.name, scale.version, scale_data(scale))


def _kept(id_: str, family: str, cluster: str, bounds: Mapping[str, Any]) -> _KeptWorkload:
    known = {name: Bound(value, kind, "") for name, (value, kind) in bounds.items()}
    return _KeptWorkload(id_, family, cluster, {}, (), known)
