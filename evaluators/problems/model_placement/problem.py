"""The problem `model_placement`: which GPU serves which language model.

Entry: `place_models(num_gpus, gpu_memory_gb, size_gb, request_rate, slo_s, previous)`. README.md
has model and sources.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

from evaluators.contract import (
    Action,
    Bound,
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
from evaluators.problems.model_placement import bounds
from evaluators.problems.model_placement.case_file import file_workloads
from evaluators.problems.model_placement.forgeries import FORGERIES
from evaluators.problems.model_placement.instance import LONGEST_SLO_S, case_of
from evaluators.problems.model_placement.parameters import (
    MOST_GPUS,
    MOST_MODELS,
    PlacementParameters,
)
from evaluators.problems.model_placement.settings import UNVARIED, VARIATIONS
from evaluators.problems.model_placement.simulator import measure, observation_of
from evaluators.problems.model_placement.workloads import make_workloads
from evaluators.resources import seed_policies, statement
from evaluators.signature import Array, Scalar, Signature, Values

OBJECTIVES = (
    Objective(
        "max_pressure", "ln(x balanced)", "lower", "exact",
        reference=0.6,  # `keep`, which moves nothing, comes to 0.5 to 0.6
        worst=25.0,  # a full GPU, charged 10^6, comes to 17
        resolution=0.002,
        doc="natural logarithm of the largest pressure of a GPU over that of a placement in which"
        " all GPUs have the same, a mean over cases",
    ),
    Objective(
        "moved_share", "of GB", "lower", "exact",
        reference=0.9,  # `round_robin`, which reads nothing, comes to 0.86
        worst=1.0,  # every model is moved
        resolution=0.002,
        doc="weights of the models that are on another GPU than before, over all weights, a mean"
        " over cases",
    ),
    Objective(
        "decision_cpu", "x prism_greedy", "lower", "measured",
        reference=100.0,  # ten restarts of a local search
        worst=1000.0,
        resolution=0.1,
        doc="CPU time per placement as a ratio to that of prism_greedy",
    ),
)  # fmt: skip

SIGNATURE = Signature(
    entry="place_models",
    given=(),
    observation=(
        Scalar("num_gpus", "int64", low=1, doc="equal GPUs"),
        Scalar("gpu_memory_gb", "int64", unit="GB", low=1, doc="of each GPU"),
        Array("size_gb", "int64", ("models",), unit="GB", low=1, doc="weights of the model"),
        Array("request_rate", "int64", ("models",), unit="req/s", low=1),
        Array("slo_s", "int64", ("models",), unit="s", low=1, high=LONGEST_SLO_S),
        Array(
            "previous", "int64", ("models",), index_of="num_gpus",
            doc="the GPU that holds the model now",
        ),
    ),
    action=(
        Array(
            "gpu", "int64", ("models",), index_of="num_gpus",
            doc="the GPU that is to hold the model",
        ),
    ),
    maxima={"models": MOST_MODELS, "num_gpus": MOST_GPUS},
)  # fmt: skip


class ModelPlacement(Problem):
    """Choose the GPU of every language model that is served."""

    name = "model_placement"
    version = 1
    Parameters = PlacementParameters
    signature = SIGNATURE
    objectives = OBJECTIVES
    reference_policy = "prism_greedy"
    unvaried = UNVARIED

    def __init__(
        self, parameters: PlacementParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = p = parameters or PlacementParameters()
        self._from_file = file_workloads(workload_file, p.gpu_memory_gb) if workload_file else {}
        self.statement = statement(self.name)

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        return self._from_file.get(split) or make_workloads(split, self.parameters, salt)

    def given(self, workload: Workload) -> Values:
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        case = case_of(workload.content)
        action = yield observation_of(case)
        return measure(action["gpu"], case)

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(workload)

    def variations(self) -> Sequence[Variation]:
        """None of a file: it is what it is."""
        return () if self._from_file else VARIATIONS

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES
