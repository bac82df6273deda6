"""The numbers of a policy as a vector, and the policy with other numbers.

Only numbers that say how much are lifted: not indices, axes, shapes, the integers 0 and 1, zero,
a 1.0 that something is added to or taken from, guards against division by zero and stand-ins for
infinity. Signs stay in the source. A number between 0 and 1 moves on the logit scale, any other on
the logarithmic one; integers are rounded.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass

from evolve.proposers.operators.constant import numerals
from evolve.proposers.syntax import Program

SMALLEST, LARGEST = 1e-6, 1e6
REACH = 5.0  # how far a number may move on its scale: a factor of 150


@dataclass(frozen=True, slots=True)
class Slot:
    """A number in the source. Columns count UTF-8 bytes."""

    line: int
    start: int
    stop: int
    value: int | float

    @property
    def coordinate(self) -> float:
        """Where the number is on its scale."""
        v = self.value
        return math.log(v / (1 - v)) if v < 1 else math.log(v)

    def at(self, offset: float) -> int | float:
        """The number moved by `offset` on its scale, of its type, floats to 4 digits."""
        x = self.coordinate + min(max(offset, -REACH), REACH)
        if self.value < 1:
            return float(f"{1 / (1 + math.exp(-x)):.4g}")
        moved = math.exp(x)
        return max(1, round(moved)) if isinstance(self.value, int) else float(f"{moved:.4g}")


def slots(program: Program) -> list[Slot]:
    """The numbers that are worth fitting, in order of the source."""
    return [
        Slot(node.lineno, node.col_offset, node.end_col_offset or 0, value)
        for node, value in program.once(numerals)
        if _is_free(program, node, value)
    ]


def with_values(source: str, at: Sequence[Slot], values: Sequence[int | float]) -> str:
    """The source with these numbers in those places; all else stays to the letter."""
    lines = source.encode().splitlines(keepends=True)
    for slot, value in sorted(
        zip(at, values, strict=True), key=lambda p: (-p[0].line, -p[0].start)
    ):
        line = lines[slot.line - 1]
        lines[slot.line - 1] = line[: slot.start] + repr(value).encode() + line[slot.stop :]
    return b"".join(lines).decode()


def _is_free(program: Program, node: ast.expr, value: int | float) -> bool:
    if not SMALLEST <= value <= LARGEST or (isinstance(value, int) and value < 2):
        return False
    parent = program.parent(node)
    if value == 1.0 and isinstance(parent, ast.BinOp):
        return isinstance(parent.op, ast.Mult)
    return not isinstance(parent, ast.Slice)  # the step of a slice, or a start from its front
