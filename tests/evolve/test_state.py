"""What a commit gains."""

import pytest

from archive.constraint import parse_constraint
from archive.entry import Entry, Proposal
from evaluators.contract import Score
from evolve.state import State
from tests.problems import GUESS

PROBLEM = GUESS.load()
EXACT = [o for o in PROBLEM.objectives if o.kind == "exact"]


def entry(number: int, error: float, movement: float) -> Entry:
    proposal = Proposal(number, f"# {number}", str(number), str(number), (), "x", "")
    values = {"search": {"error": error, "movement": movement}}
    return Entry(number, proposal, Score({}), "front", values)


def test_the_first_that_meets_a_requirement_gains_all_that_it_dominates():
    free = State(PROBLEM, EXACT)
    alone = free.add(entry(1, 0.4, 0.1))
    assert alone > 0
    required = State(PROBLEM, EXACT, [parse_constraint("movement<=0.2", PROBLEM.objectives)])
    required.add(entry(1, 0.1, 0.3))  # more of the box, and not allowed
    required.add(entry(2, 0.05, 0.3))
    assert required.add(entry(3, 0.4, 0.1)) == pytest.approx(alone)
    assert [e.number for e in required.front()] == [3]


def test_a_front_that_breaks_a_requirement_has_no_volume_and_no_best():
    required = State(PROBLEM, EXACT, [parse_constraint("movement<=0.2", PROBLEM.objectives)])
    required.add(entry(1, 0.1, 0.3))
    assert (required.hypervolume(), required.best()) == (0.0, {})
    required.add(entry(2, 0.4, 0.1))
    assert required.hypervolume() > 0
    assert required.best() == {"error": 0.4, "movement": 0.1}
