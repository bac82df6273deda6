"""Python source as a syntax tree: `ast.parse`, tried again where it fails by CPython's fault.

CPython 3.11 counts the depth of a tree that is being built in one place for all threads. When
another thread builds one meanwhile, or the garbage collector has a traceback written, the count
differs afterwards, and a sound source raises SystemError (python/cpython, gh-106905).
"""

from __future__ import annotations

import ast
from typing import Literal

ATTEMPTS = 5
_FAULT = "recursion depth mismatch"


def parsed_module(source: str) -> ast.Module:
    """The tree of a module. Raises what `ast.parse` raises for a source that is no Python."""
    tree = _parsed(source, "exec")
    assert isinstance(tree, ast.Module)
    return tree


def parsed_expression(text: str) -> ast.expr:
    """The tree of an expression. Raises as `parsed_module` does."""
    tree = _parsed(text, "eval")
    assert isinstance(tree, ast.Expression)
    return tree.body


def _parsed(source: str, mode: Literal["exec", "eval"]) -> ast.AST:
    for _ in range(ATTEMPTS - 1):
        try:
            return ast.parse(source, mode=mode)
        except SystemError as error:
            if _FAULT not in str(error):
                raise
    return ast.parse(source, mode=mode)
