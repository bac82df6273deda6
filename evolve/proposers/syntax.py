"""A policy as a syntax tree that is never changed: every edit gives a new tree.

An edit copies the nodes on the way from the root to the changed one and shares all others, so a
parsed parent serves any number of children.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from archive.nodes import CHILDREN, nodes_of
from evaluators.parsing import parsed_expression, parsed_module
from evaluators.signature import Field, Signature
from evolve.proposers.analysis.inference import Inference, infer
from evolve.proposers.analysis.kinds import Environment, Kind, Number, field_kinds, number
from evolve.proposers.module import entry_of, source_lines, written
from evolve.proposers.structure import structural_children

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node hangs: `index` is None unless the parent's attribute is a list."""

    parent: ast.AST
    attribute: str
    index: int | None


@dataclass(frozen=True, slots=True)
class _Around:
    """The innermost statement, the outermost function, and whether a `while` is around."""

    statement: ast.stmt | None = None
    function: ast.FunctionDef | None = None
    repeats: bool = False

    def within(self, node: ast.stmt) -> _Around:
        function = self.function
        if function is None and isinstance(node, ast.FunctionDef):
            function = node
        return _Around(node, function, self.repeats or isinstance(node, ast.While))


class Program:
    """A parsed policy with what is known about its expressions.

    Raises SyntaxError and NoEntryError.
    """

    def __init__(self, source: str, signature: Signature) -> None:
        self.source = source
        self.signature = signature
        self.tree = parsed_module(source)
        self._source_lines = source_lines(source, self.tree)
        self._known: dict[Callable[[Program], object], object] = {}
        self.places: dict[ast.AST, Place] = {}
        # those that are read and those inside functions, in order; nothing inside a `while`: an
        # edit there mostly gives a loop without end, which costs a whole deadline to find out
        self.expressions: list[ast.expr] = []
        self.statements: list[ast.stmt] = []
        self.structural: set[ast.expr] = set()  # indices, shapes, axes, annotations
        self._statement_of: dict[ast.expr, ast.stmt] = {}
        self._function_of: dict[ast.stmt, ast.FunctionDef | None] = {}
        self._bound: set[str] = set()
        self._survey(self.tree, _Around())
        self._inference: Inference = infer(self.tree, signature)
        self.entry, self.owner = entry_of(self.tree, signature.entry)
        inside = nodes_of(self.entry)
        self._entry_names = {n.id for n in inside if isinstance(n, ast.Name)}
        self._entry_names |= {n.arg for n in inside if isinstance(n, ast.arg)}
        kinds = [k for f in signature.action for _, k in field_kinds(f)]
        self.answer = number(kinds[0]) if len(kinds) == 1 else None
        """The kind of the entry's answer, when it is a single number or array."""

    def once(self, find: Callable[[Program], T]) -> T:
        """What `find` says of this program; asked only once, since a parent has many children."""
        if find not in self._known:
            self._known[find] = find(self)
        return cast(T, self._known[find])

    def source_of(self, tree: ast.Module) -> str:
        """The source of a child: what it shares with this one is kept to the letter."""
        parts = [self._source_lines.get(s) or written(s) for s in tree.body]
        return "\n".join(parts) + "\n"

    def kind(self, node: ast.expr) -> Kind | None:
        """The kind of an expression, None when unknown."""
        return self._inference.kinds.get(node)

    def number(self, node: ast.expr) -> Number | None:
        """The kind of an expression when it is a number or an array."""
        return number(self.kind(node))

    def before(self, node: ast.expr | ast.stmt) -> Environment:
        """The names that are surely defined where the node stands."""
        statement = self._statement_of[node] if isinstance(node, ast.expr) else node
        return self._inference.before.get(statement, {})

    def function_of(self, node: ast.expr | ast.stmt) -> ast.FunctionDef | None:
        """The outermost function around the node."""
        statement = self._statement_of[node] if isinstance(node, ast.expr) else node
        return self._function_of[statement]

    def open_fields(self, node: ast.expr | ast.stmt) -> list[Field]:
        """The fields that the entry may still take as parameters, if the node is in the entry."""
        if self.function_of(node) is not self.entry:
            return []
        told = self.signature.observation if self.owner else self.signature.inputs()
        return [f for f in told if f.name != "seed" and f.name not in self._entry_names]

    def assigned_once(self, node: ast.expr) -> dict[str, ast.expr]:
        """The values of the local names that the function around `node` assigns exactly once."""
        function = self.function_of(node)
        return {} if function is None else self.once(_assigned_once).get(function, {})

    def binds(self, name: str) -> bool:
        """Whether the name is assigned or a parameter anywhere in the program."""
        return name in self._bound

    def parent(self, node: ast.AST) -> ast.AST:
        """The node that this one hangs on."""
        return self.places[node].parent

    def replaced(self, node: ast.expr, text: str) -> ast.Module:
        """The tree with an expression written anew."""
        return self._rebuilt(node, parsed_expression(text))

    def rewritten(self, node: ast.stmt, statements: Sequence[ast.stmt]) -> ast.Module:
        """The tree with a statement replaced by some; `pass` where nothing would be left."""
        place = self.places[node]
        body = list(getattr(place.parent, place.attribute))
        assert place.index is not None
        body[place.index : place.index + 1] = statements
        parent = copy.copy(place.parent)
        setattr(parent, place.attribute, body or [ast.Pass()])
        return self._rebuilt(place.parent, parent)

    def _rebuilt(self, node: ast.AST, new: ast.AST) -> ast.Module:
        while node is not self.tree:
            place = self.places[node]
            parent = copy.copy(place.parent)
            if place.index is None:
                setattr(parent, place.attribute, new)
            else:
                siblings = list(getattr(parent, place.attribute))
                siblings[place.index] = new
                setattr(parent, place.attribute, siblings)
            node, new = place.parent, parent
        assert isinstance(new, ast.Module)
        return new

    def _survey(self, node: ast.AST, around: _Around) -> None:
        """Note every node's place, statement and function."""
        around = self._noted(node, around)
        for attribute in CHILDREN[type(node)]:
            value = getattr(node, attribute, None)
            if isinstance(value, ast.AST):
                self.places[value] = Place(node, attribute, None)
                self._survey(value, around)
            elif isinstance(value, list):
                for index, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        self.places[child] = Place(node, attribute, index)
                        self._survey(child, around)
        self.structural.update(structural_children(node))

    def _noted(self, node: ast.AST, around: _Around) -> _Around:
        """Note one node; what is around its children."""
        match node:
            case ast.stmt():
                self._function_of[node] = around.function
                if around.function is not None and not around.repeats:
                    self.statements.append(node)
                return around.within(node)
            case ast.expr() if around.statement is not None:
                self._statement_of[node] = around.statement
                is_read = isinstance(getattr(node, "ctx", None), ast.Load | None)
                if is_read and not around.repeats:
                    self.expressions.append(node)
                elif not is_read and isinstance(node, ast.Name):
                    self._bound.add(node.id)
            case ast.arg():
                self._bound.add(node.arg)
        return around


def _assigned_once(program: Program) -> dict[ast.FunctionDef, dict[str, ast.expr]]:
    functions = dict.fromkeys(program.function_of(s) for s in program.statements)
    return {f: _values_assigned_once(f) for f in functions if f is not None}


def _values_assigned_once(function: ast.FunctionDef) -> dict[str, ast.expr]:
    names = [n for n in nodes_of(function) if isinstance(n, ast.Name)]
    stored = Counter(n.id for n in names if isinstance(n.ctx, ast.Store))
    return {
        s.targets[0].id: s.value
        for s in function.body
        if isinstance(s, ast.Assign)
        and isinstance(s.targets[0], ast.Name)
        and stored[s.targets[0].id] == 1
    }
