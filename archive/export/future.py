"""`from __future__` imports: taken out of sources that are to stand behind one another."""

from __future__ import annotations

import ast
import re

from evaluators.parsing import parsed_module

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")


def without_future_imports(source: str) -> tuple[str, set[str]]:
    """The source without its `from __future__` imports, and the features that they named."""
    features: set[str] = set()
    lines = _LINE.findall(source.encode())
    for node in reversed(parsed_module(source).body):  # from the end: earlier positions stay true
        if isinstance(node, ast.ImportFrom) and node.module == "__future__" and not node.level:
            features |= {alias.name for alias in node.names}
            _cut(lines, node)
    return b"".join(lines).decode(), features


def _cut(lines: list[bytes], node: ast.ImportFrom) -> None:
    """Remove one statement, with its line when nothing else stands there."""
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    first, last = node.lineno - 1, node.end_lineno - 1
    before, after = lines[first][: node.col_offset], lines[last][node.end_col_offset :]
    after = after.lstrip(b" \t").removeprefix(b";").lstrip(b" \t")
    if not before.strip() and not after.strip():
        after = b""
    lines[first : last + 1] = [before + after]
