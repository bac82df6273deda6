"""Operators that add a term built from what is in scope, or take one away."""

from __future__ import annotations

import ast

import numpy as np

from evolve.proposers.analysis.kinds import Number
from evolve.proposers.operators.operator import Subject, completed, quantities
from evolve.proposers.structure import called
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import coefficient, draw, pick, terms

FORMS = (
    "{x} + {c} * {t}",
    "{x} - {c} * {t}",
    "{x} * (1.0 + {c} * {t})",
    "{x} / (1.0 + {c} * np.abs({t}))",
    "{x} + {c} * np.log1p(np.abs({t}))",
    "{x} * np.exp(-{c} * np.abs({t}))",
    "np.maximum({x}, {c} * {t})",
    "np.minimum({x}, {c} * {t})",
)
RELATIVE = "{x} + {c} * np.mean({x}) * {t} / (np.mean(np.abs({t})) + 1e-09)"
SCALED = "{c} * {x}"
_ORDERING = frozenset("argsort lexsort argmin argmax sorted min max".split())

_SELECTING = frozenset("min max minimum maximum where clip".split())


def insert_term(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A quantity with a term in scope added, multiplied or compared; or scaled by a constant."""
    program = subject.program
    found = program.once(_extensible)
    if not found:
        return None
    node, kind = pick(random, found)
    x, c = f"({ast.unparse(node)})", coefficient(random, 1.5)
    available = terms(program, node, kind.dims)
    if not available or random.random() < 0.15:
        text, used = SCALED.format(x=x, c=c), []
    else:
        term = draw(random, available)
        form = RELATIVE if kind.dims and random.random() < 0.3 else pick(random, FORMS)
        text, used = form.format(x=x, c=c, t=f"({term.text})"), [term]
    if kind.is_scalar and kind.dtype == "int":
        text = f"int({text})"
    return completed(program, program.replaced(node, text), *used)


def remove_term(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """An operation replaced by one of its operands of the same kind."""
    program = subject.program
    found = program.once(_reducible)
    if not found:
        return None
    node, parts = pick(random, found)
    return program.replaced(node, ast.unparse(pick(random, parts)))


def _extensible(program: Program) -> list[tuple[ast.expr, Number]]:
    return [(n, k) for n, k in program.once(quantities) if _takes_terms(program, n, k)]


def _reducible(program: Program) -> list[tuple[ast.expr, list[ast.expr]]]:
    return [(n, parts) for n in program.expressions if (parts := _operands(program, n))]


def _takes_terms(program: Program, node: ast.expr, kind: Number) -> bool:
    """Whether a float may stand here: not in a truth value, an index or a bare constant."""
    if isinstance(node, ast.Constant) or kind.dtype == "bool":
        return False
    if kind.dtype == "float" or _orders(program, node):
        return True
    return kind.is_scalar and kind.index_of is None and kind.size_of is None


def _orders(program: Program, node: ast.expr) -> bool:
    """Whether the expression is only compared: a sorting key, a side of a comparison."""
    parent = program.parent(node)
    if isinstance(parent, ast.Tuple):
        parent = program.parent(parent)
    if isinstance(parent, ast.UnaryOp):
        parent = program.parent(parent)
    return isinstance(parent, ast.Compare) or (
        isinstance(parent, ast.Call) and called(parent) in _ORDERING
    )


def _operands(program: Program, node: ast.expr) -> list[ast.expr]:
    if node in program.structural:
        return []
    match node:
        case ast.BinOp():
            return _alike(program, node, [node.left, node.right])
        case ast.BoolOp():
            return list(node.values)
        case ast.IfExp():
            return _alike(program, node, [node.body, node.orelse])
        case ast.UnaryOp(op=ast.USub()) if not isinstance(node.operand, ast.Constant):
            return [node.operand]
        case ast.Call(args=[_, _, *_]) if called(node) in _SELECTING:
            return _alike(program, node, node.args)
        case _:
            return []


def _alike(program: Program, node: ast.expr, parts: list[ast.expr]) -> list[ast.expr]:
    whole = program.number(node)
    if whole is None:
        return []
    kinds = [(p, program.number(p)) for p in parts]
    return [p for p, k in kinds if k is not None and k.dims == whole.dims]
