"""The problem `spot_scheduling`: when a job with a deadline runs on spot, on-demand or not at all.

Entry: `choose_machine(...)`, asked once per tick while there is a choice. README.md has model,
source, validation and known error.
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
from evaluators.playing import drive
from evaluators.problems.spot_scheduling import bounds
from evaluators.problems.spot_scheduling.forgeries import FORGERIES
from evaluators.problems.spot_scheduling.parameters import UNVARIED, SpotParameters, variations
from evaluators.problems.spot_scheduling.scenario import MACHINES, scenario_of
from evaluators.problems.spot_scheduling.simulator import spot_episode
from evaluators.problems.spot_scheduling.workloads import workloads
from evaluators.resources import seed_policies, statement
from evaluators.signature import Category, Scalar, Signature, Values

OBJECTIVES = (
    Objective(
        "cost", "USD per job", "lower", "exact",
        reference=150.0,  # on-demand alone: 147.39
        worst=300.0,  # more than on-demand for the longest deadline there is
        resolution=0.1,  # evolved policies that were published lie 0.3 apart
        doc="price of all ticks in which a machine ran, whole ticks",
    ),
    Objective(
        "deadline_misses", "share of jobs", "lower", "exact",
        reference=0.1,  # one in ten: nobody would call that a deadline
        worst=1.0,
        resolution=0.002,  # two of the published scenarios
        doc="share of the jobs that were not done at their deadline",
    ),
    Objective(
        "preemptions", "per job", "lower", "exact",
        reference=25.0,  # above every baseline
        worst=200.0,
        resolution=0.1,
        doc="times that the spot machine which a job ran on went away",
    ),
    Objective(
        "decision_cpu", "x greedy", "lower", "measured",
        reference=20.0,  # a pass over all that was seen of the availability
        worst=100.0,
        resolution=0.25,  # below it, repeats of one policy differ
        doc="CPU time per decision as a ratio to that of greedy",
    ),
)  # fmt: skip

SIGNATURE = Signature(
    entry="choose_machine",
    given=(
        Scalar("work_s", "int64", unit="s", low=1, doc="machine time that the job takes"),
        Scalar(
            "deadline_s", "int64", unit="s", low=1, doc="since its start, when it has to be done"
        ),
        Scalar("restart_s", "int64", unit="s", low=0, doc="machine time that every start costs"),
        Scalar("tick_s", "int64", unit="s", low=1, doc="time between two decisions"),
        Scalar("spot_usd_per_h", "float64", unit="USD/h", low=0, doc="price of a spot machine"),
        Scalar("on_demand_usd_per_h", "float64", unit="USD/h", low=0, doc="price of on-demand"),
    ),
    observation=(
        Scalar("elapsed_s", "int64", unit="s", low=0, doc="since the job's start"),
        Scalar("work_left_s", "int64", unit="s", low=1, doc="machine time still to be worked"),
        Category("machine", MACHINES, doc="what the job is on; none after a preemption"),
        Scalar("has_spot", "bool", doc="whether spot machines are there in the coming tick"),
        Scalar("was_preempted", "bool", doc="whether the spot machine has just gone away"),
    ),
    action=(Category("next_machine", MACHINES, doc="what the job is on in the coming tick"),),
)


class SpotScheduling(Problem):
    """Finish a job before its deadline at the least cost, on machines that come and go."""

    name = "spot_scheduling"
    version = 1
    Parameters = SpotParameters
    objectives = OBJECTIVES
    signature = SIGNATURE
    reference_policy = "greedy"
    unvaried = UNVARIED

    def __init__(
        self, parameters: SpotParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = parameters or SpotParameters()
        self._file = workload_file
        self.statement = statement(self.name)
        if workload_file:
            self.workloads("sealed")  # a bad file is refused here, not in the middle of a run
            self.workloads("search")

    def workloads(self, split: Split) -> Sequence[Workload]:
        salt = self.salt if split == "sealed" else ""
        return workloads(split, self.parameters, self._file, salt)

    def given(self, workload: Workload) -> Values:
        scenario = scenario_of(workload)
        return {
            "work_s": scenario.job.work_s,
            "deadline_s": scenario.job.deadline_s,
            "restart_s": scenario.job.restart_s,
            "tick_s": scenario.job.tick_s,
            "spot_usd_per_h": scenario.spot_usd_per_h,
            "on_demand_usd_per_h": scenario.on_demand_usd_per_h,
        }

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        return spot_episode(scenario_of(workload))

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(scenario_of(workload))

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """The plan of the dynamic programme, played."""
        scenario = scenario_of(workload)
        plan = bounds.cheapest_plan(scenario)

        def answer(seen: Values) -> Action:
            slack_s = scenario.job.deadline_s - seen["elapsed_s"] - seen["work_left_s"]
            tick = seen["elapsed_s"] // scenario.job.tick_s
            return {"next_machine": plan.next_machine(tick, seen["machine"], slack_s)}

        return {"clairvoyant": drive(self, workload, answer)[0]}

    def variations(self) -> Sequence[Variation]:
        return tuple(variations(is_recorded=self._file is not None))

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES
