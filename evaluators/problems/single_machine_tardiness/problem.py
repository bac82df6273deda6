"""The problem `single_machine_tardiness`: in which order one machine takes its jobs.

Entry: `order_jobs(processing_time, due_date)`. README.md has model, sources and known error.
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
from evaluators.problems.single_machine_tardiness import bounds
from evaluators.problems.single_machine_tardiness.forgeries import FORGERIES
from evaluators.problems.single_machine_tardiness.job_file import file_workloads
from evaluators.problems.single_machine_tardiness.simulator import sequencing_episode
from evaluators.problems.single_machine_tardiness.workloads import (
    MOST_JOBS,
    TardinessParameters,
    make_workloads,
)
from evaluators.resources import seed_policies, statement
from evaluators.signature import Array, Permutation, Signature, Values

OBJECTIVES = (
    Objective(
        "log_total_tardiness", "ln(x edd)", "lower", "exact",
        reference=0.0,  # the earliest due date first
        worst=22.0,  # no sequence of 500 jobs of at most 10,000 time units comes to more
        resolution=0.001,  # a tenth of a percent
        doc="natural logarithm of total tardiness over that of the earliest due date first",
    ),
    Objective(
        "max_tardiness", "of the schedule", "lower", "exact",
        reference=0.8,  # the shortest processing time first, due dates unread, comes to 0.7
        worst=1.0,  # nothing is later than by the whole schedule
        resolution=0.002,  # a job of 500
        doc="largest tardiness over the sum of all processing times",
    ),
    Objective(
        "decision_cpu", "x mdd", "lower", "measured",
        reference=100.0,  # local search over all moves of one job: 40 times
        worst=1000.0,
        resolution=0.1,
        doc="CPU time per instance as a ratio to that of mdd",
    ),
)  # fmt: skip

SIGNATURE = Signature(
    entry="order_jobs",
    given=(),
    observation=(
        Array("processing_time", "int64", ("jobs",), unit="time units", low=1),
        Array("due_date", "int64", ("jobs",), unit="time units", low=0),
    ),
    action=(Permutation("sequence", "jobs", doc="the jobs in the order in which they are done"),),
    maxima={"jobs": MOST_JOBS},
)

VARIATIONS = (
    Variation("size", "50 jobs", {"jobs": "50"}),
    Variation("size", "300 jobs", {"jobs": "300"}),
    Variation("processing times", "1 to 10", {"longest": "10"}),
    Variation("processing times", "1 to 1000", {"longest": "1000"}),
    Variation("heterogeneity", "log-normal processing times", {"heavy_tailed": "true"}),
)
UNVARIED: Mapping[str, str] = {
    "load": "tightness is the grid itself: every split has all of its cells",
    "failures": "one machine that never waits: a breakdown would delay every sequence alike",
}


class SingleMachineTardiness(Problem):
    """Order the jobs of one machine."""

    name = "single_machine_tardiness"
    version = 2
    Parameters = TardinessParameters
    signature = SIGNATURE
    objectives = OBJECTIVES
    reference_policy = "mdd"
    unvaried = UNVARIED

    def __init__(
        self, parameters: TardinessParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = parameters or TardinessParameters()
        self._from_file = file_workloads(workload_file) if workload_file else {}
        self.statement = statement(self.name)

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        return self._from_file.get(split) or make_workloads(split, self.parameters, salt)

    def given(self, workload: Workload) -> Values:
        return {}

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return sequencing_episode(**workload.content)

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(workload)

    def variations(self) -> Sequence[Variation]:
        """None of a file: it is what it is."""
        return () if self._from_file else VARIATIONS

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES
