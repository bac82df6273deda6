"""What a run tells whoever watches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from archive.entry import Entry
from evaluators.execution.executor import PoolState, Sandbox

StopReason = Literal[
    "evaluations",
    "seconds",
    "interrupted",
    "exhausted",
    "spent",
    "no model answers",
    "waiting for answers",
]


@dataclass(frozen=True, slots=True)
class Cautioned:
    """The scores that are to come are not quite comparable with those that stand."""

    text: str  # one line


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something beside the search: a model that gets no calls for a while, or none any more."""

    text: str  # one line


@dataclass(frozen=True, slots=True)
class Pooled:
    """How the pool of evaluators stands, where its nodes come and go."""

    state: PoolState


@dataclass(frozen=True, slots=True)
class Preflight:
    """Said once, when the seed policies have shown the rate."""

    evaluations_per_minute: float
    expected_end_s: float
    sandbox: Sandbox


@dataclass(frozen=True, slots=True)
class Committed:
    """An entry was decided on."""

    entry: Entry
    done: int  # evaluations spent
    budget: int
    front_size: int
    hypervolume: float  # of the search front, over exact objectives
    failures: Mapping[str, int]  # kind -> how many candidates
    best: Mapping[str, float]  # objective -> best value on the search front


@dataclass(frozen=True, slots=True)
class Judging:
    """The search is over; entries of the front still wait for the selection split."""

    waiting: int


@dataclass(frozen=True, slots=True)
class Played:
    """An evaluation that is made beside a search has arrived."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """The run ended; `reason` says why."""

    reason: StopReason


Event = Cautioned | Noticed | Pooled | Preflight | Committed | Judging | Played | Stopped
Observer = Callable[[Event], None]


def unwatched(event: Event) -> None:
    """Watches nothing."""
