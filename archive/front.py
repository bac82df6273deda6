"""The non-dominated entries, and the volume that they dominate.

Dominance is decided on the grid of the objectives' resolutions, so that noise below what matters
makes no front member. The hypervolume is exact, in the box from each objective's reference (0) to
its limit (1): 1 would be a policy that reaches every limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from archive.constraint import Constraint, total_violation
from archive.entry import Entry
from archive.nodes import num_nodes
from evaluators.contract import Objective, Split
from evaluators.scale import Scale
from evaluators.scoring import loss, on_grid

Point = Mapping[str, float]  # objective -> aggregated value


class Front:
    """The entries that no other one dominates, in the order in which they came.

    Of several entries on one point of the grid the one with the least code stays, of those the
    earliest. Constraints come first: who violates them less dominates, whatever the objectives say;
    objectives decide among equals.
    """

    def __init__(
        self,
        objectives: Sequence[Objective],
        constraints: Sequence[Constraint] = (),
        split: Split = "search",
    ) -> None:
        self.objectives = tuple(objectives)
        self.constraints = tuple(constraints)
        self.split = split
        self._entries: list[Entry] = []
        self._losses = np.empty((0, len(self.objectives)))  # [member, objective], in grid steps
        self._violation = math.inf  # of every member: who violates more than another is dominated

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def accepts(self, entry: Entry) -> bool:
        """Whether an entry with values would join: no member is at least as good in all, unless it
        is exactly as good and more code.
        """
        point = entry.values[self.split]
        violation = self._violation_of(point)
        if violation != self._violation:
            return violation < self._violation
        losses = self._losses_of(point)
        rivals = np.flatnonzero((self._losses <= losses).all(axis=1))
        return all(
            (self._losses[i] == losses).all() and _is_less_code(entry, self._entries[i])
            for i in rivals
        )

    def add(self, entry: Entry) -> bool:
        """Whether the entry joined; members that it dominates leave. Only valid ones may join."""
        if not entry.is_valid or not self.accepts(entry):
            return False
        point = entry.values[self.split]
        losses, violation = self._losses_of(point), self._violation_of(point)
        is_dominated = (losses <= self._losses).all(axis=1) | (violation < self._violation)
        stays = np.flatnonzero(~is_dominated)
        self._entries = [*(self._entries[i] for i in stays), entry]
        self._losses = np.vstack([self._losses[stays], losses])
        self._violation = violation
        return True

    def add_all(self, entries: Iterable[Entry]) -> None:
        """Add entries that have values on this split, in their order."""
        for entry in entries:
            if self.split in entry.values:
                self.add(entry)

    def points(self) -> list[Point]:
        """The members' values on this front's split."""
        return [e.values[self.split] for e in self._entries]

    def met(self) -> list[Point]:
        """The members' values where they meet the constraints; none where the members break them.

        All members violate by the same amount: who violates by less dominates.
        """
        return self.points() if self._violation == 0 else []

    def _losses_of(self, point: Point) -> np.ndarray:
        return np.array([on_grid(o, point[o.name]) for o in self.objectives])

    def _violation_of(self, point: Point) -> float:
        return total_violation(self.constraints, point)


def _is_less_code(a: Entry, b: Entry) -> bool:
    return num_nodes(a.proposal.source) < num_nodes(b.proposal.source)


def active_objectives(scale: Scale, names: Sequence[str], exact: bool) -> list[Objective]:
    """The objectives that decide: the named ones (all when none is), without clocks if `exact`."""
    chosen: Mapping[str, Objective] = {o.name: o for o in scale.objectives}
    kept = [chosen[n] for n in names] if names else list(chosen.values())
    return [o for o in kept if not (exact and o.kind == "measured")]


def in_box(points: Sequence[Point], objectives: Sequence[Objective], limits: Point) -> np.ndarray:
    """float64[points, objectives]: 0 at the reference or worse, 1 at the limit or better.

    Raises:
        ValueError: an objective has no limit, or one that is no better than its reference.
    """
    share = np.zeros((len(points), len(objectives)))
    for j, o in enumerate(objectives):
        if o.name not in limits:
            raise ValueError(f"objective {o.name!r} has no limit: its box has no end")
        width = loss(o, o.reference) - loss(o, limits[o.name])
        if not width > 0:
            raise ValueError(
                f"objective {o.name!r}: the limit {limits[o.name]} is no better than "
                f"the reference {o.reference}"
            )
        losses = np.array([loss(o, p[o.name]) for p in points])
        share[:, j] = (loss(o, o.reference) - losses) / width
    return share.clip(0.0, 1.0)


def hypervolume(points: Sequence[Point], objectives: Sequence[Objective], limits: Point) -> float:
    """The share of the box (reference, limit) that the points dominate, 0..1, exact."""
    return _volume(in_box(points, objectives, limits))


def contribution(
    point: Point, points: Sequence[Point], objectives: Sequence[Objective], limits: Point
) -> float:
    """What `point` adds to the hypervolume of `points`; 0 where one is at least as good in all."""
    shares = in_box([*points, point], objectives, limits)
    others, own = shares[:-1], shares[-1]
    if (others >= own).all(axis=1).any():
        return 0.0
    return max(0.0, _volume(shares) - _volume(others))


def contributions(
    points: Sequence[Point], objectives: Sequence[Objective], limits: Point
) -> list[float]:
    """What each point adds to the hypervolume of all the others."""
    shares = in_box(points, objectives, limits)
    whole = _volume(shares)
    return [max(0.0, whole - _volume(np.delete(shares, i, axis=0))) for i in range(len(points))]


def _volume(shares: np.ndarray) -> float:
    import moocore

    inside = shares[(shares > 0.0).all(axis=1)]
    if not inside.size:
        return 0.0
    return float(moocore.hypervolume(1.0 - inside, ref=np.ones(inside.shape[1])))
