"""What a user requires of every result: `moved_share<=0.1`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
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

    def violation(self, values: Mapping[str, float]) -> float:
        """How far the values are from satisfying it, in whole steps of the resolution; 0 if met."""
        over = values[self.objective.name] - self.bound
        excess = over if self.relation == "<=" else -over
        return float(math.ceil(excess / self.objective.resolution)) if excess > 0 else 0.0


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
