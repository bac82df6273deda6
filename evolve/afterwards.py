"""What is played for a run beside its search: journalled as it arrives, and never played twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass

from archive.entry import Evaluation
from archive.journal import Journal
from evaluators.contract import Problem, Split
from evaluators.execution.executor import Executor, Purpose
from evolve.bell import Bell
from evolve.evaluations import Evaluations
from evolve.events import Observer, Played, Preflight
from evolve.interruption import safe_points
from evolve.patience import Patience
from evolve.searching import now

Clock = Callable[[], float]

_POLL_S = 0.2  # how long a wait may keep an interrupt from being seen


@dataclass(frozen=True, slots=True)
class Wanted:
    """A policy that is to be played on a split."""

    digest: str
    source: str
    split: Split
    purpose: Purpose
    repeat: int = 0


def play_afterwards(
    journal: Journal,
    problem: Problem,
    pool: Executor,
    wanted: Iterable[Wanted],
    observer: Observer,
    clock: Clock = time.monotonic,
) -> dict[Wanted, Evaluation]:
    """What each comes to; only what the journal does not know is played.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; what had arrived is journalled.
    """
    with closing(Bell()) as bell, safe_points() as check:
        journal.when_away(Patience(check, observer))
        evaluations = Evaluations(pool, journal, problem, now, bell.ring)
        keys = {
            w: evaluations.request(w.digest, w.source, w.split, w.purpose, repeat=w.repeat)
            for w in wanted
        }
        progress = _Progress(evaluations, observer, clock)
        while evaluations.waiting or not journal.catch_up():
            check()
            bell.sleep(_POLL_S)
            evaluations.collect()
            progress.tell()
    arrived = {w: evaluations.known(key) for w, key in keys.items()}
    return {w: evaluation for w, evaluation in arrived.items() if evaluation}


class _Progress:
    """Tells how far it is, when it is further."""

    def __init__(self, evaluations: Evaluations, observer: Observer, clock: Clock) -> None:
        self._evaluations = evaluations
        self._observer = observer
        self._clock = clock
        self._started_s = clock()
        self._total = evaluations.waiting
        self._done = 0

    def tell(self) -> None:
        """Before the first of all, the rate that it shows."""
        done = self._total - self._evaluations.waiting
        if done == self._done:
            return
        if self._done == 0:
            self._observer(self._preflight(done))
        self._done = done
        self._observer(Played(done, self._total))

    def _preflight(self, done: int) -> Preflight:
        per_minute = 60 * done / max(self._clock() - self._started_s, 1e-3)
        left_s = 60 * (self._total - done) / per_minute
        return Preflight(per_minute, left_s, self._evaluations.sandbox)
