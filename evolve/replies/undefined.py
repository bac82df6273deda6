"""Names that a policy reads and nothing binds: each is a NameError as soon as it is reached."""

from __future__ import annotations

import builtins
import re
import symtable
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache

_BUILTINS = frozenset(dir(builtins))
_STAR = re.compile(r"\bimport[\s\\(]*\*")


def undefined_names(source: str, given: Set[str] = frozenset()) -> list[str]:
    """Those that neither the module binds, nor Python, nor `given`, in alphabetical order.

    None where the module imports with a star, which may bind any name. Raises SyntaxError.
    """
    symbols = list(_global_symbols(source))
    if _STAR.search(source):
        return []
    read = {s.get_name() for s in symbols if s.is_referenced()}
    missing = read - _bound(symbols) - _BUILTINS - given
    return sorted(name for name in missing if not name.startswith("__"))  # `__name__` and its like


@lru_cache(maxsize=8)
def bound_names(source: str) -> frozenset[str]:
    """What the module binds for whoever runs in its namespace."""
    return frozenset(_bound(_global_symbols(source)))


def _global_symbols(source: str) -> Iterator[symtable.Symbol]:
    """The names of the module, in every scope that reads or binds them. Raises SyntaxError."""
    scopes = [symtable.symtable(source, "<policy>", "exec")]
    while scopes:
        scope = scopes.pop()
        yield from (s for s in scope.get_symbols() if s.is_global())
        scopes += scope.get_children()


def _bound(symbols: Iterable[symtable.Symbol]) -> set[str]:
    return {s.get_name() for s in symbols if s.is_assigned() or s.is_imported()}
