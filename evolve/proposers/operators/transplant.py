"""Moves an expression of one program to a place in another, with all that it needs.

Local names that are assigned once are written out, fields that the entry does not take yet become
its parameters, and module-level definitions come along. What would mean something else at the new
place stays where it is.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from typing import Any

from archive.nodes import nodes_of
from evolve.proposers.analysis.kinds import Number, field_kinds
from evolve.proposers.operators.operator import completed
from evolve.proposers.operators.statement import read_names
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import Term

LONGEST = 300  # characters of a transplanted expression: whole policies are not spelled out
_MOST_NODES = 4 * LONGEST  # a node has a character, most have a context beside them
_DEEPEST = 100  # nested nodes: visiting is recursive

Placing = Callable[[str], ast.Module]  # the program's tree with a text put in its place


def transplanted(
    program: Program, node: ast.expr, mate: Program, donor: ast.expr, place: Placing
) -> ast.Module | None:
    """The tree in which `place` has put the donor, None when it cannot live there."""
    try:
        written_out = _Inliner(mate, donor).visit(copy.deepcopy(donor))
    except _TooLongError:
        return None
    text = ast.unparse(written_out)
    if len(text) > LONGEST:
        return None
    parameters = _needed_fields(program, node, mate, donor, written_out)
    if parameters is None:
        return None
    tree = completed(program, place(text), Term(text, Number("float"), parameters))
    return with_definitions(tree, written_out, mate)


def with_definitions(tree: ast.Module, new: ast.AST, mate: Program) -> ast.Module | None:
    """The tree with the mate's globals that `new` needs, None when a name means two things."""
    here, there = _definitions(tree), definitions(mate)
    todo, brought = [new], list[ast.stmt]()
    while todo:
        for name in dict.fromkeys(read_names(todo.pop())):
            theirs = there.get(name)
            if theirs is None or theirs is new or theirs in brought:
                continue
            ours = here.get(name)
            if ours is None:
                brought.append(theirs)
                todo.append(theirs)
            elif ours is not new and ast.dump(ours) != ast.dump(theirs):
                return None
    body = list(tree.body)
    first = next(i for i, s in enumerate(body) if isinstance(s, ast.FunctionDef | ast.ClassDef))
    in_order = [s for s in mate.tree.body if s in brought]
    return ast.Module([*body[:first], *in_order, *body[first:]], tree.type_ignores)


def definitions(program: Program) -> dict[str, ast.stmt]:
    """The module's statements by the names that they bind first."""
    return program.once(_definitions_of_program)


def _definitions_of_program(program: Program) -> dict[str, ast.stmt]:
    return _definitions(program.tree)


def _definitions(tree: ast.Module) -> dict[str, ast.stmt]:
    found: dict[str, ast.stmt] = {}
    for statement in tree.body:
        for name in _bound_by(statement):
            found.setdefault(name, statement)
    return found


def _bound_by(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.FunctionDef(name=bound) | ast.ClassDef(name=bound):
            return [bound]
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            return [(a.asname or a.name).split(".")[0] for a in aliases]
        case _:
            return _stored(statement)


def _stored(node: ast.AST) -> list[str]:
    names = [n for n in nodes_of(node) if isinstance(n, ast.Name)]
    return [n.id for n in names if isinstance(n.ctx, ast.Store)]


def _needed_fields(
    program: Program, node: ast.expr, mate: Program, donor: ast.expr, written_out: ast.expr
) -> tuple[str, ...] | None:
    """The fields that must become parameters; None when a name is missing or means another kind."""
    here, there = program.before(node), mate.before(donor)
    fields = dict(k for f in program.open_fields(node) for k in field_kinds(f))
    own = set(_stored(written_out))  # of comprehensions
    own |= {n.arg for n in nodes_of(written_out) if isinstance(n, ast.arg)}  # of lambdas
    needed: dict[str, None] = {}
    for name in read_names(written_out):
        root = name.split(".")[0]
        if root in own or root in definitions(mate) or not mate.binds(root):
            continue  # its own, a global that comes along, a builtin or of the prelude
        if root not in there:
            return None  # of a comprehension around it
        here_too = root in here
        kinds = here if here_too else fields
        is_record = there[root] is None and any(k.startswith(f"{root}.") for k in there)
        if name not in kinds or kinds[name] != there.get(name):
            return None
        if there.get(name) is None and not is_record:
            return None
        if not here_too:
            needed[root] = None
    return tuple(needed)


class _TooLongError(Exception):
    """What is written out would be longer than `LONGEST`."""


class _Inliner(ast.NodeTransformer):
    """Writes out the local names that the function around the donor assigns once.

    A chain of assignments that each use the last one twice doubles with each link: what is too long
    is given up before it is built.
    """

    def __init__(self, mate: Program, donor: ast.expr) -> None:
        self._values = mate.assigned_once(donor)
        self._open: set[str] = set()
        self._visited = self._depth = 0

    def visit(self, node: ast.AST) -> Any:
        self._visited += 1
        self._depth += 1
        if self._visited > _MOST_NODES or self._depth > _DEEPEST:
            raise _TooLongError
        visited = super().visit(node)
        self._depth -= 1
        return visited

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._values.get(node.id)
        if value is None or node.id in self._open or not isinstance(node.ctx, ast.Load):
            return node
        self._open.add(node.id)
        written_out: ast.expr = self.visit(copy.deepcopy(value))
        self._open.remove(node.id)
        return written_out
