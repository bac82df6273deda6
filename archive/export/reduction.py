"""A policy made as small as it can be while it behaves the same: hierarchical delta debugging.

Parts of the syntax tree are taken away, large ones first, and stay away when `is_same` says that
nothing was lost; what it says is all that is known. It plays workloads, so a guard against what no
workload brings goes like everything else that nothing needed. Deterministic for a deterministic
`is_same`.

Source: Misherghi and Su, "HDD: Hierarchical Delta Debugging" (ICSE 2006).
"""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from dataclasses import dataclass

from archive.export.simplification import Simplification, simplifications
from archive.nodes import num_nodes
from evaluators.parsing import parsed_module


@dataclass(frozen=True, slots=True)
class Size:
    """How much code it is: lines that are not empty, and nodes of the syntax tree."""

    lines: int
    nodes: int


@dataclass(frozen=True, slots=True)
class Reduced:
    """What a reduction has come to.

    `is_finished`: nothing more can be taken away; else it was stopped before it knew.
    """

    source: str
    before: Size
    after: Size
    trials: int  # how often `is_same` was asked
    is_finished: bool

    @property
    def change(self) -> str:
        """Before and after, in words."""
        before, after = self.before, self.after
        return (
            f"{before.lines} lines, {before.nodes} nodes of the syntax tree -> "
            f"{after.lines} lines, {after.nodes} nodes"
        )


def size_of(source: str) -> Size:
    """The size of a source."""
    lines = sum(1 for line in source.splitlines() if line.strip())
    return Size(lines, num_nodes(source))


def reduce_source(
    source: str,
    is_same: Callable[[str], bool],
    is_over: Callable[[int], bool],
    tell: Callable[[Reduced], None] = lambda _: None,
) -> Reduced:
    """The smallest source found that is the same.

    Args:
        source: what to reduce.
        is_same: whether another source behaves as this one.
        is_over: whether to stop after so many trials; what was reached stays.
        tell: shown what was reached after every trial.
    """
    reduction = _Reduction(source, is_same, is_over, tell)
    is_finished = reduction.run()
    return reduction.reached(is_finished)


class _Reduction:
    def __init__(
        self,
        source: str,
        is_same: Callable[[str], bool],
        is_over: Callable[[int], bool],
        tell: Callable[[Reduced], None],
    ) -> None:
        self._original = source
        self._is_same, self._is_over, self._tell = is_same, is_over, tell
        self._tree = parsed_module(source)
        self._written = _Writer(source)
        self._refused: set[str] = set()
        self._trials = 0

    def run(self) -> bool:
        """Cycles over all simplifications until one finds nothing; whether it came so far."""
        while True:
            was = self._written.text(self._tree)
            position = 0
            found = simplifications(self._tree)
            while position < len(found):
                if self._is_over(self._trials):
                    return False
                if self._try(found[position]):
                    found = simplifications(self._tree)  # the same position holds the next one
                else:
                    position += 1
            if self._written.text(self._tree) == was:
                return True

    def reached(self, is_finished: bool) -> Reduced:
        """The state of things."""
        source = self._written.text(self._tree)
        sizes = size_of(self._original), size_of(source)
        return Reduced(source, *sizes, self._trials, is_finished)

    def _try(self, simplification: Simplification) -> bool:
        """Whether the tree is smaller now."""
        simplification.swap()
        source = self._written.text(self._tree)
        if source not in self._refused and _compiles(source):
            self._trials += 1
            is_same = self._is_same(source)
            if not is_same:
                self._refused.add(source)
                simplification.swap()
            self._tell(self.reached(is_finished=False))
            return is_same
        simplification.swap()
        return False


def _compiles(source: str) -> bool:
    try:
        compile(source, "<reduced>", "exec")
    except (SyntaxError, ValueError):  # a `return` outside, an assignment to a call, ...
        return False
    return True


class _Writer:
    """Writes trees: a top-level statement that is as it was keeps its words and comments."""

    def __init__(self, source: str) -> None:
        lines = io.StringIO(source, newline=None).read().split("\n")  # as the parser counts them
        self._as_written: dict[str, str] = {}
        end = 0
        for statement in parsed_module(source).body:
            start, end = end, statement.end_lineno or end
            text = "\n".join(lines[start:end])
            if _is_alone(statement, text):
                self._as_written[ast.dump(statement)] = text

    def text(self, tree: ast.Module) -> str:
        """The tree's source."""
        parts = [self._as_written.get(ast.dump(s)) or _unparsed(s) for s in tree.body]
        return "\n".join(parts).strip("\n") + "\n"


def _is_alone(statement: ast.stmt, text: str) -> bool:
    """Whether the lines hold this statement and no part of another."""
    try:
        return list(map(ast.dump, parsed_module(text).body)) == [ast.dump(statement)]
    except SyntaxError:
        return False


def _unparsed(statement: ast.stmt) -> str:
    text = ast.unparse(statement)
    return f"\n\n{text}" if isinstance(statement, (ast.FunctionDef, ast.ClassDef)) else text
