"""Which names of a source nobody outside can see, scope by scope."""

from __future__ import annotations

import symtable
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from functools import cached_property


def is_private(name: str) -> bool:
    """Whether a name of the module is its own business; `__x` is mangled inside a class."""
    return name.startswith("_") and not name.startswith("__")


@dataclass
class Unit:
    """A function of the module, or a method of a class of it, with all that is nested in it."""

    local: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)  # read from outside, or seen from there
    parameters: set[str] = field(default_factory=set)  # kept where a call names them

    def kept_with(self, keywords: Set[str | None]) -> set[str]:
        """What keeps its name where calls have these keywords; None is a call with `**`."""
        return self.kept | (self.parameters if None in keywords else self.parameters & keywords)


@dataclass
class Names:
    """The names in some statements of a module; units by (name, line)."""

    bound: set[str]
    imported: set[str]
    outside: set[str]  # all that are bound or read outside functions
    in_classes: set[str]
    units: dict[tuple[str, int], Unit]

    @cached_property
    def parameters(self) -> frozenset[str]:
        """What a call by keyword may give a name outside."""
        return frozenset().union(*(u.parameters for u in self.units.values()))

    def kept_with(self, keywords: Set[str | None]) -> set[str]:
        """All that is seen outside the function that it stands in, or read from there."""
        units = (u.kept_with(keywords) for u in self.units.values())
        return self.outside.union(self.in_classes, *units)

    def interface(self, keywords: Set[str | None]) -> set[str]:
        """What has another meaning inside a class or in a call by keyword."""
        units = (u.kept_with(keywords) & u.local for u in self.units.values())
        return self.in_classes.union(*units)


def names_of(source: str) -> Names:
    """The names of a source. Raises SyntaxError."""
    table = symtable.symtable(source, "<policy>", "exec")
    symbols = table.get_symbols()
    units: dict[tuple[str, int], Unit] = {}
    in_classes: set[str] = set()
    for scope in _outer_scopes(table):
        if scope.get_type() == "function":
            unit = units.setdefault((scope.get_name(), scope.get_lineno()), Unit())
            _survey(scope, unit, is_public=not is_private(scope.get_name()))
        else:
            in_classes.update(scope.get_identifiers())
    return Names(
        bound={s.get_name() for s in symbols if s.is_assigned()},
        imported={s.get_name() for s in symbols if s.is_imported()},
        outside=set(table.get_identifiers()),
        in_classes=in_classes,
        units=units,
    )


def _outer_scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Every scope that is not inside a function."""
    for child in table.get_children():
        yield child
        if child.get_type() != "function":
            yield from _outer_scopes(child)


def _survey(scope: symtable.SymbolTable, unit: Unit, is_public: bool) -> None:
    is_class = scope.get_type() == "class"
    for symbol in scope.get_symbols():
        name = symbol.get_name()
        is_local = symbol.is_local()
        if is_local:
            unit.local.add(name)
        if symbol.is_parameter():
            (unit.kept if is_public else unit.parameters).add(name)
        is_bound_here = is_local and not is_class and not symbol.is_imported()
        if not (is_bound_here or symbol.is_free()) or name.startswith("__"):
            unit.kept.add(name)
    for child in scope.get_children():
        _survey(child, unit, is_public=False)
