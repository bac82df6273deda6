"""Names that a policy reads and nothing binds: each is a NameError as soon as it is reached."""

from __future__ import annotations

import builtins
import re
import symtable
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

_BUILTINS = frozenset(dir(builtins))
_STAR = re.compile(r"\bimport[\s\\(]*\*")


def undefined_names(source: str, given: Set[str] = frozenset()) -> list[str]:
    """Those that neither the module binds, nor Python, nor `given`, in alphabetical order.

    None where the module imports with a star, which may bind any name. Raises SyntaxError.
    """
    module = symtable.symtable(source, "<policy>", "exec")
    if _STAR.search(source):
        return []
    scopes = list(_scopes(module))
    bound = _bound(scopes) | _BUILTINS | given
    read = {s.get_name() for t in scopes for s in t.get_symbols() if _is_read(s, t is module)}
    return sorted(n for n in read - bound if not n.startswith("__"))  # `__name__` and its like


@lru_cache(maxsize=8)
def bound_names(source: str) -> frozenset[str]:
    """What the module binds for whoever runs in its namespace."""
    return frozenset(_bound(list(_scopes(symtable.symtable(source, "<prelude>", "exec")))))


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _bound(scopes: Sequence[symtable.SymbolTable]) -> set[str]:
    """The names of the module: bound outside functions and classes, or by a `global` in them."""
    module, *inner = scopes
    symbols = [*module.get_symbols()]
    for scope in inner:
        symbols += [s for s in scope.get_symbols() if s.is_declared_global()]
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}


def _is_read(symbol: symtable.Symbol, is_outside: bool) -> bool:
    return symbol.is_referenced() and (is_outside or symbol.is_global())
