"""A/A: what a policy and its copy differ by, where nothing but chance can make a difference.

Exact objectives must not differ at all: else the problem is not deterministic. What measured ones
differ by is the noise floor of this machine: no smaller difference is a difference of policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluators.comparison import relative_difference
from evaluators.contract import Failure, Policy, Problem, Score, Split
from evaluators.errors import UsageError
from evaluators.execution.executor import Executor, Job, Purpose, Report
from evaluators.scoring import aggregate

PAIRS = 20  # the largest of 20 differences is exceeded by the next one 1 in 21 times
_PERCENTILE = 0.95

Tell = Callable[[int, int], None]  # how many pairs were played, and how many are to be


@dataclass(frozen=True, slots=True)
class Calibration:
    """What pairs of equals came to on one split."""

    split: Split
    pairs: int
    policies: Sequence[str]  # the baselines that were played
    unsteady: Mapping[str, float]  # exact objective -> largest difference on a workload, if any
    noise_floors: Mapping[str, float]  # measured objective -> relative difference, 0..2
    report: Report  # one of the reports: the sandbox and device that all were played under


def copy_of(source: str, number: int) -> str:
    """A policy that does the same under another digest: it has a constant that nobody reads."""
    return f"{source}\n\nCOPY = {number}\n"


def calibrate(problem: Problem, executor: Executor, split: Split, tell: Tell) -> Calibration:
    """Play pairs of copies, each pair side by side, of the reference policy and one more baseline.

    Args:
        problem: the one that `executor` plays.
        executor: has two slots, so that a pair meets what two policies meet when they are compared.
        split: the workloads.
        tell: called after every pair.

    Raises:
        UsageError: a baseline fails.
    """
    measures = any(o.kind == "measured" for o in problem.objectives)
    policies = _chosen(problem)
    purpose: Purpose = "time" if measures else "search"
    pairs = PAIRS if measures else len(policies)
    differences: list[Mapping[str, float]] = []
    reports: list[Report] = []
    for i in range(pairs):
        policy = policies[i % len(policies)]
        copies = [copy_of(policy.source, n) for n in (2 * i, 2 * i + 1)]
        futures = [executor.submit(Job(c, split, purpose)) for c in copies]
        reports = [future.result() for future in futures]
        differences.append(_differences(problem, split, *(_score(policy, r) for r in reports)))
        tell(i + 1, pairs)
    found = {o: [d[o.name] for d in differences] for o in problem.objectives}
    return Calibration(
        split,
        pairs,
        [p.name for p in policies],
        {o.name: max(d) for o, d in found.items() if o.kind == "exact" and max(d) > 0},
        {o.name: percentile(d) for o, d in found.items() if o.kind == "measured"},
        reports[0],
    )


def percentile(differences: Sequence[float]) -> float:
    """The 95th percentile, upwards: of fewer than 21 the largest."""
    return float(np.quantile(differences, _PERCENTILE, method="higher"))


def _chosen(problem: Problem) -> list[Policy]:
    """The reference policy, or else the first one, and the next that is another."""
    baselines = dict(problem.baselines())
    name = problem.reference_policy or next(iter(baselines))
    return [baselines.pop(name), *list(baselines.values())[:1]]


def _score(policy: Policy, report: Report) -> Score:
    outcome = report.outcome
    failures = [outcome] if isinstance(outcome, Failure) else list(outcome.failures.values())
    if isinstance(outcome, Failure) or failures:
        raise UsageError(
            f"baseline {policy.name} fails: {failures[0].kind}: {failures[0].message}",
            "mend the problem's seeds, or its limits of time and memory",
        )
    return outcome


def _differences(problem: Problem, split: Split, a: Score, b: Score) -> dict[str, float]:
    """Exact objectives: the largest on a workload. Measured ones: relative, of the aggregates."""
    workloads = problem.workloads(split)
    found = {}
    for o in problem.objectives:
        x, y = a.values[o.name], b.values[o.name]
        if o.kind == "exact":
            found[o.name] = max(abs(x[w.id] - y[w.id]) for w in workloads)
        else:
            found[o.name] = relative_difference(*(aggregate(o, workloads, v) for v in (x, y)))
    return found
