"""Two policies, or what two runs found, compared on workloads that both meet."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from archive.constraint import Constraint
from archive.entry import Entry
from archive.front import Front, active_objectives
from archive.library import aggregated
from evaluators.comparison import Contrast, Verdict, contrasts
from evaluators.contract import Objective, Outcome, Policy, Problem, Score, Split, Workload
from evaluators.errors import UsageError
from evaluators.registry import ProblemSpec
from evaluators.scoring import is_clean, on_grid
from evaluators.stats import Interval
from evolve.noise_floors import noise_floors
from evolve.runs import Run
from evolve.search import evaluate
from evolve.volumes import Volumes

Scores = Mapping[str, Score]  # a policy's digest -> its values on every workload of the split
_AT_ONCE = 2  # as many evaluators as there are policies: both are played side by side


@dataclass(frozen=True)
class Comparison:
    """Two policies on one split. `contrasts` is empty when one of them failed."""

    spec: ProblemSpec
    problem: Problem
    split: Split
    a: Outcome
    b: Outcome
    contrasts: Sequence[Contrast]


def compare(
    spec: ProblemSpec,
    a: Policy,
    b: Policy,
    split: Split = "selection",
    *,
    exact: bool = False,
    known: Scores | None = None,
    unsafe_no_sandbox: bool = False,
) -> Comparison:
    """Which of two policies is better in which objective, beyond chance and noise.

    Measured objectives are measured now, both policies side by side, each in turns with the
    reference policy; without a noise floor of this machine neither is called better in them.

    Args:
        spec: the problem.
        a: one policy.
        b: the other one.
        split: the workloads that both play.
        exact: leave measured objectives out.
        known: scores that need not be played again; of no use where anything is measured.
        unsafe_no_sandbox: play without kernel protection.
    """
    problem = spec.load()
    objectives = active_objectives(problem, (), exact)
    floors: Mapping[str, float] = {}
    if any(o.kind == "measured" for o in objectives):
        reports = evaluate(spec, (a, b), split, _AT_ONCE, unsafe_no_sandbox, "time")
        first, second = (r.outcome for r in reports)
        floors = noise_floors(problem, split, reports[0].device, reports[0].sandbox)
    else:
        first, second = _exact_outcomes(
            spec, (a, b), split, known or {}, _AT_ONCE, unsafe_no_sandbox
        )
    found = _contrasts(problem.workloads(split), objectives, first, second, floors)
    return Comparison(spec, problem, split, first, second, found)


def _contrasts(
    workloads: Sequence[Workload],
    objectives: Sequence[Objective],
    a: Outcome,
    b: Outcome,
    floors: Mapping[str, float],
) -> list[Contrast]:
    if not (isinstance(a, Score) and isinstance(b, Score) and is_clean(a) and is_clean(b)):
        return []
    rng = np.random.default_rng(0)  # the same answer whenever it is asked for
    return contrasts(objectives, workloads, a, b, rng, floors)


def _exact_outcomes(
    spec: ProblemSpec,
    policies: Sequence[Policy],
    split: Split,
    known: Scores,
    workers: int | None,
    unsafe_no_sandbox: bool,
) -> list[Outcome]:
    """What each comes to; only what is not known is played, and nothing twice."""
    outcomes: dict[str, Outcome] = dict(known)
    new = list({p.digest: p for p in policies if p.digest not in outcomes}.values())
    if new:
        reports = evaluate(spec, new, split, workers, unsafe_no_sandbox)
        outcomes |= {p.digest: r.outcome for p, r in zip(new, reports, strict=True)}
    return [outcomes[p.digest] for p in policies]


# -- runs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """A run's selection front on the split that is compared on."""

    run: str
    required: Sequence[Constraint]
    scores: Mapping[int, Score]  # of the entries that were scored on every workload
    failed: Mapping[int, Outcome]  # of the others
    breaking: Sequence[int]  # of those scored: they break what the run required, and count nowhere
    volume: float
    joint_front: Sequence[int]  # the entries that none of either run dominates


