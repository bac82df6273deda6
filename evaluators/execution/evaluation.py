"""From a job to a report: who plays what, how often, in which order, and what that scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from statistics import median

from evaluators.contract import Failure, Measurements, Problem, Score, Workload
from evaluators.execution.batching import independent_batches
from evaluators.execution.executor import Job, Report, Sandbox, chosen
from evaluators.execution.lockstep import Played, Player, Playing
from evaluators.execution.reference import Costs, ReferenceClock, reference_costs_s, relative_costs
from evaluators.scoring import is_valid_measurement, worst_values

DEFAULT_ROUNDS = 3

Batches = Callable[[Sequence[Workload]], list[list[Workload]]]


@dataclass(frozen=True, slots=True)
class _Result:
    """What was played, and each workload's cost relative to the reference policy's."""

    playing: Playing
    relative: Mapping[str, float]


def alone(workloads: Sequence[Workload]) -> list[list[Workload]]:
    """Every workload in a child of its own."""
    return [[w] for w in workloads]


class Evaluator:
    """Evaluates jobs of one problem, one after another."""

    def __init__(self, problem: Problem, player: Player, sandbox: Sandbox, device: str) -> None:
        """`device` is what plays it, in a line."""
        self._problem = problem
        self._device = device
        self._player = player
        self._sandbox = sandbox
        self._measures = any(o.kind == "measured" for o in problem.objectives)
        self._workloads = cache(lambda split: list(problem.workloads(split)))
        self._clocks: dict[Batches, ReferenceClock] = {
            batches: ReferenceClock(lambda w, b=batches: self._play_reference(b(w)))  # type: ignore[misc]
            for batches in (independent_batches, alone)
        }

    def report(self, job: Job) -> Report:
        """Play the job. Raises what problem code raises, InvalidAction excepted."""
        start_s = time.monotonic()
        workloads = chosen(self._workloads(job.split), job.workload_ids)
        match job.purpose:
            case "confirm" if not self._problem.in_real_time:
                result = self._confirm(job, workloads)
            case "time":
                result = self._time(job, workloads)
            case _:
                result = self._play_once(job, workloads)
        playing = result.playing
        return Report(
            outcome=score(self._problem, playing.played, result.relative),
            sandbox=self._sandbox,
            traces=traces(playing.played),
            device=self._device,
            cpu_s=playing.cpu_s,
            wall_s=time.monotonic() - start_s,
        )

    def _play_once(self, job: Job, workloads: Sequence[Workload]) -> _Result:
        batches = alone if self._problem.in_real_time else independent_batches
        playing = self._play(job.source, batches(workloads), job.repeat)
        return self._relative(playing, workloads, batches)

    def _confirm(self, job: Job, workloads: Sequence[Workload]) -> _Result:
        """Each alone, in reverse order; a trace that differs is a failure of its workload."""
        confirming = self._play(job.source, alone(workloads[::-1]), job.repeat)
        found = traces(confirming.played)
        differing = {k for k, t in found.items() if job.expected_traces.get(k, t) != t}
        if differing:
            again = self._play(job.source, independent_batches(workloads), job.repeat)
            confirming = _blamed(confirming, again, differing, job.expected_traces)
        return self._relative(confirming, workloads, alone)

    def _time(self, job: Job, workloads: Sequence[Workload]) -> _Result:
        """Candidate and reference in turns; per workload the median ratio over the rounds."""
        rounds: list[_Result] = []
        for _ in range(job.repeat or DEFAULT_ROUNDS):
            playing = self._play(job.source, alone(workloads), 0)
            relative: Mapping[str, float] = {}
            if self._measures and not isinstance(playing.played, Failure):
                reference = reference_costs_s(self._play_reference(alone(workloads)))
                relative = self._relative_to(reference, playing.played)
            rounds.append(_Result(playing, relative))
        return _merged(rounds, is_steady=not self._problem.in_real_time)

    def _relative(
        self, playing: Playing, workloads: Sequence[Workload], batches: Batches
    ) -> _Result:
        if not self._measures or isinstance(playing.played, Failure):
            return _Result(playing, {})
        reference = self._clocks[batches].costs_s(workloads)
        return _Result(playing, self._relative_to(reference, playing.played))

    def _relative_to(self, reference: Costs, played: Mapping[str, Played]) -> Mapping[str, float]:
        return relative_costs(played, reference, self._problem.can_ask_more)

    def _play_reference(self, batches: list[list[Workload]]) -> Playing:
        baseline = self._problem.baselines()[self._problem.reference_policy]
        return self._play(baseline.source, batches, 0)

    def _play(self, source: str, batches: list[list[Workload]], repeat: int) -> Playing:
        played: dict[str, Played] = {}
        cpu_s = 0.0
        for batch in batches:
            playing = self._player.play(source, batch, repeat)
            cpu_s += playing.cpu_s
            if isinstance(playing.played, Failure):
                return Playing(playing.played, cpu_s)
            played |= playing.played
        return Playing(played, cpu_s)


_UNSTEADY = Failure(
    "non-deterministic", "played twice it decides otherwise: use `seed` for all randomness"
)


def _blamed(
    confirming: Playing, again: Playing, differing: set[str], expected: Mapping[str, str]
) -> Playing:
    """The confirming play with failures where traces differ.

    `again` was played the original way: where it repeats the original trace, the order and the
    company of the episodes made the difference.
    """
    assert not isinstance(confirming.played, Failure)
    repeated = traces(again.played)
    shares = Failure(
        "shares state between episodes",
        "played alone it decides otherwise: keep state in the policy object, not in globals",
    )
    failed = {
        k: Played(shares if repeated.get(k) == expected[k] else _UNSTEADY, "", 0.0, 0)
        for k in differing
    }
    return Playing({**confirming.played, **failed}, confirming.cpu_s + again.cpu_s)


def _merged(rounds: Sequence[_Result], is_steady: bool) -> _Result:
    """The rounds' plays as one, and the median of the ratios.

    `is_steady`: a policy that does not decide the same in each fails.
    """
    cpu_s = sum(r.playing.cpu_s for r in rounds)
    found: dict[str, list[Played]] = {}
    for r in rounds:
        if isinstance(r.playing.played, Failure):
            return _Result(Playing(r.playing.played, cpu_s), {})
        for k, p in r.playing.played.items():
            found.setdefault(k, []).append(p)
    played = {k: _middle(plays, is_steady) for k, plays in found.items()}
    seen = {k for r in rounds for k in r.relative}
    relative = {k: median(r.relative[k] for r in rounds if k in r.relative) for k in seen}
    return _Result(Playing(played, cpu_s), relative)


def _middle(rounds: Sequence[Played], is_steady: bool) -> Played:
    """The last round that failed, or the first with the medians of what was measured."""
    failed = [p for p in rounds if isinstance(p.outcome, Failure)]
    if failed:
        return failed[-1]
    if is_steady and len({p.trace for p in rounds}) > 1:
        return Played(_UNSTEADY, "", 0.0, 0)  # else a median could be of no play
    outcomes = [p.outcome for p in rounds if isinstance(p.outcome, Measurements)]
    values = {name: median(o.values[name] for o in outcomes) for name in outcomes[0].values}
    return replace(rounds[0], outcome=replace(outcomes[0], values=values))


def traces(played: Mapping[str, Played] | Failure) -> dict[str, str]:
    """Trace hashes of the workloads that did not fail."""
    if isinstance(played, Failure):
        return {}
    return {k: p.trace for k, p in played.items() if not isinstance(p.outcome, Failure)}


def score(
    problem: Problem, played: Mapping[str, Played] | Failure, relative: Mapping[str, float]
) -> Score | Failure:
    """The worst values where a workload failed, else its measurements.

    Raises:
        RuntimeError: the problem's own measurement misses an exact objective, or is not finite.
    """
    if isinstance(played, Failure):
        return played
    values: dict[str, dict[str, float]] = {o.name: {} for o in problem.objectives}
    for workload_id, p in played.items():
        for name, value in _values(problem, workload_id, p, relative).items():
            values[name][workload_id] = value
    failures = {k: p.outcome for k, p in played.items() if isinstance(p.outcome, Failure)}
    breakdown = {
        k: p.outcome.breakdown for k, p in played.items() if isinstance(p.outcome, Measurements)
    }
    return Score(values, failures, breakdown)


def _values(
    problem: Problem, workload_id: str, played: Played, relative: Mapping[str, float]
) -> dict[str, float]:
    if isinstance(played.outcome, Failure):
        return worst_values(problem)
    measured = played.outcome.values
    if not is_valid_measurement(problem, measured):
        raise RuntimeError(f"{problem.name} measured {measured} on {workload_id}")
    return {
        o.name: measured[o.name] if o.name in measured else relative[workload_id]
        for o in problem.objectives
    }


@cache
def cpu_model() -> str:
    """The processor's name as the kernel gives it, or an empty text."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "")
