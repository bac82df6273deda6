"""`spot_scheduling_regions` is a problem in every respect; its limits hold against all policies."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from evaluators.problems.spot_scheduling_regions.parameters import RegionParameters
from evaluators.problems.spot_scheduling_regions.problem import SpotSchedulingRegions
from evaluators.testing import ProblemContract
from tests.evaluators.problems.spot_scheduling_regions.region_cases import every_outcome

GOLDEN = Path(__file__).parents[3] / "golden" / "spot_scheduling_regions.json"
MOST_TICKS = 12  # of a workload of which all policies are tried


class TestSpotSchedulingRegions(ProblemContract):
    def problem(self):
        return SpotSchedulingRegions()

    def relabel(self, problem, workload, actions, rng):
        """Zones get other numbers."""
        old_number = rng.permutation(len(workload.content["region"]))
        content = dict(workload.content)
        for name in ("region", "has_spot", "spot_usd_per_h"):
            content[name] = content[name][old_number]
        new_number = np.argsort(old_number)
        renamed = [{**a, "next_zone": int(new_number[a["next_zone"]])} for a in actions]
        return dataclasses.replace(workload, content=content), renamed

    def invalid_actions(self, problem, workload):
        zones = len(workload.content["region"])
        answers = {
            "a machine that nobody offers": {"next_machine": "reserved", "next_zone": 0},
            "a zone too many": {"next_machine": "on_demand", "next_zone": zones},
            "a zone from the back": {"next_machine": "on_demand", "next_zone": -1},
            "no zone": {"next_machine": "none"},
            "nothing": {},
        }
        gone = np.flatnonzero(~workload.content["has_spot"][:, 0])
        if gone.size:
            spot = {"next_machine": "spot", "next_zone": int(gone[0])}
            answers["spot where there is none"] = spot
        return answers

    def best_by_brute_force(self, problem, workload):
        if workload.content["has_spot"].shape[1] > MOST_TICKS:
            return None
        outcomes = list(every_outcome(lambda: problem.episode(workload)))
        return {name: min(o.values[name] for o in outcomes) for name in outcomes[0].values}

    def golden(self):
        return GOLDEN


class TestPublishedBilling(ProblemContract):
    """The public simulator's rules; no golden scores: it serves published figures alone."""

    def problem(self):
        return SpotSchedulingRegions(RegionParameters(billing="published"))
