"""`spot_scheduling` is a problem in every respect, and its limits hold against all policies."""

from __future__ import annotations

from pathlib import Path

from evaluators.problems.spot_scheduling.problem import SpotScheduling
from evaluators.testing import ProblemContract
from tests.evaluators.problems.spot_scheduling.cases import every_outcome

GOLDEN = Path(__file__).parents[3] / "golden" / "spot_scheduling.json"
MOST_TICKS = 8  # of a workload of which all policies are tried


class TestSpotScheduling(ProblemContract):
    def problem(self):
        return SpotScheduling()

    def invalid_actions(self, problem, workload):
        answers = {
            "a machine that nobody offers": {"next_machine": "reserved"},
            "nothing": {},
            "a number": {"next_machine": 1},
        }
        if not workload.content["has_spot"][0]:
            answers["spot where there is none"] = {"next_machine": "spot"}
        return answers

    def best_by_brute_force(self, problem, workload):
        if workload.content["has_spot"].size > MOST_TICKS:
            return None
        outcomes = list(every_outcome(lambda: problem.episode(workload)))
        return {name: min(o.values[name] for o in outcomes) for name in outcomes[0].values}

    def golden(self):
        return GOLDEN
