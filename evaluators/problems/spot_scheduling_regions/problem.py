"""The problem `spot_scheduling_regions`: where and when a job runs on spot, on-demand or not.

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
from evaluators.engines.preemptible import KINDS
from evaluators.playing import drive
from evaluators.problems.spot_scheduling_regions import bounds
from evaluators.problems.spot_scheduling_regions.forgeries import FORGERIES
from evaluators.problems.spot_scheduling_regions.parameters import (
    PUBLISHED,
    UNVARIED,
    RegionParameters,
    variations,
)
from evaluators.problems.spot_scheduling_regions.published import published_episode
from evaluators.problems.spot_scheduling_regions.scenario import scenario_of
from evaluators.problems.spot_scheduling_regions.simulator import own_episode
from evaluators.problems.spot_scheduling_regions.workloads import workloads
from evaluators.resources import seed_policies, statement
from evaluators.signature import Array, Category, Scalar, Signature, Values

OBJECTIVES = (
    Objective(
        "cost", "USD per job", "lower", "exact",
        reference=150.0,  # on-demand alone: 147.52
        worst=300.0,  # more than on-demand for the longest deadline there is
        resolution=0.1,  # published policies lie 1 to 2 apart
        doc="price of all ticks in which a machine ran, each at its own zone's price, whole ticks",
    ),
    Objective(
        "deadline_misses", "share of jobs", "lower", "exact",
        reference=0.1,  # one in ten: nobody would call that a deadline
        worst=1.0,
        resolution=0.02,  # one of the 48 sealed jobs
        doc="share of the jobs that were not done at their deadline",
    ),
    Objective(
        "restarts", "per job", "lower", "exact",
        reference=25.0,  # above every baseline: always_cheapest has 19.3
        worst=1100.0,  # more than one per tick
        resolution=0.1,
        doc="starts after the first: after a preemption, after a wait, or to move",
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
            "deadline_s", "int64", unit="s", low=1, doc="since its start, when it is to be done"
        ),
        Scalar("restart_s", "int64", unit="s", low=0, doc="machine time that every start costs"),
        Scalar("tick_s", "int64", unit="s", low=1, doc="time between two decisions"),
        Scalar("on_demand_usd_per_h", "float64", unit="USD/h", low=0, doc="price in every zone"),
        Array("region", "int64", ("zones",), low=0, doc="the region that each zone is in"),
    ),
    observation=(
        Scalar("elapsed_s", "int64", unit="s", low=0, doc="since the job's start"),
        Scalar("work_left_s", "int64", unit="s", low=1, doc="machine time still to be worked"),
        Category("machine", KINDS, doc="what the job is on; none after a preemption"),
        Scalar("zone", "int64", index_of="zones", doc="where: the zone that was named last"),
        Scalar("restart_left_s", "int64", unit="s", low=0, doc="what is left of a start; 0: works"),
        Array("has_spot", "bool", ("zones",), doc="whether spot is there in the coming tick"),
        Array("spot_usd_per_h", "float64", ("zones",), unit="USD/h", low=0, doc="spot prices now"),
        Scalar("was_preempted", "bool", doc="whether the spot machine has just gone away"),
    ),
    action=(
        Category("next_machine", KINDS, doc="what the job is on in the coming tick"),
        Scalar("next_zone", "int64", index_of="zones", doc="the zone that it is on in"),
    ),
    maxima={"zones": 9},
)


class SpotSchedulingRegions(Problem):
    """Finish a job before its deadline at the least cost, on machines that come and go in zones."""

    name = "spot_scheduling_regions"
    version = 1
    Parameters = RegionParameters
    objectives = OBJECTIVES
    signature = SIGNATURE
    reference_policy = "greedy"
    unvaried = UNVARIED

    def __init__(
        self, parameters: RegionParameters | None = None, workload_file: str | None = None
    ) -> None:
        """Raises UsageError for a bad workload file."""
        self.parameters = parameters or RegionParameters()
        self._file = workload_file
        self.statement = statement(self.name)
        if workload_file:
            self.workloads("sealed")  # a bad file is refused here, not in the middle of a run
            self.workloads("search")

    @property
    def _is_published(self) -> bool:
        return bool(self.parameters.billing == PUBLISHED)

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
            "on_demand_usd_per_h": scenario.on_demand_usd_per_h,
            "region": scenario.region,
        }

    def episode(self, workload: Workload) -> Generator[Observation, Action, Measurements]:
        scenario = scenario_of(workload)
        return published_episode(scenario) if self._is_published else own_episode(scenario)

    def baselines(self) -> Mapping[str, Policy]:
        return seed_policies(self.name)

    def limits(self, workload: Workload) -> Mapping[str, Bound]:
        return bounds.limits(scenario_of(workload), self._is_published)

    def references(self, workload: Workload) -> Mapping[str, Measurements]:
        """The plan of the dynamic programme, played; none where it is of another bill."""
        if self._is_published:
            return {}
        clairvoyant = bounds.Clairvoyant.of(scenario_of(workload))
        return {"clairvoyant": drive(self, workload, clairvoyant.answer)[0]}

    def variations(self) -> Sequence[Variation]:
        return tuple(variations(is_recorded=self._file is not None))

    def forgeries(self) -> Mapping[str, Forgery]:
        return FORGERIES
