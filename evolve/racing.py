"""The race for the search front: a few workloads first, the others for who might join it."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np

from archive.entry import SEED, Entry, Evaluation
from archive.played import together
from evaluators.contract import Objective, Outcome, Problem, Score
from evaluators.scoring import is_clean
from evaluators.stats import rank_correlation
from evolve.asked import Asked
from evolve.bar import Bar, choose_few, height, point
from evolve.evaluations import Evaluations
from evolve.streams import stream

CHECKED = 0.1  # of the candidates are played on all, whatever they do on the few


class Race:
    """Plays candidates on the search split, each on as many workloads as it takes.

    The few are chosen when the seed policies are committed, and stay. What is too far behind is
    learnt from candidates that were played on all whatever they did on the few: the first ones, and
    then a share that is drawn beforehand. All of it follows from what was committed when a
    candidate was asked for, and from its number.
    """

    def __init__(
        self,
        problem: Problem,
        objectives: Sequence[Objective],
        evaluations: Evaluations,
        seed: int,
        is_on: bool,
    ) -> None:
        """`objectives` are those that the search goes by. Where it is not on, all meet all."""
        self._objectives = objectives
        self._evaluations = evaluations
        self._seed = seed
        self._workloads = list(problem.workloads("search")) if is_on else []
        self._few = self._workloads  # until they are chosen
        self._rest: tuple[str, ...] = ()
        self._seeds: list[Entry] = []
        self._points: dict[int, np.ndarray] = {}  # on the few, by number
        self._behind: list[float] = []  # of those played on all in any case, ascending
        self._account = Account()

    # -- playing -----------------------------------------------------------------------------

    def bar(self, front: Sequence[Entry]) -> Bar | None:
        """What a candidate that is asked for now is held against; None where nothing is raced."""
        if not self._seeds or len(self._workloads) < 2:
            return None
        if not self._rest:
            self._few = choose_few(self._workloads, self._objectives, self._seeds)
            few = {w.id for w in self._few}
            self._rest = tuple(w.id for w in self._workloads if w.id not in few)
        return Bar(np.array([self._point(e) for e in front]), height(self._behind))

    def played(self, asked: Asked) -> Evaluation | None:
        """Its evaluation on all workloads, or on the few where that is enough; None while it is on
        its way.
        """
        if asked.bar is None or not self._begins_with_few(asked):
            return self._on(asked, None)
        few = self._on(asked, tuple(w.id for w in self._few))
        if few is None or not is_clean(few.outcome) or self._is_beaten(few.outcome, asked.bar):
            return few
        rest = self._on(asked, self._rest)
        return None if rest is None else together(few, rest)

    def play_on(self, open_: Sequence[Asked]) -> None:
        """Ask for the other workloads of those that did well on the few, whosever turn it is."""
        for asked in open_:
            if asked.proposal is not None and asked.is_new and self._begins_with_few(asked):
                self.played(asked)

    def is_eliminated(self, outcome: Outcome) -> bool:
        """Whether it was scored on the few and on no others."""
        if not (self._rest and isinstance(outcome, Score) and is_clean(outcome)):
            return False
        return self._rest[0] not in outcome.values[self._objectives[0].name]

    def _on(self, asked: Asked, ids: tuple[str, ...] | None) -> Evaluation | None:
        assert asked.proposal is not None, "there is nothing to play yet"
        digest, source = asked.proposal.digest, asked.proposal.source
        key = self._evaluations.request(digest, source, "search", "search", workload_ids=ids)
        return self._evaluations.known(key)

    def _begins_with_few(self, asked: Asked) -> bool:
        if asked.bar is None or asked.is_whole or math.isinf(asked.bar.height):
            return False
        return bool(stream(self._seed, asked.number, "race").random() >= CHECKED)

    def _is_beaten(self, outcome: Outcome, bar: Bar) -> bool:
        return bar.behind(self._on_few(outcome)) > bar.height

    # -- learning ----------------------------------------------------------------------------

    def learn(self, entry: Entry, asked: Asked) -> None:
        """Take in what was committed."""
        if entry.decision == "eliminated":
            self._account.eliminated += 1
        if not entry.is_valid:
            return
        if entry.proposal.proposer.startswith(SEED):
            self._seeds.append(entry)
        elif self._begins_with_few(asked):
            rest = self._on(asked, self._rest)
            self._account.rests_s += [rest.wall_s] if rest else []
        elif asked.bar is not None and not asked.is_whole:
            self._check(entry, asked.bar)

    def _check(self, entry: Entry, bar: Bar) -> None:
        """What the race would have said of who was played on all in any case."""
        has_joined = entry.decision == "front"
        behind = bar.behind(self._point(entry))
        insort(self._behind, behind if has_joined else -math.inf)
        if math.isfinite(bar.height):
            self._account.check(behind > bar.height, has_joined)
        on_all = point(self._objectives, self._workloads, entry.outcome)
        self._account.seen.append((self._point(entry), on_all))

    def _point(self, entry: Entry) -> np.ndarray:
        if entry.number not in self._points:
            self._points[entry.number] = self._on_few(entry.outcome)
        return self._points[entry.number]

    def _on_few(self, outcome: Outcome) -> np.ndarray:
        return point(self._objectives, self._few, outcome)

    # -- telling -----------------------------------------------------------------------------

    def told(self) -> dict[str, Any]:
        """What the race came to, as plain JSON; empty where nothing was raced."""
        if not self._rest:
            return {}
        count = {"few": len(self._few), "all": len(self._workloads)}
        return {**count, **self._account.told(self._evaluations.wall_s)}


@dataclass
class Account:
    """What a race came to. Seconds are those that evaluators worked."""

    eliminated: int = 0
    checked: int = 0
    """Played on all in any case, since there is a bar."""
    beaten: int = 0
    """Of these the race would have eliminated so many,"""
    wrongly: int = 0
    """and of these so many joined the front."""
    rests_s: list[float] = field(default_factory=list)
    seen: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)
    """On the few and on all, of those played on all in any case."""

    def check(self, is_beaten: bool, has_joined: bool) -> None:
        """Count one that was played on all in any case."""
        self.checked += 1
        self.beaten += is_beaten
        self.wrongly += is_beaten and has_joined

    def told(self, worked_s: float) -> dict[str, Any]:
        """As plain JSON; what was saved is estimated by what the others' remaining workloads took.

        Args:
            worked_s: on everything in the run.
        """
        saved_s = self.eliminated * fmean(self.rests_s or [0.0])
        return {
            "eliminated": self.eliminated,
            "played_on": len(self.rests_s),
            "checked": self.checked,
            "beaten": self.beaten,
            "wrongly": self.wrongly,
            "saved_s": saved_s,
            "saved_share": saved_s / (saved_s + worked_s) if saved_s else 0.0,
            "rank_correlations": self._correlations(),
        }

    def _correlations(self) -> list[float | None]:
        """Of the few with all, by objective."""
        if not self.seen:
            return []
        few, on_all = (np.array(points) for points in zip(*self.seen, strict=True))
        pairs = zip(few.T.tolist(), on_all.T.tolist(), strict=True)
        return [rank_correlation(a, b) for a, b in pairs]