@dataclass(frozen=True)
class RunComparison:
    """The volumes of two fronts, and what is on the front of both together."""

    problem: Problem
    split: Split
    boxed: Sequence[Objective]  # of the shared ones those with a limit: they span the volumes
    shared: Sequence[Objective]  # exact, and both runs went by them: the joint front is over them
    a: Side
    b: Side
    gain: Interval  # the volume of A less that of B

    @property
    def verdict(self) -> Verdict:
        """Of these two fronts on these workloads; it says nothing of other seeds."""
        if self.gain.low is None:
            return "too few clusters"
        if not self.gain.excludes_zero:
            return "no difference shown"
        return "A is better" if self.gain.estimate > 0 else "B is better"

    @property
    def is_even(self) -> bool:
        """Whether both runs required the same."""
        return {c.text for c in self.a.required} == {c.text for c in self.b.required}


@dataclass(frozen=True)
class _Played:
    """A run's selection front, and what each entry comes to on a split."""

    run: Run
    entries: Sequence[Entry]  # those that count, with their values on the split alone
    scores: Mapping[int, Score]
    failed: Mapping[int, Outcome]
    breaking: Sequence[int]

    @property
    def counted(self) -> list[Score]:
        """Of those that meet what the run required."""
        return [self.scores[e.number] for e in self.entries]


def compare_runs(
    a: Run,
    b: Run,
    split: Split = "selection",
    *,
    unsafe_no_sandbox: bool = False,
) -> RunComparison:
    """Which run's selection front covers more of the box over the exact objectives that both went
    by, on a split. What breaks the requirements of its own run there counts for nothing.

    Args:
        a: one run.
        b: another one of the same problem.
        split: the workloads that both fronts are compared on.
        unsafe_no_sandbox: play without kernel protection.

    Raises:
        UsageError: as `check_one_problem`.
    """
    check_one_problem(a, b)
    problem = a.problem
    played = _fronts((a, b), split, unsafe_no_sandbox)
    shared = [o for o in a.objectives() if o.kind == "exact" and o in b.objectives()]
    joint = _joint_front(split, shared, [p.entries for p in played])
    volumes = Volumes(problem, split, shared)
    ours, theirs = (p.counted for p in played)
    first, second = (
        Side(
            p.run.name, p.run.constraints(), p.scores, p.failed, p.breaking,
            volumes.volume(p.counted), numbers,
        )
        for p, numbers in zip(played, joint, strict=True)
    )  # fmt: skip
    gain = volumes.gain(ours, theirs)
    return RunComparison(problem, split, volumes.objectives, shared, first, second, gain)


def check_one_problem(a: Run, b: Run) -> None:
    """Raises UsageError when two runs are of different problems, versions or parameters."""
    for run in (a, b):
        try:
            run.check_same_problem(a.problem)
        except UsageError as error:
            raise UsageError(error.message, "compare what is of one problem") from error


def _fronts(runs: Sequence[Run], split: Split, unsafe_no_sandbox: bool) -> list[_Played]:
    """Both selection fronts on the split; what both found is played once."""
    entries = [(run, e) for run in runs for e in run.front()]
    known = {
        e.proposal.digest: scores[split] for run, e in entries if split in (scores := run.scores(e))
    }
    policies = [Policy(str(e.number), e.proposal.source) for _, e in entries]
    spec = runs[0].settings.problem
    outcomes = _exact_outcomes(spec, policies, split, known, None, unsafe_no_sandbox)
    by_digest = {p.digest: o for p, o in zip(policies, outcomes, strict=True)}
    return [_played(run, split, by_digest) for run in runs]


def _played(run: Run, split: Split, outcomes: Mapping[str, Outcome]) -> _Played:
    front = run.front()
    found = {e.number: outcomes[e.proposal.digest] for e in front}
    scores = {n: o for n, o in found.items() if isinstance(o, Score) and is_clean(o)}
    failed = {n: o for n, o in found.items() if n not in scores}
    there = [
        dataclasses.replace(e, values={split: aggregated(run.problem, split, scores[e.number])})
        for e in front
        if e.number in scores
    ]
    breaking = [e.number for e in there if run.broken(e.values[split])]
    counted = [e for e in there if e.number not in breaking]
    return _Played(run, counted, scores, failed, breaking)


def _joint_front(
    split: Split, objectives: Sequence[Objective], there: Sequence[Sequence[Entry]]
) -> list[list[int]]:
    """The numbers of each run's entries on the front of all; of equals every one."""

    def step(entry: Entry) -> tuple[float, ...]:
        return tuple(on_grid(o, entry.values[split][o.name]) for o in objectives)

    front = Front(objectives, split=split)
    front.add_all(e for entries in there for e in entries)
    steps = {step(e) for e in front.entries}
    return [[e.number for e in entries if step(e) in steps] for entries in there]
