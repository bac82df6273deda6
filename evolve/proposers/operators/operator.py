"""What an operator is: one random edit of a program, or None when this attempt found no place."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from evolve.proposers.analysis.kinds import Number
from evolve.proposers.module import with_numpy, with_parameter
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import Term


@dataclass(frozen=True, slots=True)
class Subject:
    """What is changed, and a second parent for those operators that cross two."""

    program: Program
    mate: Program | None


Operator = Callable[[Subject, np.random.Generator], ast.Module | None]


def quantities(program: Program) -> list[tuple[ast.expr, Number]]:
    """Expressions inside functions that are numbers or arrays and say how much, not where."""
    return [
        (node, kind)
        for node in program.expressions
        if node not in program.structural
        and program.function_of(node) is not None
        and (kind := program.number(node)) is not None
        and program.before(node)
    ]


def computed(program: Program) -> list[tuple[ast.expr, Number]]:
    """Those quantities that are not constants."""
    return [(n, k) for n, k in program.once(quantities) if not isinstance(n, ast.Constant)]


def completed(program: Program, tree: ast.Module, *used: Term) -> ast.Module:
    """The tree with the parameters and the import that the terms ask for."""
    for name in dict.fromkeys(p for term in used for p in term.parameters):
        tree = with_parameter(tree, program.signature.entry, name)
    return with_numpy(tree)
