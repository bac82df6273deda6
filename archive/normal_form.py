"""The normal form of a policy: what is left when the choice of words is taken away.

Comments, docstrings, statements without effect and annotations are dropped; local variables and
private names of the module (`_name`, not imported) are numbered in order of first appearance.
Everything that can be seen from outside is kept: public functions, classes and their methods,
their parameters, attributes, keywords, imported names, names that the module does not bind (those
of the prelude, builtins) and every constant. The normal form is Python that behaves as the source.

Two sources with one normal form differ by an injective renaming of names that nobody else sees, so
they behave the same; the reverse is not promised.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from functools import lru_cache
from itertools import count
from typing import Literal

from archive.scopes import Names, names_of

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = Literal["module", "class", "function"]
_INTROSPECTION = frozenset({"locals", "globals", "vars", "dir", "eval", "exec"})
_KNOWN_ATTRIBUTES = frozenset(
    {"ndarray", "int64", "float64", "bool_", "random", "Generator", "Any", "Callable", "NDArray"}
)  # in annotations, of the modules that have them
_NAME_FIELDS: dict[type[ast.AST], tuple[str, ...]] = {
    ast.Name: ("id",),
    ast.arg: ("arg",),
    ast.FunctionDef: ("name",),
    ast.AsyncFunctionDef: ("name",),
    ast.ClassDef: ("name",),
    ast.ExceptHandler: ("name",),
    ast.Global: ("names",),
    ast.Nonlocal: ("names",),
    ast.MatchAs: ("name",),
    ast.MatchStar: ("name",),
    ast.MatchMapping: ("rest",),
}


@lru_cache(maxsize=1024)  # a child is held against its parents again and again
def normal_digest(source: str) -> str:
    """SHA-256 of the normal form. Raises SyntaxError when the source is not Python."""
    return hashlib.sha256(normal_form(source).encode()).hexdigest()


def normal_form(source: str) -> str:
    """The source in its normal form. Raises SyntaxError when the source is not Python.

    A source that looks at its own names (`locals()`, `f.__name__`, ...) only loses its comments.
    """
    tree = ast.parse(source)
    nodes = list(ast.walk(tree))
    if not any(_looks_at_names(node) for node in nodes):
        keywords = {n.arg for n in nodes if isinstance(n, ast.keyword)}
        names = names_of(source, keywords)
        _Stripper(names.known).strip(tree, "module")
        _Renamer(names).visit(tree)
    return ast.unparse(tree)


def _looks_at_names(node: ast.AST) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _INTROSPECTION or _is_dunder(name)
        case ast.Attribute(attr=name):
            return _is_dunder(name) and name != "__init__"
        case _:
            return False


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


class _Stripper:
    """Drops what has no effect: annotations, docstrings, constants as statements, `pass`."""

    def __init__(self, known: set[str]) -> None:
        self._known = known

    def strip(self, node: ast.AST, scope: _Scope) -> None:
        """Strip a statement, or a handler or case, and all statements in it."""
        if isinstance(node, _Function):
            self._strip_signature(node)
            scope = "function"
        elif isinstance(node, ast.ClassDef):
            scope = "class"
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, name, None)
            if children:
                kept = [self._stripped(child, scope) for child in children if not _is_idle(child)]
                setattr(node, name, kept or ([] if name == "orelse" else [ast.Pass()]))

    def _stripped(self, node: ast.AST, scope: _Scope) -> ast.AST:
        if not isinstance(node, ast.AnnAssign):
            self.strip(node, scope)
        elif scope == "function" or (scope == "module" and self._is_harmless(node.annotation)):
            if node.value is not None:
                return ast.copy_location(ast.Assign([node.target], node.value), node)
            node.annotation = ast.Constant(None)  # `x: int` makes a name local: the rest is words
        return node  # in a class, annotations are the fields of a dataclass

    def _strip_signature(self, function: _Function) -> None:
        for parameter in _parameters(function.args):
            if self._is_harmless(parameter.annotation):
                parameter.annotation = None
        if self._is_harmless(function.returns):
            function.returns = None

    def _is_harmless(self, annotation: ast.expr | None) -> bool:
        """Whether evaluating an annotation cannot raise: else it is behaviour, and stays."""
        if annotation is None:
            return True
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id not in self._known:
                return False
            if isinstance(node, ast.Attribute) and node.attr not in _KNOWN_ATTRIBUTES:
                return False
        return True


def _is_idle(node: ast.AST) -> bool:
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant or isinstance(node, ast.Pass)


class _Renamer(ast.NodeVisitor):
    """Numbers the names that nobody else sees, in place and in order of first appearance."""

    def __init__(self, names: Names) -> None:
        self._units = names.units
        self._module = _Numbering("_g", names.module, names.kept)
        self._unit = _NOTHING
        self._is_inside = False

    def generic_visit(self, node: ast.AST) -> None:
        for attribute in _NAME_FIELDS.get(type(node), ()):
            name = getattr(node, attribute)
            if isinstance(name, list):
                setattr(node, attribute, [self._renamed(n) for n in name])
            elif name is not None:
                setattr(node, attribute, self._renamed(name))
        super().generic_visit(node)

    def _renamed(self, name: str) -> str:
        return self._unit.get(name) or self._module.get(name) or name

    def _visit_function(self, node: _Function) -> None:
        if self._is_inside:
            self.generic_visit(node)
            return
        for outer in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
            if outer is not None:
                self.visit(outer)
        unit = self._units[node.name, node.lineno]
        node.name = self._renamed(node.name)
        self._unit, self._is_inside = _Numbering("v", unit.renamed, unit.kept), True
        for inner in (*_parameters(node.args), *node.body):
            self.visit(inner)
        self._unit, self._is_inside = _NOTHING, False

    visit_FunctionDef = _visit_function  # noqa: N815  # names of ast.NodeVisitor
    visit_AsyncFunctionDef = _visit_function  # noqa: N815


class _Numbering:
    """Numbered names for those in `renamed`, in the order in which they are asked for."""

    def __init__(self, prefix: str, renamed: set[str], kept: set[str]) -> None:
        self._renamed = renamed
        self._numbers: dict[str, str] = {}
        self._fresh = (name for i in count() if (name := f"{prefix}{i}") not in kept)

    def get(self, name: str) -> str | None:
        if name not in self._renamed:
            return None
        if name not in self._numbers:
            self._numbers[name] = next(self._fresh)
        return self._numbers[name]


_NOTHING = _Numbering("", set(), set())


def _parameters(arguments: ast.arguments) -> Iterator[ast.arg]:
    a = arguments
    for parameter in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg):
        if parameter is not None:
            yield parameter
