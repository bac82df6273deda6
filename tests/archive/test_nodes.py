import ast

import pytest

from archive.nodes import nodes_of
from evaluators.resources import resource

SOURCES = [path.read_text(encoding="utf-8") for path in resource("seeds").glob("*/*.py")]
LEFT_OUT = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop)


@pytest.mark.parametrize("source", [*SOURCES, "x = {**a, 1: 2}\nmatch x:\n case {**r}: pass"])
def test_nodes_are_those_of_ast_walk_in_its_order(source):
    tree = ast.parse(source)
    kept = [n for n in ast.walk(tree) if not isinstance(n, (*LEFT_OUT, ast.boolop))]
    assert nodes_of(tree) == kept
