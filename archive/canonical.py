"""A syntax tree with its names given anew, and a text that says exactly which tree it is.

The text is the same on every version of Python whose grammar says the same of the source.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Set
from itertools import count
from typing import Any

from archive.scopes import Unit
from archive.stripping import Function, parameters_of

Units = Mapping[tuple[str, int], Unit]
_IMPLIED = ("ctx", "kind", "type_comment", "type_ignores")  # by the place, or of no effect
_NAMES = {  # the fields that hold a variable's name
    ast.Name: "id",
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.ExceptHandler: "name",
    ast.Global: "names",
    ast.Nonlocal: "names",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}
_FIELDS: dict[type[ast.AST], tuple[tuple[str, bool], ...]] = {
    kind: tuple((f, f == _NAMES.get(kind)) for f in kind._fields if f not in _IMPLIED)
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}


def fresh_names(prefix: str, is_taken: Callable[[str], bool]) -> Callable[[], str]:
    """Gives numbered names that are not taken, one by one."""
    names = (name for i in count() if not is_taken(name := f"{prefix}{i}"))
    return names.__next__


class Renamer:
    """Renames in place: the module's names as told, those of units in order of first appearance."""

    def __init__(self, module: Mapping[str, str], units: Units, keywords: Set[str | None]) -> None:
        self._module = module
        self._units = units
        self._keywords = keywords
        self._outside = _Renaming(module)
        self._current = self._outside
        self._tokens: list[str] = []

    def renamed(self, statement: ast.stmt) -> str:
        """Rename a statement of the module; its canonical text."""
        self._tokens = []
        self._node(statement)
        return "\0".join(self._tokens)

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name):
            node.id = name = self._current[node.id]
            self._tokens += ("Name", name)
        elif isinstance(node, ast.Constant):
            self._tokens += ("Constant", _literal(node.value))
        elif isinstance(node, Function) and self._current is self._outside:
            self._unit(node)
        else:
            self._tokens.append(type(node).__name__)
            for field, is_name in _FIELDS[type(node)]:
                self._field(node, field, is_name)

    def _field(self, node: ast.AST, field: str, is_name: bool) -> None:
        value = getattr(node, field, None)
        if is_name and value is not None:
            new = self._current
            value = [new[n] for n in value] if isinstance(value, list) else new[value]
            setattr(node, field, value)
        if field != "type_params" or value:  # a field that older versions do not have
            self._value(value)

    def _value(self, value: Any) -> None:
        if isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            self._tokens.append(str(len(value)))
            for item in value:
                self._value(item)
        elif isinstance(value, str):
            self._tokens.append(value)
        else:
            self._tokens.append("" if value is None else _literal(value))

    def _unit(self, node: Function) -> None:
        """A function of the module or a method: what is evaluated outside, then its inside."""
        parameters = list(parameters_of(node.args))
        self._tokens.append(type(node).__name__)
        self._value(_evaluated_outside(node, parameters))
        unit = self._units[node.name, node.lineno]
        node.name = self._current[node.name]
        self._tokens.append(node.name)
        kept = unit.kept_with(self._keywords)
        self._current = _Renaming(self._module, unit.local - kept, kept)
        for parameter in parameters:
            parameter.arg = self._current[parameter.arg]
        self._value([_shape(node.args), [p.arg for p in parameters], node.body])
        self._current = self._outside


class _Renaming(dict[str, str]):
    """The new names of a unit: numbers for its `local` ones, the module's names for the others."""

    def __init__(
        self, module: Mapping[str, str], local: Iterable[str] = (), kept: Set[str] = frozenset()
    ) -> None:
        super().__init__()
        self._module = module
        self._local = local
        self._fresh = fresh_names("v", kept.__contains__)

    def __missing__(self, name: str) -> str:
        new = self._fresh() if name in self._local else self._module.get(name, name)
        self[name] = new
        return new


def _evaluated_outside(node: Function, parameters: list[ast.arg]) -> list[Any]:
    a = node.args
    annotations = [p.annotation for p in parameters]
    type_parameters = getattr(node, "type_params", [])
    return [
        node.decorator_list,
        a.defaults,
        a.kw_defaults,
        annotations,
        node.returns,
        type_parameters,
    ]


def _shape(a: ast.arguments) -> list[int]:
    """How many parameters of each sort."""
    return [len(a.posonlyargs), len(a.args), len(a.kwonlyargs), bool(a.vararg), bool(a.kwarg)]


def _literal(value: object) -> str:
    """A constant's text, in ASCII; of an integer of any length."""
    return hex(value) if type(value) is int else ascii(value)
