"""Operators that exchange an operation for one of the same type."""

from __future__ import annotations

import ast
import copy

import numpy as np

from evolve.proposers.operators.operator import Subject
from evolve.proposers.structure import called
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import pick

ARITHMETIC: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult, ast.Div)
INTEGER: tuple[type[ast.operator], ...] = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv)
COMPARISONS: tuple[type[ast.cmpop], ...] = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
ALTERNATIVES: tuple[frozenset[str], ...] = (
    frozenset({"minimum", "maximum"}),
    frozenset({"argmin", "argmax"}),
    frozenset({"any", "all"}),
    frozenset({"floor", "ceil", "rint"}),
    frozenset({"sqrt", "log1p", "square", "abs"}),
)
REDUCTIONS = frozenset({"mean", "max", "min", "sum", "std"})


def swap_operator(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """+ for -, min for max, mean for median, and so on; or a sorting order turned round."""
    program = subject.program
    found = program.once(_swappable)
    if not found:
        return None
    node, choices = pick(random, found)
    return program.replaced(node, pick(random, choices))


def swap_comparison(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """Another comparison between the same two, or its parts joined the other way."""
    program = subject.program
    found = program.once(_comparisons)
    if not found:
        return None
    node = pick(random, found)
    changed = copy.copy(node)
    if isinstance(changed, ast.Compare):
        others = [c for c in COMPARISONS if not isinstance(changed.ops[0], c)]
        changed.ops = [pick(random, others)()]
    elif isinstance(changed, ast.BoolOp):
        changed.op = ast.Or() if isinstance(changed.op, ast.And) else ast.And()
    return program.replaced(node, ast.unparse(changed))


def _swappable(program: Program) -> list[tuple[ast.expr, list[str]]]:
    return [(n, choices) for n in program.expressions if (choices := _choices(program, n))]


def _comparisons(program: Program) -> list[ast.expr]:
    return [n for n in program.expressions if _is_comparison(n)]


def _is_comparison(node: ast.expr) -> bool:
    match node:
        case ast.Compare(ops=[op]):
            return isinstance(op, COMPARISONS)
        case ast.BoolOp():
            return True
        case _:
            return False


def _choices(program: Program, node: ast.expr) -> list[str]:
    """The texts that may stand in the node's place."""
    match node:
        case ast.BinOp() if node not in program.structural:
            return _other_operators(program, node)
        case ast.Call(args=[_, *_]) | ast.Call(func=ast.Attribute()):
            return _other_functions(node)
        case _:
            return []


def _other_operators(program: Program, node: ast.BinOp) -> list[str]:
    kind = program.number(node)
    operators = INTEGER if kind is not None and kind.dtype == "int" else ARITHMETIC
    if kind is None or not isinstance(node.op, operators):
        return []
    others = [o for o in operators if not isinstance(node.op, o)]
    return [ast.unparse(ast.BinOp(node.left, o(), node.right)) for o in others]


def _other_functions(node: ast.Call) -> list[str]:
    name = called(node)
    if isinstance(node.func, ast.Name):
        others = {"min": ["max"], "max": ["min"]}.get(name, [])
    else:
        others = sorted(o for group in _groups(node) if name in group for o in group if o != name)
    renamed = [ast.unparse(_named(node, other)) for other in others]
    return renamed + ([_turned(node)] if name == "argsort" and node.args else [])


def _groups(node: ast.Call) -> list[frozenset[str]]:
    of_numpy = isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "np"
    reductions = REDUCTIONS | {"median"} if of_numpy else REDUCTIONS
    return [reductions, *(ALTERNATIVES if of_numpy else ALTERNATIVES[1:3])]


def _named(node: ast.Call, name: str) -> ast.Call:
    function = copy.copy(node.func)
    assert isinstance(function, ast.Attribute | ast.Name)
    if isinstance(function, ast.Attribute):
        function.attr = name
    else:
        function.id = name
    return ast.Call(function, node.args, node.keywords)


def _turned(node: ast.Call) -> str:
    """A sort of the same keys from the other end."""
    key = node.args[0]
    negated = isinstance(key, ast.UnaryOp) and isinstance(key.op, ast.USub)
    new = key.operand if isinstance(key, ast.UnaryOp) and negated else ast.UnaryOp(ast.USub(), key)
    return ast.unparse(ast.Call(node.func, [new, *node.args[1:]], node.keywords))
