"""`broadcast_routing` is a problem in every respect, and its limits hold against all plans."""

from __future__ import annotations

import dataclasses
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np

from evaluators.problems.broadcast_routing.instance import broadcast_of
from evaluators.problems.broadcast_routing.problem import BroadcastRouting
from evaluators.problems.broadcast_routing.simulator import measure, plan_of
from evaluators.testing import ProblemContract
from tests.evaluators.problems.broadcast_routing.test_bounds import every_tree

GOLDEN = Path(__file__).parents[3] / "golden" / "broadcast_routing.json"


class TestBroadcastRouting(ProblemContract):
    def problem(self):
        return BroadcastRouting()

    def relabel(self, problem, workload, actions, rng):
        """Regions get other numbers."""
        b = broadcast_of(workload.content)
        old = rng.permutation(b.num_regions)  # of each new number
        new = np.argsort(old)
        renamed = dataclasses.replace(
            b,
            price=b.price[np.ix_(old, old)],
            throughput=b.throughput[np.ix_(old, old)],
            egress_limit=b.egress_limit[old],
            ingress_limit=b.ingress_limit[old],
            source=int(new[b.source]),
            destinations=new[b.destinations],
        )
        answers = [{"parent": new[a["parent"]][:, old]} for a in actions]
        return dataclasses.replace(workload, content=renamed.content()), answers

    def invalid_actions(self, problem, workload):
        b = broadcast_of(workload.content)
        valid = np.full((b.num_partitions, b.num_regions), b.source)
        first, second = b.destinations[:2]
        circle, in_one = valid.copy(), valid.copy()
        circle[:, first], circle[:, second] = second, first
        in_one[-1, first], in_one[-1, second] = second, first
        return {
            "destinations in a circle": {"parent": circle},
            "a circle in one partition": {"parent": in_one},
            "beyond the last region": {"parent": np.full_like(valid, b.num_regions)},
            "no region": {"parent": np.full_like(valid, -1)},
            "floats": {"parent": valid.astype(float)},
            "a partition too few": {"parent": valid[1:]},
            "a region too many": {"parent": np.pad(valid, ((0, 0), (0, 1)))},
            "prices beside the plan": {"parent": valid, "price": 0 * b.price},
            "paths in place of parents": {"parent": [[[b.source, int(first)]]]},
        }

    def best_by_brute_force(self, problem, workload):
        broadcast = broadcast_of(workload.content)
        rows = list(every_tree(broadcast).values())
        pairs = combinations_with_replacement(rows, broadcast.num_partitions)
        usd = problem.given(workload)["region_usd_per_hour"]
        values = [measure(plan_of(np.array(p), broadcast), broadcast, usd).values for p in pairs]
        return {name: min(v[name] for v in values) for name in ("cost", "transfer_time")}

    def golden(self):
        return GOLDEN
