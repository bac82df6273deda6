"""Questions about a policy's module as a whole, and edits of it."""

from __future__ import annotations

import ast
import copy
from typing import TypeVar

from evaluators.errors import AdrsError


class NoEntryError(AdrsError):
    """The policy's entry is not a function of the module nor a method of one of its classes."""


def entry_of(tree: ast.Module, entry: str) -> tuple[ast.FunctionDef, ast.ClassDef | None]:
    """The entry's function, and its class when it is a method. Raises NoEntryError."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == entry:
            return node, None
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef) and member.name == entry:
                    return member, node
    raise NoEntryError(entry)


def with_parameter(tree: ast.Module, entry: str, name: str) -> ast.Module:
    """The tree whose entry has one more parameter; the entry is called by keyword."""
    function, owner = entry_of(tree, entry)
    arguments = copy.copy(function.args)
    new = [ast.arg(name)]
    if arguments.defaults or arguments.vararg:
        arguments.kwonlyargs = [*arguments.kwonlyargs, *new]
        arguments.kw_defaults = [*arguments.kw_defaults, None]
    else:
        arguments.args = [*arguments.args, *new]
    changed = copy.copy(function)
    changed.args = arguments
    if owner is None:
        return _with_body(tree, function, changed)
    return _with_body(tree, owner, _with_body(owner, function, changed))


def with_numpy(tree: ast.Module) -> ast.Module:
    """The tree in which `np` is numpy; the same one when it is already."""
    imports = [s for s in tree.body if isinstance(s, ast.Import)]
    if any(a.name == "numpy" and a.asname == "np" for s in imports for a in s.names):
        return tree
    first = 1 if tree.body and is_docstring(tree.body[0]) else 0
    while isinstance(next(iter(tree.body[first:]), None), ast.ImportFrom):
        first += 1  # `from __future__` stays first
    added = ast.Import([ast.alias("numpy", "np")])
    return ast.Module([*tree.body[:first], added, *tree.body[first:]], tree.type_ignores)


def is_docstring(node: ast.stmt) -> bool:
    """Whether the statement is a text alone."""
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


_Body = TypeVar("_Body", ast.Module, ast.ClassDef)


def _with_body(node: _Body, old: ast.stmt, new: ast.stmt) -> _Body:
    changed = copy.copy(node)
    changed.body = [new if s is old else s for s in node.body]
    return changed


def source_lines(source: str, tree: ast.Module) -> dict[ast.stmt, str]:
    """The lines of every statement of the module with the comments before it.

    Empty when two statements share a line: then nothing can be kept to the letter.
    """
    # as the parser counts them: `splitlines` splits at form feeds and more
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: dict[ast.stmt, str] = {}
    stop = 0
    for statement in tree.body:
        if _first_line(statement) <= stop:
            return {}
        end = statement.end_lineno or statement.lineno
        kept[statement] = "\n".join(lines[stop:end])
        stop = end
    return kept


def written(statement: ast.stmt) -> str:
    """A statement of the module as fresh source."""
    text = ast.unparse(ast.Module([statement], []))  # only a module's text has three quotes
    is_block = isinstance(statement, ast.FunctionDef | ast.ClassDef)
    return f"\n\n{text.strip()}" if is_block else text


def _first_line(statement: ast.stmt) -> int:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef) and statement.decorator_list:
        return statement.decorator_list[0].lineno
    return statement.lineno
