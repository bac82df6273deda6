"""Takes from a syntax tree what has no effect: annotations, docstrings, constants as statements."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from typing import Any, Literal

Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = Literal["module", "class", "function"]
_KNOWN_ATTRIBUTES = frozenset(
    {"ndarray", "int64", "float64", "bool_", "random", "Generator", "Any", "Callable", "NDArray"}
)  # in annotations, of the modules that have them


def stripped(statements: list[ast.stmt], known: Set[str]) -> list[ast.stmt]:
    """The statements of a module that have an effect, changed in place; `known` names are bound."""
    return _Stripper(known).stripped(statements, "module")


class _Stripper:
    def __init__(self, known: Set[str]) -> None:
        self._known = known

    def stripped(self, nodes: list[Any], scope: _Scope) -> list[Any]:
        """The statements, handlers or cases that have an effect, with all statements in them."""
        return [self._stripped(node, scope) for node in nodes if not _is_idle(node)]

    def _strip_blocks(self, node: ast.AST, scope: _Scope) -> None:
        if isinstance(node, Function):
            self._strip_signature(node)
            scope = "function"
        elif isinstance(node, ast.ClassDef):
            scope = "class"
        for name in ("body", "orelse", "finalbody", "handlers", "cases"):
            children = getattr(node, name, None)
            if children:
                kept = self.stripped(children, scope)
                setattr(node, name, kept or ([] if name == "orelse" else [ast.Pass()]))

    def _stripped(self, node: ast.AST, scope: _Scope) -> ast.AST:
        if not isinstance(node, ast.AnnAssign):
            self._strip_blocks(node, scope)
        elif scope == "function" or (scope == "module" and self._is_harmless(node.annotation)):
            if node.value is not None:
                return ast.copy_location(ast.Assign([node.target], node.value), node)
            node.annotation = ast.Constant(None)  # `x: int` makes a name local: the rest is words
        return node  # in a class, annotations are the fields of a dataclass

    def _strip_signature(self, function: Function) -> None:
        for parameter in parameters_of(function.args):
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


def parameters_of(arguments: ast.arguments) -> Iterator[ast.arg]:
    """All parameters in order."""
    a = arguments
    for parameter in (*a.posonlyargs, *a.args, a.vararg, *a.kwonlyargs, a.kwarg):
        if parameter is not None:
            yield parameter
