"""Which programs are shown beside the parent: those that differ most from it and each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archive.entry import Entry
from evaluators.contract import Objective


def choose_inspirations(
    parents: Sequence[Entry], pool: Sequence[Entry], objectives: Sequence[Objective], count: int
) -> list[Entry]:
    """At most `count` of the pool, each the farthest from all before it in objective space.

    Distances are in shares of the pool's range, objective by objective. No two of them, parents
    included, have the same normal form; of equally far ones the earliest in the pool is taken.
    """
    valued = [e for e in parents if e.is_valid]
    chosen = list(valued)
    known = {e.proposal.normal_digest for e in parents}
    candidates = [e for e in pool if e.is_valid]
    place = _places([*valued, *candidates], objectives)
    while len(chosen) < len(valued) + count:
        new = [e for e in candidates if e.proposal.normal_digest not in known]
        if not new:
            break
        farthest = max(
            new, key=lambda e: _distance(place[e.number], [place[c.number] for c in chosen])
        )
        chosen.append(farthest)
        known.add(farthest.proposal.normal_digest)
    return chosen[len(valued) :]


def _places(entries: Sequence[Entry], objectives: Sequence[Objective]) -> dict[int, np.ndarray]:
    """Every entry's point, float64[objectives], 0 to 1 over these entries; by number."""
    if not entries:
        return {}
    points = np.array([[e.values["search"][o.name] for o in objectives] for e in entries])
    span = np.ptp(points, axis=0)
    scaled = (points - points.min(axis=0)) / np.where(span > 0, span, 1.0)
    return {e.number: point for e, point in zip(entries, scaled, strict=True)}


def _distance(point: np.ndarray, others: Sequence[np.ndarray]) -> float:
    return min((float(np.linalg.norm(point - other)) for other in others), default=0.0)
