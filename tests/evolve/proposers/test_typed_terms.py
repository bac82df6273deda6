import ast

import numpy as np
import pytest

from evolve.proposers.analysis.kinds import Number
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import Term, condition, draw, terms
from tests.evolve.proposers.policies import POLICIES, SIGNATURE, random_of

SOURCE = """
import numpy as np

def decide(waiting, load):
    level = load.mean(axis=0)
    known = 3.0
    for i in range(len(waiting.wait_s)):
        one = known
    later = 1
    return level
"""


def at(text: str) -> tuple[Program, ast.stmt]:
    program = Program(SOURCE, SIGNATURE)
    return program, next(s for s in program.statements if ast.unparse(s) == text)


def texts(statement: str, dims: tuple[str, ...]) -> set[str]:
    return {t.text for t in terms(*at(statement), dims)}


def test_terms_have_the_dimensions_of_their_place():
    found = texts("return level", ("servers",))
    assert {"level", "load[-1]", "load.std(axis=0)"} <= found
    assert not any("waiting" in t for t in found)
    of_requests = {"waiting.prompt_tokens", "waiting.wait_s", "waiting.server"}
    assert texts("return level", ("requests",)) == of_requests | {"level[waiting.server]"}


def test_names_are_offered_only_where_they_are_defined():
    assert "later" in texts("return level", ())
    assert "later" not in texts("level = load.mean(axis=0)", ())
    assert "i" not in texts("return level", ())
    assert "waiting.wait_s[i]" in texts("one = known", ())


def test_fields_that_the_entry_does_not_take_are_offered_with_their_parameter():
    found = {t.text: t.parameters for t in terms(*at("return level"), ())}
    assert found["free_tokens"] == ("free_tokens",)
    assert found["rate"] == ("rate",)
    assert found["known"] == ()
    assert "seed" not in found


def test_a_method_is_offered_no_given_field():
    source = "class P:\n    def decide(self, waiting):\n        x = 1\n        return x\n"
    program = Program(source, SIGNATURE)
    found = {t.text for t in terms(program, program.statements[1], ())}
    assert "free_tokens" in found
    assert "rate" not in found


@pytest.mark.parametrize("dims", [(), ("requests",), ("servers",)])
def test_conditions_are_truth_values_of_their_place(dims):
    program, statement = at("return level")
    n = {"requests": 4, "servers": 3}
    waiting = type("Waiting", (), {
        name: np.arange(4) % 3 for name in ("prompt_tokens", "wait_s", "server")
    })  # fmt: skip
    scope = {"np": np, "waiting": waiting, "load": np.ones((2, 3)), "level": np.ones(3),
             "known": 3.0, "later": 1, "free_tokens": 5, "rate": 1.0, "servers": 3,
             "event": "arrival"}  # fmt: skip
    for seed in range(60):
        made = condition(program, statement, dims, random_of(seed))
        assert made is not None
        value = np.asarray(eval(made.text, dict(scope)))
        assert value.dtype == bool
        assert value.shape == tuple(n[d] for d in dims)


def test_there_is_no_condition_out_of_nothing():
    source = (
        "import numpy as np\ndef helper(a):\n    return a\ndef decide():\n    return helper('')\n"
    )
    program = Program(source, SIGNATURE)
    inside = next(s for s in program.statements if ast.unparse(s) == "return a")
    assert condition(program, inside, (), random_of(0)) is None


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_terms_come_in_a_fixed_order(name):
    one, other = Program(POLICIES[name], SIGNATURE), Program(POLICIES[name], SIGNATURE)
    for a, b in zip(one.statements, other.statements, strict=True):
        assert terms(one, a, ()) == terms(other, b, ())


def test_every_name_is_as_likely_as_any_other():
    choices = [
        Term(f"{c}{n}", Number("float"), (), c) for c in "ab" for n in range(1 if c == "a" else 9)
    ]
    drawn = [draw(random_of(seed), choices).name for seed in range(200)]
    assert 60 < drawn.count("a") < 140
