import ast
from collections import deque
from dataclasses import replace

import numpy as np
import pytest

from archive.constraint import Constraint
from archive.entry import Entry
from evaluators.contract import Objective
from evolve.proposers.constants import ConstantTuner, Direction
from evolve.proposers.syntax import Program
from tests.evolve.proposers.policies import OBJECTIVES, SIGNATURE, STATEFUL, context, entry

TOY = '''
SHARE = 0.4  # best: 0.7


def decide(waiting, tokens=40):
    """Best: 12 tokens."""
    return {"order": [], "admit": tokens, "is_urgent": SHARE > 0.0}
'''
ERROR = Objective("error", "", "lower", "exact", reference=10.0, worst=100.0, resolution=1e-9)


def numbers_of(source: str) -> tuple[float, int]:
    tree = ast.parse(source)
    share, tokens = tree.body[0].value.value, tree.body[1].args.defaults[0].value
    assert type(share) is float
    assert type(tokens) is int
    return share, tokens


def error_of(source: str) -> float:
    share, tokens = numbers_of(source)
    return (share - 0.7) ** 2 + (tokens / 12 - 1) ** 2


def parsed(one: Entry, signature) -> Program:
    return Program(one.proposal.source, signature)


def fit(asks: int, in_flight: int, seed: int, failing: int = 10**9) -> tuple[list[str], float]:
    """The drafts of a tuner alone and the least error; every `failing`-th draft fails."""
    tuner = ConstantTuner(parsed)
    best = entry(1, TOY, {"error": error_of(TOY)})
    drafts, waiting, seen = [], deque(), {}
    for number in range(2, asks + 2):
        asked = replace(context(number, [best], seed=seed), objectives=(ERROR,))
        draft = tuner.ask(asked)
        drafts.append(draft.source)
        waiting.append((number, draft.source))
        if len(waiting) < in_flight:
            continue
        told, source = waiting.popleft()
        if source in seen:
            tuner.tell(replace(seen[source], number=told, decision="duplicate"))
        elif told % failing == 0:
            seen[source] = entry(told, source)
            tuner.tell(seen[source])
        else:
            seen[source] = entry(told, source, {"error": error_of(source)})
            tuner.tell(seen[source])
            best = min(best, seen[source], key=lambda e: e.values["search"]["error"])
    return drafts, best.values["search"]["error"]


@pytest.mark.parametrize("seed", range(4))
def test_the_optimum_of_a_known_function_is_found(seed):
    _, least = fit(asks=240, in_flight=6, seed=seed, failing=7)
    assert error_of(TOY) > 5
    assert least < 1e-3


def test_more_in_flight_is_no_obstacle():
    assert fit(asks=240, in_flight=24, seed=0)[1] < 1e-2


def test_drafts_are_a_function_of_tells_and_streams():
    assert fit(60, 6, seed=3, failing=5) == fit(60, 6, seed=3, failing=5)
    assert fit(60, 6, seed=3)[0] != fit(60, 6, seed=4)[0]


def test_the_global_generator_is_left_alone():
    np.random.seed(5)  # noqa: NPY002
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    fit(20, 2, seed=0)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_a_session_without_progress_makes_room_for_another_parent():
    tuner = ConstantTuner(parsed)
    parents = [
        entry(1, TOY, {"error": 1.0, "speed": 1.0}),
        entry(2, STATEFUL, {"error": 2.0, "speed": 2.0}),
    ]
    fitted = []
    for number in range(3, 90):
        draft = tuner.ask(context(number, parents))
        fitted.append(draft.parents)
        tuner.tell(entry(number, draft.source, {"error": 9.0, "speed": 0.5}))
    assert set(fitted) == {(1,), (2,)}


def test_there_is_nothing_to_fit_without_numbers_or_values():
    numberless = "def decide(waiting):\n    return {}\n"
    tuner = ConstantTuner(parsed)
    assert tuner.ask(context(2, [entry(1, numberless, {"error": 1.0, "speed": 1.0})])) is None
    assert tuner.ask(context(3, [entry(1, TOY)])) is None


def test_a_direction_prefers_less_of_every_loss():
    direction = Direction(OBJECTIVES, np.array([0.5, 0.5]), np.array([1.0, -4.0]))
    base = direction.value({"error": 3.0, "speed": 2.0})
    assert direction.value({"error": 2.0, "speed": 2.0}) < base
    assert direction.value({"error": 3.0, "speed": 3.0}) < base
    failed, worst = entry(1, TOY), {"error": 100.0, "speed": -100.0}
    assert direction.of(failed) > direction.value(worst)
    assert Program(TOY, SIGNATURE).entry.name == "decide"


def test_a_direction_leads_to_what_is_required():
    required = (Constraint(OBJECTIVES[0], "<=", 1.5),)
    direction = Direction(OBJECTIVES, np.array([0.0, 1.0]), np.array([1.0, -4.0]), required)
    better, allowed = ({OBJECTIVES[0].name: x, OBJECTIVES[1].name: y} for x, y in ((3, 4), (1, 1)))
    free = replace(direction, constraints=())
    assert free.value(better) < free.value(allowed)
    assert direction.value(allowed) == free.value(allowed)
    nearer = {**better, OBJECTIVES[0].name: 2}
    assert direction.value(allowed) < direction.value(nearer) < direction.value(better)
