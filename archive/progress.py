"""How a run's front grew: its hypervolume after every commit, against evaluations and dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archive.entry import Entry
from archive.front import Front, Point, hypervolume
from evaluators.contract import Objective


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stood after a commit; `usd` is what calls for the entries so far came to.

    The hypervolume is that of what meets the constraints.
    """

    evaluations: int
    usd: float
    hypervolume: float


def progress(
    entries: Sequence[Entry],
    front: Front,
    boxed: Sequence[Objective],
    limits: Point,
    usd: Mapping[int, float],
) -> list[Progress]:
    """The state after every commit that cost an evaluation or a dollar.

    Args:
        entries: all of the run, in order of commit.
        front: an empty one, by the objectives and constraints of the run; it is filled.
        boxed: the objectives that span the hypervolume.
        limits: where their box ends.
        usd: proposal number -> dollars of its calls.
    """
    states: list[Progress] = []
    evaluations, spent, volume = 0, 0.0, 0.0
    for entry in entries:
        spent += usd.get(entry.number, 0.0)
        evaluations += entry.decision != "duplicate" and not entry.proposal.rejection
        if boxed and front.split in entry.values and front.add(entry):
            volume = hypervolume(front.met(), boxed, limits)
        states.append(Progress(evaluations, spent, volume))
    return states
