"""Which names of a source nobody outside can see, scope by scope."""

from __future__ import annotations

import builtins
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")  # `__x` is mangled inside a class


@dataclass
class Unit:
    """A function of the module, or a method of a class of it, with all that is nested in it."""

    local: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)  # read from outside, or seen from there

    @property
    def renamed(self) -> set[str]:
        return self.local - self.kept


@dataclass
class Names:
    """The names of a module: what may be renamed in it, and in each unit by (name, line)."""

    module: set[str]
    kept: set[str]
    known: set[str]  # bound in the module, or builtins
    units: dict[tuple[str, int], Unit]


def names_of(source: str, keywords: set[str | None]) -> Names:
    """The names of a source; `keywords` are those of its calls, None for a call with `**`."""
    table = symtable.symtable(source, "<policy>", "exec")
    bound = {s.get_name() for s in table.get_symbols() if s.is_assigned()}
    imported = {s.get_name() for s in table.get_symbols() if s.is_imported()}
    outside = {s.get_name() for s in table.get_symbols()}
    units: dict[tuple[str, int], Unit] = {}
    in_classes: set[str] = set()
    for scope in _outer_scopes(table):
        if scope.get_type() == "function":
            unit = units.setdefault((scope.get_name(), scope.get_lineno()), Unit())
            _survey(scope, unit, keywords, is_public=not _is_private(scope.get_name()))
        else:
            in_classes |= {s.get_name() for s in scope.get_symbols()}
    interface = set().union(*(u.kept & u.local for u in units.values())) | in_classes
    module = {name for name in bound if _is_private(name)} - interface - imported
    kept = set().union(outside, in_classes, *(u.kept for u in units.values())) - module
    return Names(module, kept, bound | imported | set(dir(builtins)), units)


def _outer_scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Every scope that is not inside a function."""
    for child in table.get_children():
        yield child
        if child.get_type() != "function":
            yield from _outer_scopes(child)


def _survey(
    scope: symtable.SymbolTable, unit: Unit, keywords: set[str | None], is_public: bool
) -> None:
    is_class = scope.get_type() == "class"
    for symbol in scope.get_symbols():
        name = symbol.get_name()
        if symbol.is_local():
            unit.local.add(name)
        named_by_callers = symbol.is_parameter() and (
            is_public or name in keywords or None in keywords  # None: a call with `**`
        )
        is_bound_here = symbol.is_local() and not symbol.is_imported() and not is_class
        is_own = is_bound_here or symbol.is_free()
        if named_by_callers or not is_own or name.startswith("__"):
            unit.kept.add(name)
    for child in scope.get_children():
        _survey(child, unit, keywords, is_public=False)
