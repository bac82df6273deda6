"""Made-up entries of two objectives, `gain` up and `cost` down, both from 0 to 1."""

from __future__ import annotations

from archive.entry import Entry, Proposal
from archive.front import Front
from evaluators.contract import Objective, Score

GAIN = Objective("gain", "1", "higher", "exact", reference=0.0, worst=0.0, resolution=0.01)
COST = Objective("cost", "1", "lower", "exact", reference=1.0, worst=1.0, resolution=0.01)
OBJECTIVES = (GAIN, COST)
LIMITS = {"gain": 1.0, "cost": 0.0}


def entry(number: int, gain: float, cost: float, *parents: int, failed: bool = False) -> Entry:
    """A committed entry; without parents a seed policy."""
    proposal = Proposal(number, "", str(number), str(number), parents, "made", "")
    values = {"gain": gain, "cost": cost}
    score = Score({name: {"w": value} for name, value in values.items()})
    decision = "failed" if failed else "front"
    return Entry(number, proposal, score, decision, {} if failed else {"search": values})


def make_front() -> Front:
    return Front(OBJECTIVES)
