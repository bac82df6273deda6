"""What an evaluation of every built-in problem takes: the table of docs/problems.md.

    python -m tests.bench.bench_problems [PROBLEM ...]

For each problem its quickest baseline, its reference policy and its slowest one: seconds of wall
time for the search split, everything in the sandbox, the least of some repetitions, and how many
such evaluations a minute has room for; then the seconds of the tiny split.
"""

from __future__ import annotations

import sys
from contextlib import closing

from evaluators.contract import Policy, Problem, Split
from evaluators.execution.executor import Job
from evaluators.execution.local import LocalExecutor
from evaluators.registry import BUILT_IN, ProblemSpec

REPEATS = 3


def main() -> None:
    for name in sys.argv[1:] or sorted(BUILT_IN):
        spec = ProblemSpec(name)
        with closing(LocalExecutor(spec, 1)) as executor:
            print("\n".join(lines(spec.load(), executor)), flush=True)


def lines(problem: Problem, executor: LocalExecutor) -> list[str]:
    """One line each for the quickest, the reference and the slowest baseline."""
    policies = problem.baselines()
    best_s(executor, policies[problem.reference_policy], "search")  # an evaluator's first is slower
    once_s = {name: wall_s(executor, p, "search") for name, p in policies.items()}
    shown = sorted({min(once_s, key=once_s.__getitem__), problem.reference_policy,
                    max(once_s, key=once_s.__getitem__)}, key=once_s.__getitem__)  # fmt: skip
    found = []
    for name in shown:
        search_s, tiny_s = (best_s(executor, policies[name], s) for s in ("search", "tiny"))
        found.append(
            f"{problem.name:<24} {name:<24} {search_s:7.3f} s, {60 / search_s:6.0f} per minute,"
            f" tiny {tiny_s:.3f} s"
        )
    return found


def best_s(executor: LocalExecutor, policy: Policy, split: Split) -> float:
    return min(wall_s(executor, policy, split) for _ in range(REPEATS))


def wall_s(executor: LocalExecutor, policy: Policy, split: Split) -> float:
    """Of one evaluation, child included; the wait for the evaluator is not in it."""
    return executor.submit(Job(policy.source, split)).result().wall_s


if __name__ == "__main__":
    main()
