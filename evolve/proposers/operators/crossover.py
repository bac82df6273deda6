"""Operators that bring a part of a second parent into the first."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from archive.nodes import nodes_of
from evaluators.parsing import parsed_expression
from evolve.proposers.analysis.kinds import Number
from evolve.proposers.operators.operator import Subject, computed
from evolve.proposers.operators.transplant import transplanted, with_definitions
from evolve.proposers.syntax import Program
from evolve.proposers.typed_terms import pick

ATTEMPTS = 6  # donors tried for a place


def exchange_subtree(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A quantity replaced by one of the same kind from the second parent."""
    program, mate = subject.program, subject.mate
    if mate is None:
        return None
    found, donors = program.once(computed), mate.once(computed)
    if not found or not donors:
        return None
    for _ in range(ATTEMPTS):
        node, kind = pick(random, found)
        fitting = [n for n, k in donors if _fits(k, kind) and not _are_alike(n, node)]
        if fitting:
            place = partial(program.replaced, node)
            tree = transplanted(program, node, mate, pick(random, fitting), place)
            if tree is not None:
                return tree
    return None


def exchange_argument(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A call's keyword argument as the second parent gives it in its call of the same function."""
    program, mate = subject.program, subject.mate
    if mate is None:
        return None
    found = list(_argument_pairs(program, mate))
    if not found:
        return None
    call, given = pick(random, found)

    def place(text: str) -> ast.Module:
        value = parsed_expression(text)
        others = [k for k in call.keywords if k.arg != given.arg]
        new = ast.Call(call.func, call.args, [*others, ast.keyword(given.arg, value)])
        return program.replaced(call, ast.unparse(new))

    return transplanted(program, call, mate, given.value, place)


def exchange_function(subject: Subject, random: np.random.Generator) -> ast.Module | None:
    """A function, or a method, replaced by the second parent's of the same name or parameters."""
    program, mate = subject.program, subject.mate
    if mate is None or (program.owner is None) != (mate.owner is None):
        return None
    ours, theirs = program.once(_functions), mate.once(_functions)
    pairs = [(f.node, g) for f in ours for g in theirs if _exchangeable(f, g)]
    if not pairs:
        return None
    old, donor = pick(random, pairs)
    new = copy.copy(donor.node)
    new.name = old.name
    if not donor.attributes <= program.once(_all_attributes):
        return None
    return with_definitions(program.rewritten(old, [new]), new, mate)


def _are_alike(one: ast.expr, other: ast.expr) -> bool:
    return type(one) is type(other) and ast.dump(one) == ast.dump(other)


def _fits(one: Number, other: Number) -> bool:
    return one == other and (one.index_of, one.size_of) == (other.index_of, other.size_of)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call by name, with the texts of its keyword arguments."""

    node: ast.Call
    name: str
    arguments: dict[str | None, str]


def _calls(program: Program) -> list[_Call]:
    return [
        _Call(n, n.func.id, {k.arg: ast.dump(k.value) for k in n.keywords})
        for n in program.expressions
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Name)
        and program.function_of(n) is not None
    ]


def _argument_pairs(program: Program, mate: Program) -> Iterator[tuple[ast.Call, ast.keyword]]:
    """(our call, an argument of theirs that ours lacks or gives otherwise)."""
    for ours in program.once(_calls):
        for theirs in mate.once(_calls):
            if ours.name == theirs.name:
                for given in theirs.node.keywords:
                    if given.arg and ours.arguments.get(given.arg) != theirs.arguments[given.arg]:
                        yield ours.node, given


@dataclass(frozen=True, slots=True)
class _Function:
    """A function or method, with the texts by which two are compared."""

    node: ast.FunctionDef
    arguments: str
    whole: str
    attributes: set[str]  # of its body
    is_entry: bool


def _functions(program: Program) -> list[_Function]:
    body = [*program.tree.body, *(program.owner.body if program.owner else [])]
    return [
        _Function(
            s,
            ast.dump(s.args),
            ast.dump(s),
            _attributes(ast.Module(s.body, [])),
            s is program.entry,
        )
        for s in body
        if isinstance(s, ast.FunctionDef) and s.name != "__init__"
    ]


def _exchangeable(old: _Function, new: _Function) -> bool:
    """Whether callers of the one can call the other: of one name, or of the same parameters."""
    if old.whole == new.whole or old.is_entry != new.is_entry:
        return False
    return old.node.name == new.node.name or old.arguments == new.arguments


def _all_attributes(program: Program) -> set[str]:
    return _attributes(program.owner or program.tree)


def _attributes(node: ast.AST) -> set[str]:
    """What is read or set on `self`, and the functions that are there."""
    nodes = nodes_of(node)
    return {
        n.attr
        for n in nodes
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == "self"
    } | {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
