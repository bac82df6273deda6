"""A module cut into parts that can be parsed one by one, and what each says about its names."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from itertools import chain

from archive.nodes import nodes_of
from archive.scopes import is_private, names_of
from evaluators.parsing import parsed_module

_INTROSPECTION = frozenset({"locals", "globals", "vars", "dir", "eval", "exec"})
_DECORATORS = r"(?:@.*\n)"
_DEFINITION = re.compile(  # decorators of nothing are passed over at once, not line by line
    rf"^{_DECORATORS}*+(def|class|async)\b|^{_DECORATORS}++", re.MULTILINE
)
POSTPONED = "from __future__ import annotations\n"
MOST_PARTS = 2048  # remembered


class Part:
    """Some statements of a module, after a header on how to read them. Raises SyntaxError."""

    def __init__(self, text: str, header: str = "") -> None:
        self._source, self._header_length = header + text, header.count("\n")
        self.names = names_of(self._source)
        self._fresh: list[ast.stmt] | None = self._parsed()
        by_statement = [nodes_of(s) for s in self._fresh]
        nodes = list(chain(*by_statement))
        self.postpones_annotations = any(map(_postpones_annotations, self._fresh))
        self.looks_at_names = any(map(_looks_at_names, nodes))
        self.keywords = {n.arg for n in nodes if type(n) is ast.keyword}
        self.read = {n.id for n in nodes if type(n) is ast.Name}
        private = {name for name in self.names.bound if is_private(name)}
        self.private = [n for n in map(_own_name, nodes) if n in private] if private else []
        """The module's private names that are bound here, by statement and then by depth."""

    def statements(self) -> list[ast.stmt]:
        """The syntax trees, for the caller to change."""
        fresh, self._fresh = self._fresh, None
        return self._parsed() if fresh is None else fresh

    def _parsed(self) -> list[ast.stmt]:
        return parsed_module(self._source).body[self._header_length :]


_part = lru_cache(maxsize=MOST_PARTS)(Part)


def parts_of(source: str) -> list[Part]:
    """The parts of a module, cut before definitions. Raises SyntaxError.

    Text that parses by itself means the same inside the module: no bracket, text or block is open
    where it ends. Where the parts do not parse, the module is one part.
    """
    if "\0" in source:
        raise SyntaxError("null bytes")  # before Python 3.11.4 parsing raises ValueError instead
    cuts = [m.start() for m in _DEFINITION.finditer(source) if m[1]]
    first, *others = [source[i:j] for i, j in zip([0, *cuts], [*cuts, len(source)], strict=True)]
    if any("__future__" in text for text in others):
        return [Part(source)]
    try:
        beginning = _part(first)
        header = POSTPONED if beginning.postpones_annotations else ""
        return [beginning, *(_part(text, header) for text in others)]
    except SyntaxError:
        return [Part(source)]


def _postpones_annotations(node: ast.stmt) -> bool:
    match node:
        case ast.ImportFrom(module="__future__", names=names):
            return any(alias.name == "annotations" for alias in names)
        case _:
            return False


def _own_name(node: ast.AST) -> str | None:
    return getattr(node, "id", None) or getattr(node, "name", None) or getattr(node, "rest", None)


def _looks_at_names(node: ast.AST) -> bool:
    if type(node) is ast.Name:
        return node.id in _INTROSPECTION or _is_dunder(node.id)
    return type(node) is ast.Attribute and _is_dunder(node.attr) and node.attr != "__init__"


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
