"""Operators on estimates from arrays: policies are numpy programs that look at a history."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from evolve.proposers.analysis.kinds import Number
from evolve.proposers.operators.operator import Subject, completed, computed
from evolve.proposers.structure import called
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import draw, pick, terms

WEIGHTED = "np.average({x}, axis=0, weights={c} ** np.arange(len({x}))[::-1])"
RECENT = "{x}[-{k}:].mean(axis=0)"
TREND = (
    "np.average({x}, axis=0, weights={c} ** np.arange(len({x}))[::-1]) + {d} * ({x}[-1] - {x}[0])"
)


def weight_axis(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A mean, sum or last row over the leading axis in which recent rows weigh more."""
    program = subject.program
    found = program.once(_over_time)
    if not found:
        return None
    node, array, is_sum = pick(random, found)
    x = f"({ast.unparse(array)})"
    c, d = f"{random.uniform(0.4, 1.0):.2f}", f"{random.uniform(-0.5, 0.5):.2f}"
    form = pick(random, (WEIGHTED, WEIGHTED, RECENT, TREND))
    text = form.format(x=x, c=c, d=d, k=int(random.integers(2, 8)))
    text = f"({text}) * len({x})" if is_sum else text
    return completed(program, program.replaced(node, text))


def smooth(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """An estimate blended with another quantity of its dimensions."""
    program = subject.program
    found = program.once(_estimates)
    if not found:
        return None
    node, kind = pick(random, found)
    available = [t for t in terms(program, node, kind.dims) if t.kind.dtype != "bool"]
    if not available:
        return None
    term, c = draw(random, available), round(float(random.uniform(0.05, 0.95)), 2)
    text = f"{c} * ({ast.unparse(node)}) + {1 - c:.2f} * ({term.text})"
    return completed(program, program.replaced(node, text), term)


def _over_time(program: Program) -> list[tuple[ast.expr, ast.expr, bool]]:
    return [(n, *parts) for n in program.expressions for parts in _over_leading_axis(program, n)]


def _estimates(program: Program) -> list[tuple[ast.expr, Number]]:
    return [(n, k) for n, k in program.once(computed) if k.dtype == "float"]


def _over_leading_axis(program: Program, node: ast.expr) -> Iterator[tuple[ast.expr, bool]]:
    """(array, whether it is a sum) of an expression that does away with the leading axis."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np")), args=[array, *_]):
            axis = node.args[1] if len(node.args) > 1 else _axis(node)
        case ast.Call(func=ast.Attribute(value=array)):
            axis = node.args[0] if node.args else _axis(node)
        case ast.Subscript(value=array, slice=ast.UnaryOp(op=ast.USub())):
            axis = node.slice
            if _is_history(program, array) and ast.unparse(axis) == "-1":
                yield array, False
            return
        case _:
            return
    leading = axis is not None and ast.unparse(axis) == "0"
    if (
        leading
        and called(node) in ("mean", "sum", "average", "median")
        and _is_history(program, array)
    ):
        yield array, called(node) == "sum"


def _axis(node: ast.Call) -> ast.expr | None:
    return next((k.value for k in node.keywords if k.arg == "axis"), None)


def _is_history(program: Program, array: ast.expr) -> bool:
    kind = program.number(array)
    return kind is not None and len(kind.dims) > 1 and kind.dtype != "bool"
