"""The normal form of a policy: what is left when the choice of words is taken away.

Comments, docstrings, statements without effect and annotations are dropped; local variables are
numbered in order of first appearance, private names of the module (`_name`, not imported) in order
of binding. Everything that can be seen from outside is kept: public functions, classes and their
methods, their parameters, attributes, keywords, imported names, names that the module does not
bind (those of the prelude, builtins) and every constant. The normal form is Python that behaves as
the source.

Two sources with one normal form differ by an injective renaming of names that nobody else sees, so
they behave the same; the reverse is not promised.

Most parts of a child are its parent's: what was found for a part is remembered.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import lru_cache

from archive.canonical import Renamer, fresh_names
from archive.parts import MOST_PARTS, Part, parts_of
from archive.scopes import Unit
from archive.stripping import stripped
from evaluators.parsing import parsed_module

_BUILTINS = frozenset(dir(builtins))


@dataclass(frozen=True)
class _Surroundings:
    """What the rest of the module says about a part."""

    known: frozenset[str]  # of the names that it reads: those that the module binds, or builtins
    keywords: frozenset[str | None]  # of all calls: those that name a parameter of the part
    module: tuple[tuple[str, str], ...]  # new names of the module's private names


@lru_cache(maxsize=1024)  # a child is held against its parents again and again
def normal_digest(source: str) -> str:
    """SHA-256 of the normal form's syntax tree. Raises SyntaxError when it is not Python."""
    parts = parts_of(source)
    if any(part.looks_at_names for part in parts):
        digests = _digest_as_it_is(source)
    else:
        digests = b"".join(_part_digest(*pair) for pair in _placed(parts))
    return hashlib.sha256(digests).hexdigest()


def normal_form(source: str) -> str:
    """The source in its normal form. Raises SyntaxError when the source is not Python.

    A source that looks at its own names (`locals()`, `f.__name__`, ...) only loses its comments.
    """
    parts = parts_of(source)
    if any(part.looks_at_names for part in parts):
        return ast.unparse(parsed_module(source))
    statements = [s for pair in _placed(parts) for s, _ in _renamed(*pair)]
    return ast.unparse(ast.Module(statements, []))


@lru_cache(maxsize=2 * MOST_PARTS)
def _part_digest(part: Part, surroundings: _Surroundings) -> bytes:
    return _digests(text for _, text in _renamed(part, surroundings))


def _digest_as_it_is(source: str) -> bytes:
    renamer = Renamer({}, defaultdict(Unit), frozenset())
    return _digests(renamer.renamed(s) for s in parsed_module(source).body)


def _digests(texts: Iterable[str]) -> bytes:
    """A digest for every statement, so that it does not matter how a module is cut into parts."""
    return b"".join(hashlib.sha256(text.encode()).digest() for text in texts)


def _renamed(part: Part, surroundings: _Surroundings) -> Iterator[tuple[ast.stmt, str]]:
    """The statements of a part in normal form, and their canonical texts."""
    renamer = Renamer(dict(surroundings.module), part.names.units, surroundings.keywords)
    for statement in stripped(part.statements(), surroundings.known):
        yield statement, renamer.renamed(statement)


def _placed(parts: list[Part]) -> Iterator[tuple[Part, _Surroundings]]:
    """The parts with what they must know of each other."""
    keywords = frozenset[str | None]().union(*(part.keywords for part in parts))
    known = _BUILTINS.union(*(part.names.bound | part.names.imported for part in parts))
    module = _module_names(parts, keywords)
    for part in parts:
        names = part.names.kept_with(keywords)
        yield (
            part,
            _Surroundings(
                known & part.read,
                frozenset({None}) if None in keywords else keywords & part.names.parameters,
                tuple((old, new) for old, new in module.items() if old in names),
            ),
        )


def _module_names(parts: list[Part], keywords: Set[str | None]) -> dict[str, str]:
    """New names for the private names of the module that nothing else depends on."""
    barred = set[str]().union(*(part.names.interface(keywords) for part in parts))
    barred |= set().union(*(part.names.imported for part in parts))
    bound = dict.fromkeys(name for part in parts for name in part.private)
    private = [name for name in bound if name not in barred]
    kept = set[str]().union(*(part.names.kept_with(keywords) for part in parts)) - set(private)
    fresh = fresh_names("_g", kept.__contains__)
    return {name: fresh() for name in private}
