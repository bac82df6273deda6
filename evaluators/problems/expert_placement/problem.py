"""The problem `expert_placement`: which expert lies in which slot, interval by interval.

Entry: `rebalance_experts(load, num_replicas, num_groups, num_nodes, num_gpus, previous)`, the
interface of the serving systems' expert-parallel load balancers. README.md has model and sources.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import chain

import numpy as np

from evaluators.contract import (
    SPLITS,
    Action,
    Bound,
    Feature,
    Forgery,
    Measurements,
    Objective,
    Observation,
    Policy,
    Problem,
    Split,
    Variation,
    Workload,
)
from evaluators.errors import UsageError
from evaluators.playing import as_seen, drive, named, trusted_policy
from evaluators.problems.expert_placement import bounds
from evaluators.problems.expert_placement.forgeries import FORGERIES
from evaluators.problems.expert_placement.load_log import log_workloads
from evaluators.problems.expert_placement.settings import (
    GENERATED,
    UNVARIED,
    Changes,
    settings,
)
from evaluators.problems.expert_placement.shape import PlacementParameters, Shape
from evaluators.problems.expert_placement.simulator import intervals, rebalancing_episode
from evaluators.problems.expert_placement.workloads import (
    Deployment,
    deployments,
    make_workloads,
)
from evaluators.resources import seed_policies, statement
from evaluators.signature import Array, Scalar, Signature, Values

OBJECTIVES: tuple[Objective, ...] = (
    Objective(
        "balancedness", "", "higher", "exact",
        reference=0.4,  # what `contiguous` comes to: nothing is balanced
        worst=0.0,
        resolution=0.001,  # a tenth of a percent of a layer's time
        doc="mean over layers and intervals of mean / maximum GPU load in the coming interval",
    ),
    Objective(
        "moved_share", "", "lower", "exact",
        reference=1.0,  # everything is moved every time
        worst=1.0,
        resolution=0.002,  # less than one slot in 288
        doc="mean over the decisions after the first of the share of slots whose expert is new"
        " on its GPU",
    ),
    Objective(
        "decision_cpu", "x deepseek_hierarchical", "lower", "measured",
        reference=20.0,  # the same steps as plain loops: 9 times with 4 layers, 50 times with 58
        worst=100.0,
        resolution=0.1,
        doc="CPU time per decision as a ratio to that of deepseek_hierarchical",
    ),
)  # fmt: skip
FEATURES = (
    Feature(
        "least_moved", lambda score: min(score.values["moved_share"].values()),
        doc="share of slots moved per decision on the workload where it moves least",
    ),
    Feature(
        "most_moved", lambda score: max(score.values["moved_share"].values()),
        doc="the same where it moves most: one that reacts to the load is far from least_moved",
    ),
)  # fmt: skip
CLAIRVOYANT = ("deepseek_global", "rebalance_when_it_pays")  # shown the coming interval's load


class ExpertPlacement(Problem):
    """Place and replicate the experts of every layer before each rebalancing interval."""

    name = "expert_placement"
    version = 1
    Parameters = PlacementParameters
    objectives: tuple[Objective, ...] = OBJECTIVES
    features = FEATURES
    reference_policy = "deepseek_hierarchical"
    unvaried = UNVARIED

    def __init__(
        self, parameters: PlacementParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for numbers that fit no placement and for a bad workload file."""
        self.parameters = parameters or PlacementParameters()
        self._file = workload_file
        self._from_log = log_workloads(workload_file, self.parameters) if workload_file else {}
        self.signature = _signature(self._deployments(), self.parameters)
        self.statement = statement(self.name)

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        return self._from_log.get(split) or make_workloads(split, self.parameters, salt)

    def given(self, workload: Workload) -> Values:
        shape = shape_of(workload)
        return {f.name: getattr(shape, f.name) for f in _GIVEN}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return rebalancing_episode(*self._instance(workload))

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(*self._instance(workload))

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """Baselines that are shown the coming interval in place of the windows before it."""
        return {f"clairvoyant {name}": self._clairvoyant(workload, name) for name in CLAIRVOYANT}

    def variations(self) -> Sequence[Variation]:
        """Those that fit the deployment at hand."""
        offered = settings(is_logged=self._file is not None)
        fitting = [s.variation for s in offered if self._fits(s.changes)]
        return (*fitting, GENERATED) if self._file and not _sets_shape(self.parameters) else fitting

    def _fits(self, changes: Changes) -> bool:
        try:
            changed = replace(self.parameters, **changes)
            return bool(ExpertPlacement(changed, self._file).signature)
        except (ValueError, UsageError):
            return False

    def on_device(self, device: str) -> Problem:
        from evaluators.problems.expert_placement.on_device import PlacementOnDevice

        return PlacementOnDevice(self.parameters, self._file, device)

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES

    def _clairvoyant(self, workload: Workload, name: str) -> Measurements:
        given = {**self.given(workload), "seed": 0}
        decide = trusted_policy(self, self.baselines()[name], given)
        load, _, *windows = self._instance(workload)
        coming: Iterator[np.ndarray] = (after for _, after in intervals(load, *windows))

        def answer(observation: Values) -> Action:
            foreseen = {**observation, "load": next(coming)[None]}
            return named(self.signature, decide(as_seen(self.signature.observation, foreseen)))

        return drive(self, workload, answer)[0]

    def _deployments(self) -> list[Deployment]:
        """Layers and shape of every workload, without drawing any load."""
        logged = [w for split in self._from_log.values() for w in split]
        known = [(w.content["load"].shape[1], shape_of(w)) for w in logged]
        try:
            drawn = [deployments(s, self.parameters) for s in SPLITS if s not in self._from_log]
        except ValueError as error:
            raise UsageError(
                f"parameters: {error}", "change them with --param key=value"
            ) from error
        return [*known, *chain.from_iterable(drawn)]

    def _instance(self, workload: Workload) -> tuple[np.ndarray, Shape, int, int]:
        p = self.parameters
        load = workload.content["load"]
        return load, shape_of(workload), p.history_windows, p.interval_windows


