"""What sets of policies come to together on one split: hypervolumes, and the gain with interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from archive.front import hypervolume
from evaluators.contract import Objective, Problem, Score, Split
from evaluators.scoring import aggregator, loss
from evaluators.stats import Interval, bootstrap, reflected
from evolve.state import box

RESAMPLES = 1_000  # each is a hypervolume of every policy of both sets

# objective -> float64[policies + 1, workloads]; the last row is the workloads' limits
_Table = Mapping[str, np.ndarray]


class Volumes:
    """Shares of the box (reference, limit) over the exact objectives that have a limit.

    Policies are given by their scores, on every workload of the split and without a failure.
    """

    def __init__(
        self, problem: Problem, split: Split, objectives: Sequence[Objective] | None = None
    ) -> None:
        """`objectives`: those that the search went by; all of the problem's when None."""
        self._workloads = problem.workloads(split)
        among = problem.objectives if objectives is None else objectives
        self.objectives, _ = box(problem, [o for o in among if o.kind == "exact"], split)
        self._totals = {o.name: aggregator(o, self._workloads) for o in self.objectives}
        bounds = [problem.limits(w) for w in self._workloads]
        self._limits = {o.name: [b[o.name].value for b in bounds] for o in self.objectives}

    def volume(self, scores: Sequence[Score]) -> float:
        """What a set of policies dominates."""
        return self._volume(self._table(scores), np.ones(len(self._workloads), dtype=np.int64))

    def gain(self, found: Sequence[Score], others: Sequence[Score]) -> Interval:
        """By how much `found` dominates more, with its interval by cluster.

        The box is drawn with the workloads: a draw of cheap ones has cheap limits. Noise makes the
        union of many equals look larger than one of them: see `reflected`.
        """
        ours, theirs = self._table(found), self._table(others)
        rng = np.random.default_rng(0)  # the same interval whenever it is asked for

        def difference(weights: np.ndarray) -> float:
            return self._volume(ours, weights) - self._volume(theirs, weights)

        clusters = [w.cluster for w in self._workloads]
        return reflected(bootstrap(difference, clusters, rng, RESAMPLES))

    def _table(self, scores: Sequence[Score]) -> _Table:
        return {
            name: np.array(
                [*([s.values[name][w.id] for w in self._workloads] for s in scores), limits],
                dtype=float,
            )
            for name, limits in self._limits.items()
        }

    def _volume(self, table: _Table, weights: np.ndarray) -> float:
        if not self.objectives:
            return 0.0
        columns = {name: self._totals[name](values, weights) for name, values in table.items()}
        *points, limits = (
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        )
        if any(loss(o, limits[o.name]) >= loss(o, o.reference) for o in self.objectives):
            return math.nan  # of these workloads there is no box
        return hypervolume(points, self.objectives, limits)
