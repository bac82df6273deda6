"""Prints, per workload, what there is to win between the baselines, a clairvoyant and the limit.

    python -m tests.bench.headroom_expert_placement [--split search|selection|sealed]

The last table adds policies that predict better or move less, and how much each extends the
baselines' front: hypervolume of balancedness and moved_share, as a share of the box.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from evaluators.contract import Policy, Workload
from evaluators.playing import play
from evaluators.problems.expert_placement.problem import ExpertPlacement
from evaluators.scoring import aggregate
from tests.evaluators.problems.expert_placement.improved import improved_policies

Point = tuple[float, float]  # balancedness, moved_share
OBJECTIVES = ("balancedness", "moved_share")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="search", choices=("search", "selection", "sealed"))
    problem = ExpertPlacement()
    workloads = problem.workloads(parser.parse_args().split)
    table = {name: played(problem, workloads, p) for name, p in problem.baselines().items()}
    for workload in workloads:
        for name, m in problem.references(workload).items():
            table.setdefault(name, {})[workload.id] = (
                m.values[OBJECTIVES[0]],
                m.values["moved_share"],
            )
        limits = problem.limits(workload)
        table.setdefault("limit", {})[workload.id] = (limits["balancedness"].value, 0.0)
    print_table(problem, workloads, table)
    print_gains(
        problem, workloads, [overall(problem, workloads, table[b]) for b in problem.baselines()]
    )


def played(
    problem: ExpertPlacement, workloads: Sequence[Workload], policy: Policy
) -> dict[str, Point]:
    values = {w.id: play(problem, w, policy)[0].values for w in workloads}
    return {k: (v["balancedness"], v["moved_share"]) for k, v in values.items()}


def overall(
    problem: ExpertPlacement, workloads: Sequence[Workload], points: Mapping[str, Point]
) -> Point:
    balance, moved = (
        aggregate(objective, workloads, {k: p[i] for k, p in points.items()})
        for i, objective in enumerate(problem.objectives[:2])
    )
    return balance, moved


def hypervolume(problem: ExpertPlacement, points: Sequence[Point]) -> float:
    """The share of the box (reference, 1 and 0) that the points dominate."""
    corner = problem.objectives[0].reference
    covered, highest = 0.0, 0.0
    for balance, moved in sorted(points, reverse=True):
        gain = max(0.0, 1 - moved - highest)
        covered += gain * max(0.0, balance - corner) / (1 - corner)
        highest += gain
    return covered


def print_table(
    problem: ExpertPlacement,
    workloads: Sequence[Workload],
    table: Mapping[str, Mapping[str, Point]],
) -> None:
    for workload in workloads:
        print(workload.id)
        for name, points in table.items():
            print("  {:38s} {:.4f}  {:.4f}".format(name, *points[workload.id]))
    print("all, families weigh equally: balancedness, moved_share")
    for name, points in table.items():
        print("  {:38s} {:.4f}  {:.4f}".format(name, *overall(problem, workloads, points)))


def print_gains(
    problem: ExpertPlacement, workloads: Sequence[Workload], baselines: list[Point]
) -> None:
    before = hypervolume(problem, baselines)
    print(f"hypervolume of the baselines' front: {before:.4f} of the box; with")
    found = []
    for policy in improved_policies(problem):
        found.append(overall(problem, workloads, played(problem, workloads, policy)))
        gain = hypervolume(problem, [*baselines, found[-1]]) - before
        print("  {:38s} {:.4f}  {:.4f}  +{:.4f}".format(policy.name, *found[-1], gain))
    print(
        f"  all of them                            {hypervolume(problem, [*baselines, *found]):.4f}"
    )


if __name__ == "__main__":
    main()
