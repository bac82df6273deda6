"""`request_routing` is a problem in every respect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from evaluators.problems.request_routing.problem import RequestRouting
from evaluators.testing import ProblemContract

GOLDEN = Path(__file__).parents[3] / "golden" / "request_routing.json"


class TestRequestRouting(ProblemContract):
    def problem(self):
        return RequestRouting()

    def relabel(self, problem, workload, actions, rng):
        """Other hashes, and replicas in another order."""
        content = dict(workload.content)
        names = np.unique(content["blocks"])
        other = rng.permutation(np.unique(rng.integers(2**61, size=2 * len(names))))[: len(names)]
        content["blocks"] = other[np.searchsorted(names, content["blocks"])]
        place = rng.permutation(len(content["engine"]))
        content["engine"] = content["engine"][np.argsort(place)]
        content["outages"] = content["outages"].copy()
        if content["outages"].size:
            content["outages"][:, 0] = place[content["outages"][:, 0].astype(int)]
        moved = [{"replica": a["replica"] if a["replica"] < 0 else int(place[a["replica"]])}
                 for a in actions]  # fmt: skip
        return replace(workload, content=content), moved

    def invalid_actions(self, problem, workload):
        return {
            "a replica that does not exist": {"replica": len(workload.content["engine"])},
            "a replica counted from the back": {"replica": -2},
            "a name": {"replica": "first"},
            "nothing": {},
        }

    def golden(self):
        return GOLDEN
