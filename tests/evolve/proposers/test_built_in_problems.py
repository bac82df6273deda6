import signal
from itertools import product

import numpy as np
import pytest

from evaluators.contract import Policy
from evaluators.errors import InvalidAction
from evaluators.playing import play
from evaluators.registry import BUILT_IN, ProblemSpec
from evolve.proposers.operators import OPERATORS, Subject
from evolve.proposers.syntax import Program

FAULTS = (ArithmeticError, AttributeError, InvalidAction, LookupError, TypeError, ValueError)


class TooLongError(Exception):
    pass


def stop(*_: object) -> None:
    raise TooLongError


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_most_children_of_the_baselines_play_to_the_end(name):
    problem = ProblemSpec(name).load()
    programs = [Program(p.source, problem.signature) for p in problem.baselines().values()]
    workload = problem.workloads("tiny")[0]
    previous = signal.signal(signal.SIGALRM, stop)
    made = played = 0
    for seed, (operator, program) in enumerate(product(OPERATORS.values(), programs)):
        random = np.random.default_rng(seed)
        tree = operator(Subject(program, programs[seed % len(programs)]), random)
        if tree is None:
            continue
        made += 1
        signal.alarm(5)
        try:
            play(problem, workload, Policy("child", program.source_of(tree)))
            played += 1
        except (*FAULTS, TooLongError):
            pass
        finally:
            signal.alarm(0)
    signal.signal(signal.SIGALRM, previous)
    assert made > 30
    assert played >= 0.6 * made
