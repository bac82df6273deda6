"""What policies come to on the sealed split: their scores, volumes and gains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from evaluators.contract import Problem, Score
from evaluators.execution.executor import Executor, Job, Report
from evaluators.scoring import is_clean
from evaluators.stats import Interval
from evolve.volumes import Volumes

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
        self._volumes = Volumes(problem, "sealed")
        self._reports: dict[str, Report] = {}

    def play(self, sources: Sequence[str]) -> None:
        """Evaluate what is not known yet."""
        new = [s for s in dict.fromkeys(sources) if s not in self._reports]
        if new:
            self._reports.update(zip(new, self._play(new), strict=True))

    def volume(self, sources: Sequence[str]) -> float:
        """Hypervolume of the policies that were scored on every workload."""
        return self._volumes.volume(self._scores(sources))

    def gain(self, found: Sequence[str], baselines: Sequence[str]) -> Interval:
        """The difference of the volumes, with its interval."""
        return self._volumes.gain(self._scores(found), self._scores(baselines))

    def _scores(self, sources: Sequence[str]) -> list[Score]:
        outcomes = [self._reports[s].outcome for s in sources]
        return [o for o in outcomes if isinstance(o, Score) and is_clean(o)]
