"""Every way to take something away from a policy's syntax tree: what a reduction tries.

A simplification is a set of new values for fields of nodes. Put in, the tree is smaller by at least
a node, or a constant is shorter; put in again, it is what it was.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from archive.nodes import CHILDREN, nodes_of
from archive.stripping import Function

_BLOCKS = ("body", "orelse", "finalbody", "handlers")


@dataclass
class Simplification:
    """New values of fields, and by how many nodes the tree gets smaller."""

    fields: list[tuple[ast.AST, str, Any]]
    saves: int

    def swap(self) -> None:
        """Exchange the fields' values with those in the tree."""
        self.fields = [(n, name, _replaced(n, name, value)) for n, name, value in self.fields]


def simplifications(tree: ast.Module) -> list[Simplification]:
    """Those of a tree, the largest savings first; equal ones in order of their places."""
    nodes = nodes_of(tree)
    found = chain(
        *(_of_blocks(node) for node in nodes),
        *(_of_lists(node) for node in nodes),
        *(_of_children(node) for node in nodes),
        *(_of_parameters(node, nodes) for node in nodes if isinstance(node, Function)),
    )
    return sorted(found, key=lambda s: -s.saves)


def is_docstring(statement: ast.stmt) -> bool:
    """Whether it is a text alone: words for the reader, which stay."""
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _replaced(node: ast.AST, name: str, value: Any) -> Any:
    old = getattr(node, name)
    setattr(node, name, value)
    return old


def _size(*nodes: ast.AST) -> int:
    return sum(len(nodes_of(node)) for node in nodes)


# -- statements and branches -------------------------------------------------------------------


def _of_blocks(node: ast.AST) -> Iterator[Simplification]:
    """Runs of neighbouring statements taken out, halves first, then quarters, then one by one; and
    a compound statement replaced by one of its own blocks.
    """
    for name in _BLOCKS:
        block: list[Any] = getattr(node, name, None) or []
        if not isinstance(block, list):
            continue  # the body of a lambda or a conditional expression
        length = len(block)
        while length:
            for start in range(0, len(block), length):
                yield from _without(node, name, block, start, start + length)
            length //= 2
        for i, statement in enumerate(block):
            for inner in _blocks_of(statement):
                kept = [*block[:i], *inner, *block[i + 1 :]]
                saves = _size(statement) - _size(*inner)
                yield Simplification([(node, name, kept)], saves)


def _without(
    node: ast.AST, name: str, block: Sequence[Any], start: int, stop: int
) -> Iterator[Simplification]:
    removed = [s for s in block[start:stop] if not is_docstring(s)]
    kept = [s for i, s in enumerate(block) if not start <= i < stop or is_docstring(s)]
    needs_one = not kept and name == "body" and not isinstance(node, ast.Module)
    saves = _size(*removed) - needs_one
    if saves > 0:
        yield Simplification([(node, name, [ast.Pass()] if needs_one else kept)], saves)


def _blocks_of(statement: ast.AST) -> Iterator[list[ast.stmt]]:
    """The blocks that may stand in a compound statement's place; not those of a definition."""
    if isinstance(statement, (ast.If, ast.For, ast.While, ast.With, ast.Try)):
        for name in ("body", "orelse", "finalbody"):
            if block := getattr(statement, name, None):
                yield block


# -- terms, arguments and constants ------------------------------------------------------------


def _of_lists(node: ast.AST) -> Iterator[Simplification]:
    """One member of a call's arguments, of a logical expression, of a list of names or conditions
    left out.
    """
    if isinstance(node, (ast.arguments, ast.Dict)):
        return  # pairs of lists, which stay as long as each other
    least = 1 if isinstance(node, (ast.BoolOp, ast.Import, ast.ImportFrom, ast.Assign)) else 0
    for name in ("args", "keywords", "values", "elts", "names", "ifs", "targets", "decorator_list"):
        members = getattr(node, name, None)
        if not isinstance(members, list) or len(members) <= least:
            continue
        for i, member in enumerate(members):
            if not isinstance(member, ast.AST):
                continue  # the names of `global`
            kept = [*members[:i], *members[i + 1 :]]
            yield Simplification([(node, name, kept)], _size(member))


def _of_children(node: ast.AST) -> Iterator[Simplification]:
    """An expression replaced by a part of itself, or a constant by a simpler one."""
    for name in CHILDREN[type(node)]:
        child = getattr(node, name, None)
        if isinstance(child, ast.expr):
            for part in _simpler(child):
                yield Simplification([(node, name, part)], _size(child) - _size(part))
        elif isinstance(child, list):
            yield from _of_members(node, name, child)


def _of_members(node: ast.AST, name: str, members: Sequence[Any]) -> Iterator[Simplification]:
    for i, member in enumerate(members):
        if isinstance(member, ast.expr):
            for part in _simpler(member):
                changed = [*members[:i], part, *members[i + 1 :]]
                yield Simplification([(node, name, changed)], _size(member) - _size(part))


def _simpler(node: ast.expr) -> Iterator[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.BoolOp(values=values):
            yield from values
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.UnaryOp(operand=operand):
            yield operand
        case ast.Call(func=ast.Attribute(value=value), args=args):
            yield from (*args, value)
        case ast.Call(args=args):
            yield from args
        case ast.Subscript(value=value, ctx=ast.Load()):
            yield value
        case ast.Constant(value=value):
            yield from (ast.Constant(v) for v in _shorter(value))


def _shorter(value: Any) -> Iterator[Any]:
    """Constants that take fewer characters to write: 0, 1, then fewer digits, the fewest first."""
    simple: list[Any] = []
    if type(value) is int:
        simple = [0, 1]
    elif type(value) is float:
        simple = [0.0, 1.0, *(float(f"{value:.{n}g}") for n in range(1, len(repr(value))))]
    yield from (s for s in simple if len(repr(s)) < len(repr(value)))


# -- parameters --------------------------------------------------------------------------------


def _of_parameters(function: Function, nodes: Sequence[ast.AST]) -> Iterator[Simplification]:
    """A parameter taken away, with what calls give for it."""
    signature = function.args
    first_default = len(signature.args) - len(signature.defaults)
    calls = [n for n in nodes if isinstance(n, ast.Call) and _callee(n) == function.name]
    for i, parameter in enumerate(signature.args):
        if parameter.arg in ("self", "cls"):
            continue
        fields: list[tuple[ast.AST, str, Any]] = [
            (signature, "args", [*signature.args[:i], *signature.args[i + 1 :]])
        ]
        if i >= first_default:
            defaults = signature.defaults
            j = i - first_default
            fields.append((signature, "defaults", [*defaults[:j], *defaults[j + 1 :]]))
        for call in calls:
            fields += _without_argument(call, parameter.arg, i)
        yield Simplification(fields, _size(parameter))


def _callee(call: ast.Call) -> str | None:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return None


def _without_argument(
    call: ast.Call, name: str, index: int
) -> Iterator[tuple[ast.AST, str, list[Any]]]:
    position = index - isinstance(call.func, ast.Attribute)  # `self` is not among the arguments
    if 0 <= position < len(call.args):
        yield call, "args", [*call.args[:position], *call.args[position + 1 :]]
    kept = [k for k in call.keywords if k.arg != name]
    if len(kept) < len(call.keywords):
        yield call, "keywords", kept
