"""The nodes of a syntax tree, without those that say nothing of their own."""

from __future__ import annotations

import ast
from functools import lru_cache

from evaluators.parsing import parsed_module

CHILDREN: dict[type[ast.AST], tuple[str, ...]] = {
    kind: tuple(f for f in kind._fields if f not in ("ctx", "op", "ops"))
    for kind in vars(ast).values()
    if isinstance(kind, type) and issubclass(kind, ast.AST)
}
"""The fields that may hold nodes, by type: all but contexts and operators, which trees share."""


@lru_cache(maxsize=1024)  # who ties with a member of the front ties with it again
def num_nodes(source: str) -> int:
    """How much code a source is, whatever its layout, names and comments."""
    return len(nodes_of(parsed_module(source)))


def nodes_of(tree: ast.AST) -> list[ast.AST]:
    """The tree's nodes by depth, contexts and operators left out: half of what `ast.walk` gives."""
    found = [tree]
    for node in found:
        for attribute in CHILDREN[type(node)]:
            child = getattr(node, attribute, None)
            if isinstance(child, ast.AST):
                found.append(child)
            elif isinstance(child, list):
                found += [c for c in child if isinstance(c, ast.AST)]
    return found
