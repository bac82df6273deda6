import pytest

from evaluators.registry import ProblemSpec, problem_names
from evolve.replies.undefined import bound_names, undefined_names


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ("def decide(load):\n    return np.zeros(len(load))\n", ["np"]),
        ("def decide(load):\n    return helper(load, DECAY)\n", ["DECAY", "helper"]),
        ("import numpy as np\n\ndef decide(load):\n    return np.zeros(len(load))\n", []),
        ("def decide(load):\n    return later(load)\n\ndef later(load):\n    return load\n", []),
        ("def decide(load):\n    global kept\n    kept = load\n    return kept\n", []),
        ("def decide(load):\n    global math\n    import math\n    return math.pi\n", []),
        ("class Policy:\n    limit = LIMIT\n    def decide(self): return limit\n",
         ["LIMIT", "limit"]),
        ("class Policy:\n    def decide(self): return __class__, __name__, __file__\n", []),
        ("def decide(load):\n    return [a for a in load if (b := a)] + [b for _ in rest]\n",
         ["rest"]),
        ("def decide(load) -> np.ndarray:\n    return load\n", ["np"]),
        ("from __future__ import annotations\n\ndef decide(x) -> np.ndarray:\n    return x\n", []),
        ("from typing import *\n\ndef decide(load: List) -> List:\n    return load\n", []),
        ("try:\n    import numpy as np\nexcept ImportError as error:\n    np = error\n", []),
        ("match 1:\n    case {'a': b, **rest}:\n        print(b, rest)\n", []),
    ],
)  # fmt: skip
def test_names_that_nothing_binds_are_found(source: str, missing: list[str]):
    assert undefined_names(source) == missing


def test_helpers_that_are_given_need_no_definition():
    given = bound_names("import math\n\ndef area(r):\n    return math.pi * r**2\n")
    assert given == {"math", "area"}
    assert undefined_names("def decide(r):\n    return area(math.sqrt(r))\n", given) == []


@pytest.mark.parametrize("name", problem_names())
def test_no_published_policy_uses_a_name_that_is_missing(name: str):
    problem = ProblemSpec(name).load()
    given = bound_names(problem.prelude)
    for policy, baseline in problem.baselines().items():
        assert undefined_names(baseline.source, given) == [], policy
