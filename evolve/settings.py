"""How a run is set up: one frozen object, stored with the run as plain JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.registry import ProblemSpec


@dataclass(frozen=True)
class Settings:
    """Everything that decides a run's course, and where it is kept."""

    problem: ProblemSpec
    evaluations: int = 400
    """How many candidates may be evaluated on the search split, seed policies included."""
    seconds: float | None = None
    seed: int = 0
    workers: int | None = None
    """Evaluator processes; None: one per CPU. Never changes what an exact run finds."""
    lookahead: int = 16
    """Proposal i sees what was committed up to i - lookahead."""
    exact: bool = False
    """Measured objectives are recorded, but decide nothing."""
    objectives: tuple[str, ...] = ()
    """The names that the front is over; empty: all."""
    require: tuple[str, ...] = ()
    """Constraints such as `moved_share<=0.1`: satisfied first."""
    seed_policies: tuple[str, ...] = ()
    """Policies beside the baselines that the search starts from: source texts."""
    name: str | None = None
    archive: str = "runs"
    unsafe_no_sandbox: bool = False

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Settings:
        """The settings that `to_json` gave."""
        tuples = {k: tuple(v) for k, v in data.items() if isinstance(v, list)}
        return cls(**{**data, **tuples, "problem": ProblemSpec(**data["problem"])})