def _sets_shape(parameters: PlacementParameters) -> bool:
    """Whether its numbers are those of a deployment that generated loads have not."""
    return any(value for name, value in asdict(parameters).items() if name.startswith("num_"))


def shape_of(workload: Workload) -> Shape:
    return Shape(*workload.content["shape"].tolist())


_GIVEN = (
    Scalar("num_replicas", "int64", low=1, doc="slots of a layer"),
    Scalar("num_groups", "int64", low=1, doc="groups of consecutive experts, routed together"),
    Scalar("num_nodes", "int64", low=1, doc="nodes, each with an equal block of GPUs"),
    Scalar("num_gpus", "int64", low=1, doc="GPUs, each with an equal block of slots"),
)


def _signature(sizes: Sequence[Deployment], parameters: PlacementParameters) -> Signature:
    """The entry's fields, with maxima that the workloads at hand need."""
    return Signature(
        entry="rebalance_experts",
        given=_GIVEN,
        observation=(
            Array(
                "load", "float64", ("windows", "layers", "experts"), unit="tokens", low=0,
                doc="routed tokens of the last windows, oldest first",
            ),
            Array(
                "previous", "int64", ("layers", "num_replicas"), low=-1,
                doc="the placement in force: expert of every slot; all -1 at the first decision",
            ),
        ),
        action=(
            Array(
                "placement", "int64", ("layers", "num_replicas"), index_of="experts",
                doc="expert of every slot from now on; every expert in at least one slot",
            ),
        ),
        maxima={
            "windows": parameters.history_windows,
            "layers": max(layers for layers, _ in sizes),
            "experts": max(shape.num_experts for _, shape in sizes),
            "num_replicas": max(shape.num_replicas for _, shape in sizes),
        },
    )  # fmt: skip
