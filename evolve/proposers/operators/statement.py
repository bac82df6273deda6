"""Operators on whole statements."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

import numpy as np

from archive.nodes import nodes_of
from evolve.proposers.analysis.expressions import dotted
from evolve.proposers.module import is_docstring
from evolve.proposers.operators.operator import Subject
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import pick


def delete_statement(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A statement less; none whose names are needed, nor the last answer."""
    program = subject.program
    found = program.once(_needless)
    return program.rewritten(pick(random, found), []) if found else None


def duplicate_statement(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A statement twice, where the second time goes on from the first."""
    program = subject.program
    found = program.once(_repeatable)
    if not found:
        return None
    statement = pick(random, found)
    return program.rewritten(statement, [statement, statement])


def bound_names(statement: ast.stmt) -> list[str]:
    """The dotted names that the statement assigns or imports, in order, those of inner blocks
    included.
    """
    return [name for node in nodes_of(statement) for name in _bound_at(node)]


def _bound_at(node: ast.AST) -> list[str]:
    match node:
        case ast.Name(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
            name = dotted(node)
            return [] if name is None else [name]
        case ast.alias():
            return [(node.asname or node.name).split(".")[0]]
        case _:
            return []


def read_names(node: ast.AST) -> Iterator[str]:
    """The dotted names that are read below the node."""
    for inner in nodes_of(node):
        if isinstance(inner, ast.Name | ast.Attribute) and isinstance(inner.ctx, ast.Load):
            name = dotted(inner)
            if name is not None:
                yield name


def _needless(program: Program) -> list[ast.stmt]:
    reads: dict[ast.FunctionDef, Counter[str]] = {}
    found = []
    for statement in program.statements:
        function = program.function_of(statement)
        if function is not None:
            if function not in reads:
                reads[function] = Counter(read_names(function))
            if _may_go(program, statement, function, reads[function]):
                found.append(statement)
    return found


def _may_go(
    program: Program, statement: ast.stmt, function: ast.FunctionDef, reads: Counter[str]
) -> bool:
    """Whether no name is lost that is read elsewhere, in this function or on `self`."""
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.Pass) or is_docstring(statement):
        return False
    if isinstance(statement, ast.Return | ast.If) and statement is function.body[-1]:
        return False
    here = program.before(statement)
    lost = {name for name in bound_names(statement) if name not in here}
    if any(name.startswith("self.") for name in lost):
        return False
    inside = Counter(read_names(statement)) if lost else Counter[str]()
    return all(reads[name] == inside[name] for name in lost)


def _repeatable(program: Program) -> list[ast.stmt]:
    return [s for s in program.statements if _goes_on(s)]


def _goes_on(statement: ast.stmt) -> bool:
    match statement:
        case ast.AugAssign() | ast.For() | ast.While():
            return True
        case ast.Assign():
            return bool(set(bound_names(statement)) & set(read_names(statement.value)))
        case _:
            return False
