"""What policies come to on the sealed split: their scores, volumes and gains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

import numpy as np

from archive.front import hypervolume
from evaluators.contract import Problem, Score
from evaluators.execution.executor import Executor, Job, Report
from evaluators.stats import Interval, bootstrap
from evolve.state import box

Play = Callable[[Sequence[str]], Sequence[Report]]  # sources -> their reports on the sealed split


def played_by(executor: Callable[[], Executor]) -> Play:
    """Plays in an executor that is made, and closed, whenever there is something to play."""

    def play(sources: Sequence[str]) -> Sequence[Report]:
        with closing(executor()) as pool:
            futures = [pool.submit(Job(s, "sealed", "sealed")) for s in sources]
            return [f.result() for f in futures]

    return play


class Sealed:
    """Scores on the sealed split; every policy is played once, however many runs found it."""

    def __init__(self, problem: Problem, play: Play) -> None:
        self._play = play
        self._workloads = problem.workloads("sealed")
        exact = [o for o in problem.objectives if o.kind == "exact"]
        self._exact, self._limits = box(problem, exact, "sealed")
        self._reports: dict[str, Report] = {}
        families = [w.family for w in self._workloads]
        self._in_family = np.array(
            [[f == name for f in families] for name in dict.fromkeys(families)], dtype=float
        )

    def play(self, sources: Sequence[str]) -> None:
        """Evaluate what is not known yet."""
        new = [s for s in dict.fromkeys(sources) if s not in self._reports]
        if new:
            self._reports.update(zip(new, self._play(new), strict=True))

    def volume(self, sources: Sequence[str], weights: np.ndarray | None = None) -> float:
        """Hypervolume of the policies that were scored on every workload.

        `weights`: how often each workload counts; None: once.
        """
        counted = np.ones(len(self._workloads)) if weights is None else weights
        points = [p for s in sources if (p := self._point(s, counted)) is not None]
        return hypervolume(points, self._exact, self._limits)

    def gain(self, found: Sequence[str], baselines: Sequence[str]) -> Interval:
        """The difference of the volumes, with its interval."""

        def difference(weights: np.ndarray) -> float:
            return self.volume(found, weights) - self.volume(baselines, weights)

        clusters = [w.cluster for w in self._workloads]
        return bootstrap(difference, clusters, np.random.default_rng(0), resamples=1000)

    def _point(self, source: str, weights: np.ndarray) -> dict[str, float] | None:
        outcome = self._reports[source].outcome
        if not isinstance(outcome, Score) or outcome.failures:
            return None
        share = self._in_family * weights
        share = share[share.sum(axis=1) > 0]
        share /= share.sum(axis=1, keepdims=True)
        point = {}
        for o in self._exact:
            values = np.array([outcome.values[o.name][w.id] for w in self._workloads])
            point[o.name] = float((share @ values).mean())
        return point
