"""What a user requires of every result: `moved_share<=0.1`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from evaluators.contract import Objective
from evaluators.errors import UsageError, nearest_hint

_FORM = re.compile(r"\s*([A-Za-z_]\w*)\s*(<=|>=)\s*(\S+)\s*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """`objective` is at most (`<=`) or at least (`>=`) `bound`, in the objective's unit."""

    objective: Objective
    relation: Literal["<=", ">="]
    bound: float

    @property
    def text(self) -> str:
        """As it is required: `moved_share<=0.1`."""
        return f"{self.objective.name}{self.relation}{self.bound:.15g}"

    def violation(self, values: Mapping[str, float]) -> float:
        """How far the values are from satisfying it, in whole steps of the resolution; 0 if met."""
        over = values[self.objective.name] - self.bound
        excess = over if self.relation == "<=" else -over
        return float(math.ceil(excess / self.objective.resolution)) if excess > 0 else 0.0


def total_violation(constraints: Iterable[Constraint], values: Mapping[str, float]) -> float:
    """How far values of one split are from satisfying all, in steps; 0 if they do."""
    return sum(c.violation(values) for c in constraints)


def broken(constraints: Iterable[Constraint], values: Mapping[str, float]) -> list[Constraint]:
    """Those that values of one split do not satisfy."""
    return [c for c in constraints if c.violation(values)]


def breaks_by_split(
    constraints: Sequence[Constraint], values: Mapping[str, Mapping[str, float]]
) -> list[str]:
    """What an entry does not meet on each split where it does not, `breaks moved_share<=0.1 on
    search`.

    Args:
        constraints: what is required.
        values: by split.
    """
    return [
        f"breaks {' and '.join(c.text for c in found)} on {split}"
        for split, point in values.items()
        if (found := broken(constraints, point))
    ]


def breaking_words(
    constraints: Sequence[Constraint], points: Sequence[Mapping[str, float]], where: str
) -> str:
    """How many of the points break what, `2 of 5 baselines break moved_share<=0.1`; empty where
    none does.

    Args:
        constraints: what is required.
        points: a value per objective each, of one split.
        where: what the points are called, after their number.
    """
    found = [broken(constraints, values) for values in points]
    texts = [c.text for c in constraints if any(c in those for those in found)]
    count = sum(map(bool, found))
    return f"{count} of {len(points)} {where} break {' or '.join(texts)}" if count else ""


def parse_constraint(text: str, objectives: Sequence[Objective]) -> Constraint:
    """The constraint behind `--require TEXT`. Raises UsageError with what was expected."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(f"--require {text!r} is no constraint", "expected NAME<=NUMBER or NAME>=…")
    name, relation, number = match.groups()
    known = {o.name: o for o in objectives}
    if name not in known:
        raise UsageError(f"--require: unknown objective {name!r}", nearest_hint(name, known))
    try:
        bound = float(number)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        unit = known[name].unit
        hint = f"expected a number in {unit}" if unit else "expected a number"
        raise UsageError(f"--require {text!r}: {number!r} is no number", hint)
    return Constraint(known[name], "<=" if relation == "<=" else ">=", bound)
