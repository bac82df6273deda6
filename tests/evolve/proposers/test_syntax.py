import ast

import pytest

from evolve.proposers.module import NoEntryError, with_numpy, with_parameter
from evolve.proposers.syntax import Program
from tests.evolve.proposers.policies import ORDERED, PLAIN_CLASS, POLICIES, SIGNATURE

COMMENTED = '''"""What it is."""

# how much waiting counts
WEIGHT = 0.5


def helper(x):
    # a remark inside
    return x * 2


def decide(waiting):
    """Says it."""
    y = helper(WEIGHT)  # lost when this function changes
    return y
'''


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_an_unchanged_tree_gives_the_source_again(name):
    program = Program(POLICIES[name], SIGNATURE)
    assert program.source_of(program.tree).strip() == POLICIES[name].strip()


@pytest.mark.parametrize("name", sorted(POLICIES))
def test_an_edit_changes_one_place_only(name):
    program = Program(POLICIES[name], SIGNATURE)
    before = ast.dump(program.tree)
    for node in program.expressions:
        child = program.source_of(program.replaced(node, "MARK"))
        assert child.count("MARK") == 1
        ast.parse(child)
    assert ast.dump(program.tree) == before


def test_comments_stay_where_nothing_changed():
    program = Program(COMMENTED, SIGNATURE)
    weight = next(n for n in program.expressions if ast.unparse(n) == "WEIGHT")
    child = program.source_of(program.replaced(weight, "0.75"))
    assert "# how much waiting counts" in child
    assert "# a remark inside" in child
    assert "lost when" not in child
    assert '"""Says it."""' in child
    assert "y = helper(0.75)" in child


def test_statements_on_one_line_are_written_anew():
    program = Program("a = 1; b = 2\ndef decide(): return a\n", SIGNATURE)
    assert ast.dump(ast.parse(program.source_of(program.tree))) == ast.dump(program.tree)


def test_the_last_statement_of_a_block_leaves_pass():
    program = Program("def decide(x):\n    if x:\n        x = 1\n    return x\n", SIGNATURE)
    statement = next(s for s in program.statements if ast.unparse(s) == "x = 1")
    assert "pass" in program.source_of(program.rewritten(statement, []))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def decide(a): pass", "def decide(a, load):"),
        ("def decide(a=1): pass", "def decide(a=1, *, load):"),
        ("def decide(*a, b=2): pass", "def decide(*a, b=2, load):"),
        ("class P:\n    def decide(self): pass", "def decide(self, load):"),
    ],
)
def test_a_parameter_is_added_to_any_entry(source, expected):
    assert expected in ast.unparse(with_parameter(ast.parse(source), "decide", "load"))


def test_numpy_is_imported_once_and_after_future_imports():
    tree = ast.parse('"""Doc."""\nfrom __future__ import annotations\nx = 1\n')
    changed = with_numpy(tree)
    assert [ast.unparse(s) for s in changed.body][2] == "import numpy as np"
    compile(ast.unparse(changed), "policy", "exec")
    assert with_numpy(changed) is changed
    assert ast.unparse(with_numpy(ast.parse("")))  # an empty module too


def test_places_that_say_where_are_told_from_those_that_say_how_much():
    source = (
        "import numpy as np\n"
        "def decide(load):\n"
        "    a = np.zeros((11, 12)) + load.reshape(13, -14).mean(axis=15)[16]\n"
        "    return np.tile(a + 1, 17) + sum(load[i] * 2 for i in range(18)) + 3\n"
    )
    program = Program(source, SIGNATURE)
    free = {
        n.value
        for n in program.expressions
        if isinstance(n, ast.Constant) and n not in program.structural
    }
    assert free == {1, 2, 3}


def test_nothing_inside_a_while_is_offered_for_editing():
    program = Program(PLAIN_CLASS, SIGNATURE)
    assert not any("> 30" in ast.unparse(n) for n in program.expressions)
    assert any("// 2" in ast.unparse(n) for n in program.expressions)


def test_a_policy_without_the_entry_is_refused():
    with pytest.raises(NoEntryError):
        Program("decide = print\n", SIGNATURE)
    with pytest.raises(SyntaxError):
        Program("def decide(:\n", SIGNATURE)
    assert Program(ORDERED, SIGNATURE).owner is None
