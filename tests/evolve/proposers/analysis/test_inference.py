import ast

import numpy as np
import pytest

from evolve.proposers.analysis.inference import infer
from evolve.proposers.analysis.kinds import Choice, Members, Number
from tests.evolve.proposers.policies import POLICIES, SIGNATURE, random_of

EXPRESSIONS = {
    "load": Number("float", ("windows", "servers")),
    "load.mean(axis=0)": Number("float", ("servers",)),
    "np.sum(load > 0.5, axis=1)": Number("int", ("windows",)),
    "load[-1]": Number("float", ("servers",)),
    "load[:, None].shape": Members(
        (Number("int"), Number("int"), Number("int"))
    ),
    "load.T @ load": None,
    "load / 2": Number("float", ("windows", "servers")),
    "servers // 2": Number("int"),
    "servers / 2": Number("float"),
    "waiting.wait_s": Number("float", ("requests",)),
    "waiting.wait_s > 1": Number("bool", ("requests",)),
    "waiting.wait_s + load[-1]": None,
    "waiting.wait_s[waiting.wait_s > 1]": Number("float", ("<waiting.wait_s > 1>",)),
    "load[-1][waiting.server]": Number("float", ("requests",)),
    "load[:, waiting.server]": Number("float", ("windows", "requests")),
    "load[2:]": Number("float", ("<windows[2:]>", "servers")),
    "np.argsort(-waiting.wait_s)": Number("int", ("requests",)),
    "np.lexsort((waiting.wait_s, waiting.prompt_tokens))": Number("int", ("requests",)),
    "np.where(load > 1, load, 0.0)": Number("float", ("windows", "servers")),
    "np.zeros((len(load), servers))": Number("float", ("windows", "servers")),
    "np.zeros(servers, dtype=np.int64)": Number("int", ("servers",)),
    "np.average(load, axis=0, weights=0.5 ** np.arange(len(load)))": Number("float", ("servers",)),
    "np.take_along_axis(load, np.argsort(load, axis=1), axis=1)": Number(
        "float", ("windows", "servers")
    ),
    "waiting.prompt_tokens.astype(float)": Number("float", ("requests",)),
    "min(servers, 3)": Number("int"),
    "load.max() if servers else 1": Number("float"),
    "not servers": Number("bool"),
    "event": Choice(("arrival", "finish")),
    "event == 'arrival'": Number("bool"),
    "[w for w in waiting.wait_s]": None,
    "unknown(load)": None,
}  # fmt: skip


def kinds_of(body: str):
    source = f"import numpy as np\ndef decide(load, waiting, servers, event):\n    {body}\n"
    tree = ast.parse(source)
    return tree, infer(tree, SIGNATURE)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_have_the_kinds_that_numpy_gives_them(text):
    tree, found = kinds_of(f"return {text}")
    assert found.kinds[tree.body[1].body[0].value] == EXPRESSIONS[text]


@pytest.mark.parametrize(
    "text", [t for t, k in EXPRESSIONS.items() if isinstance(k, Number) and "[2:]" not in t]
)
def test_the_kinds_are_what_numpy_says(text):
    sizes = {"windows": 5, "servers": 3, "requests": 7}
    random = random_of(1)
    waiting = type("Waiting", (), {
        "prompt_tokens": random.integers(1, 9, 7),
        "wait_s": random.random(7) + 0.6,
        "server": random.integers(0, 3, 7),
    })  # fmt: skip
    values = {"load": random.random((5, 3)), "waiting": waiting, "servers": 3, "event": "arrival"}
    value = np.asarray(eval(text, {"np": np}, values))
    kind = EXPRESSIONS[text]
    assert value.ndim == len(kind.dims)
    for size, dim in zip(value.shape, kind.dims, strict=True):
        assert dim not in sizes or sizes[dim] == size
    assert value.dtype.kind == {"bool": "b", "int": "i", "float": "f"}[kind.dtype]


def names_before(body: str, line: str) -> set[str]:
    tree, found = kinds_of(body)
    statement = next(s for s in ast.walk(tree) if isinstance(s, ast.stmt) and line in ast.unparse(s)
                     and not hasattr(s, "body"))  # fmt: skip
    return set(found.before[statement])


@pytest.mark.parametrize(
    ("body", "is_sure"),
    [
        ("x = 1\n    return 5", True),
        ("if servers:\n        x = 1\n    return 5", False),
        ("if servers:\n        x = 1\n    else:\n        x = 2\n    return 5", True),
        ("if servers:\n        return 0\n    else:\n        x = 2\n    return 5", True),
        ("for i in load:\n        x = 1\n    return 5", False),
        ("for i in load:\n        x = 1\n        y = 5\n    return 4", True),
        ("while servers:\n        x = 1\n    return 5", False),
        ("try:\n        x = 1\n    except ValueError:\n        pass\n    return 5", False),
        ("(x, y), z = load, 1\n    return 5", True),
    ],
)
def test_names_are_sure_only_when_assigned_on_every_way(body, is_sure):
    assert ("x" in names_before(body, " 5")) == is_sure


def test_kinds_follow_calls_attributes_and_tuples():
    source = """
import numpy as np

def split(values, limit):
    low = values < limit
    return low, values[low]

class Policy:
    def __init__(self, servers):
        self.level = np.ones(servers)

    def share(self, weights):
        return weights * self.level

    def decide(self, load):
        mask, below = split(load[-1], 0.5)
        mean = self.share(load.mean(axis=0))
        for i in range(len(mean)):
            one = mean[i]
        return below
"""
    tree = ast.parse(source)
    kinds = infer(tree, SIGNATURE).kinds
    by_text = {ast.unparse(n): k for n, k in kinds.items()}
    assert by_text["weights * self.level"] == Number("float", ("servers",))
    assert by_text["low"] == Number("bool", ("servers",))
    assert by_text["below"] == Number("float", ("<low>",))
    assert by_text["mean[i]"] == Number("float")
    assert by_text["i"].index_of == "servers"


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_every_statement_of_every_function_is_walked(name):
    tree = ast.parse(POLICIES[name])
    found = infer(tree, SIGNATURE)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert all(s in found.before for s in node.body)


def test_recursion_ends():
    kinds_of("return decide(load, waiting, servers - 1, event) + f(1)\ndef f(n):\n    return f(n)")
