"""A policy as a syntax tree that is never changed: every edit gives a new tree.

An edit copies the nodes on the way from the root to the changed one and shares all others, so a
parsed parent serves any number of children.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from evaluators.errors import AdrsError
from evaluators.signature import Field, Signature
from evolve.proposers.analysis.inference import Inference, infer
from evolve.proposers.analysis.kinds import Environment, Kind, Number, field_kinds, number

_SHAPED = {  # positions of the arguments that are a shape
    **dict.fromkeys("range arange linspace transpose swapaxes".split(), slice(None)),
    **dict.fromkeys("zeros ones full empty".split(), slice(1)),
    **dict.fromkeys("repeat tile reshape".split(), slice(1, None)),
}
_REDUCING = frozenset("mean sum max min median std var argmax argmin any all argsort sort".split())
_SETTINGS = frozenset("axis dtype kind keepdims ddof minlength side order".split())
_TRANSPARENT = (ast.BinOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Slice)


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


class NoEntryError(AdrsError):
    """The policy's entry is not a function of the module nor a method of one of its classes."""


class Program:
    """A parsed policy with what is known about its expressions.

    Raises SyntaxError and NoEntryError.
    """

    def __init__(self, source: str, signature: Signature) -> None:
        self.source = source
        self.signature = signature
        self.tree = ast.parse(source)
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
        self.entry_names = {n.id for n in ast.walk(self.entry) if isinstance(n, ast.Name)}
        """Every name that occurs in the entry: a field of such a name cannot be taken there."""
        kinds = [k for f in signature.action for _, k in field_kinds(f)]
        self.answer = number(kinds[0]) if len(kinds) == 1 else None
        """The kind of the entry's answer, when it is a single number or array."""

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

    @property
    def fields_of_call(self) -> tuple[Field, ...]:
        """The fields that the entry may take as parameters."""
        return self.signature.observation if self.owner else self.signature.inputs()

    def assigned_once(self, node: ast.expr) -> dict[str, ast.expr]:
        """The values of the local names that the function around `node` assigns exactly once."""
        function = self.function_of(node)
        if function is None:
            return {}
        stored = Counter(
            n.id for n in ast.walk(function)
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        )  # fmt: skip
        return {
            s.targets[0].id: s.value
            for s in function.body
            if isinstance(s, ast.Assign)
            and isinstance(s.targets[0], ast.Name)
            and stored[s.targets[0].id] == 1
        }

    def binds(self, name: str) -> bool:
        """Whether the name is assigned or a parameter anywhere in the program."""
        return name in self._bound

    def parent(self, node: ast.AST) -> ast.AST:
        """The node that this one hangs on."""
        return self.places[node].parent

    def replaced(self, node: ast.expr, text: str) -> ast.Module:
        """The tree with an expression written anew."""
        return self._rebuilt(node, ast.parse(text, mode="eval").body)

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
        for attribute, value in ast.iter_fields(node):
            for index, child in enumerate(value if isinstance(value, list) else [value]):
                if isinstance(child, ast.AST):
                    at = index if isinstance(value, list) else None
                    self.places[child] = Place(node, attribute, at)
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


def structural_children(node: ast.AST) -> list[ast.expr]:
    """Expressions under the node that say where or how large, not how much."""
    found: list[ast.expr | None] = []
    match node:
        case ast.Subscript():
            found = [node.slice]
        case ast.Call():
            name = called(node)
            if name in _SHAPED:
                found = list(node.args if _is_method(node) else node.args[_SHAPED[name]])
            elif name in _REDUCING:
                found = [a for a in node.args if isinstance(a, ast.Constant)]
            found += [k.value for k in node.keywords if k.arg in _SETTINGS]
        case ast.arg() | ast.AnnAssign():
            found = [node.annotation]
        case ast.FunctionDef():
            found = [*node.decorator_list, node.returns]
    return [e for f in found if f is not None for e in _within(f)]


def _is_method(node: ast.Call) -> bool:
    """Whether the function is called on a value, not taken from numpy."""
    match node.func:
        case ast.Attribute(value=ast.Name(id="np" | "numpy")):
            return False
        case _:
            return isinstance(node.func, ast.Attribute)


def _within(node: ast.expr) -> list[ast.expr]:
    """The expression and what it is computed from by plain arithmetic."""
    if not isinstance(node, _TRANSPARENT):
        return [node]
    inner = [c for c in ast.iter_child_nodes(node) if isinstance(c, ast.expr)]
    return [node, *(e for c in inner for e in _within(c))]


def called(node: ast.Call) -> str:
    """The last part of the called name."""
    match node.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


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
    while isinstance(tree.body[first], ast.ImportFrom):  # `from __future__` stays first
        first += 1
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
