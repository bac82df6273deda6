"""Situations of any problem: the baselines as entries, with scores drawn from a seed."""

from collections.abc import Mapping
from functools import cache

import numpy as np

from archive.entry import Decision, Entry, Proposal
from archive.library import aggregated
from archive.normal_form import normal_digest
from evaluators.contract import Failure, Outcome, Policy, Problem, Score
from evaluators.registry import BUILT_IN, ProblemSpec
from evolve.prompting.inspiration import choose_inspirations
from evolve.prompting.situation import Situation, Step, Task
from tests.problems import GUESS, SUM

PROBLEMS: Mapping[str, ProblemSpec] = {
    **{name: ProblemSpec(name) for name in sorted(BUILT_IN)},
    "guess": GUESS,
    "sum": SUM,
}


def entry(
    problem: Problem,
    number: int,
    source: str,
    outcome: Outcome | None = None,
    proposer: str = "rewrite",
    decision: Decision = "front",
) -> Entry:
    """A committed entry; without an outcome it is scored by chance between reference and limit."""
    outcome = outcome or scored(problem, number)
    is_clean = isinstance(outcome, Score) and not outcome.failures
    values = {"search": aggregated(problem, "search", outcome)} if is_clean else {}
    proposal = Proposal(
        number, source, Policy("", source).digest, _digest(source), (), proposer, f"{number}/*"
    )
    return Entry(number, proposal, outcome, decision if is_clean else "failed", values)


def _digest(source: str) -> str:
    try:
        return normal_digest(source)
    except SyntaxError:
        return Policy("", source).digest


def scored(problem: Problem, seed: int) -> Score:
    rng = np.random.default_rng(seed)
    limits = task_of(problem).workload_limits
    values: dict[str, dict[str, float]] = {o.name: {} for o in problem.objectives}
    for o in problem.objectives:
        for w, known in limits.items():
            ideal = known.get(o.name, o.reference / 10)
            values[o.name][w] = float(o.reference + rng.uniform(0.1, 0.9) * (ideal - o.reference))
    breakdown = {w: {"preemptions": 12.0, "mean_ttft_s": 0.123456} for w in limits}
    return Score(values, {}, breakdown)


def failed_on(problem: Problem, *failures: Failure) -> Score:
    """A score with failures on the first workloads."""
    score = scored(problem, 0)
    workloads = [w.id for w in problem.workloads("search")]
    return Score(score.values, dict(zip(workloads, failures, strict=False)), score.breakdown)


@cache
def task_of(problem: Problem) -> Task:
    return Task(problem, tuple(problem.objectives))


def seeds_of(problem: Problem) -> tuple[Entry, ...]:
    return tuple(
        entry(problem, i, policy.source, proposer=f"seed/{name}")
        for i, (name, policy) in enumerate(problem.baselines().items(), 1)
    )


def bare(problem: Problem) -> Situation:
    """One parent, nothing else: no baselines, no failures, no hints."""
    return Situation(task_of(problem), seeds_of(problem)[:1])


@cache
def full(problem: Problem) -> Situation:
    """Something of everything."""
    seeds = seeds_of(problem)
    crash = Failure(
        "crash", "IndexError: index 7 is out of bounds for axis 0 with size 7 (line 12)"
    )
    children = [
        entry(problem, 11, "x = 1", scored(problem, 11)),
        entry(problem, 12, "x = 2", crash),
        entry(problem, 13, "x = 3", failed_on(problem, crash, crash), "syntax/swap_operator"),
        entry(problem, 14, "x = 4", scored(problem, 14), decision="dominated"),
    ]
    ideas = [
        "Longest wait first, weighted by size.",
        "A table of the last loads.",
        "",
        "Less noise.",
    ]
    parents = seeds[-2:]
    return Situation(
        task_of(problem),
        parents,
        baselines=seeds,
        history=tuple(Step(c, parents[0], i) for c, i in zip(children, ideas, strict=True)),
        inspirations=tuple(choose_inspirations(parents[:1], seeds, problem.objectives, 2)),
        lessons=(
            "Sorting by age alone starves short jobs: goodput 0.61 -> 0.52.",
            "Use the last load.",
        ),
        hints=("Think of what happens\nwhen memory is full.",),
    )
