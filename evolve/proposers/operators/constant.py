"""Operators on single constants."""

from __future__ import annotations

import ast
import math

import numpy as np

from evolve.proposers.operators.operator import Subject
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import pick

FACTOR_SPREADS = (0.1, 0.4, 1.2)  # fine, medium, coarse: standard deviations of the log factor
USEFUL_FLOATS = (0.0, 0.1, 0.25, 0.5, 0.9, 1.0, 2.0, 4.0, 10.0)
USEFUL_INTS = (0, 1, 2, 3, 4, 8, 16, 64, 256, 1024)


def perturb_constant(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A number moved a little: by a log-normal factor, an integer by at least one."""
    found = subject.program.once(numerals)
    if not found:
        return None
    node, value = pick(random, found)
    return subject.program.replaced(node, repr(perturbed(value, random)))


def replace_constant(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A number replaced by a useful one, its negation, reciprocal, double or half."""
    flags = subject.program.once(_flags)
    found = subject.program.once(numerals)
    if flags and random.random() < len(flags) / (len(flags) + len(found)):
        flag = pick(random, flags)
        return subject.program.replaced(flag, "False" if ast.unparse(flag) == "True" else "True")
    if not found:
        return None
    node, value = pick(random, found)
    choices = [v for v in _alternatives(value) if v != value]
    return subject.program.replaced(node, repr(pick(random, choices)))


def numerals(program: Program) -> list[tuple[ast.expr, int | float]]:
    """The constants that say how much, and the ends of slices (the last 4 windows)."""
    return [
        (node, node.value)
        for node in program.expressions
        if isinstance(node, ast.Constant)
        and isinstance(node.value, int | float)
        and type(node.value) is not bool
        and math.isfinite(node.value)
        and (node not in program.structural or _ends_slice(program, node))
    ]


def perturbed(value: int | float, random: np.random.Generator) -> int | float:
    """A number near `value`, of its type and sign; of either sign when it is zero."""
    step = pick(random, FACTOR_SPREADS) * float(random.standard_normal())
    if isinstance(value, int):
        moved = round(value * math.exp(step)) if abs(value) > 1 else value
        return moved if moved != value else value + int(pick(random, (-1, 1)))
    return float(f"{value * math.exp(step) if value else step:.3g}")


def _alternatives(value: int | float) -> list[int | float]:
    if isinstance(value, int):
        return [*USEFUL_INTS, -value, 2 * value, value // 2]
    near = [-value, 2.0 * value, value / 2.0, 1.0 - value]
    return [*USEFUL_FLOATS, *near, *([1.0 / value] if value else [])]


def _ends_slice(program: Program, node: ast.AST) -> bool:
    if isinstance(program.parent(node), ast.UnaryOp):
        node = program.parent(node)
    place = program.places[node]
    return isinstance(place.parent, ast.Slice) and place.attribute != "step"


def _flags(program: Program) -> list[ast.expr]:
    return [n for n in program.expressions if _is_flag(program, n)]


def _is_flag(program: Program, node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and type(node.value) is bool
        and node not in program.structural
    )
