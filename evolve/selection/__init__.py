"""How parents are chosen, by name: `selection` in the settings."""

from __future__ import annotations

from collections.abc import Sequence

from archive.constraint import Constraint
from archive.entry import Entry
from archive.front import Front, contributions
from evaluators.contract import Objective, Problem
from evaluators.errors import UsageError, nearest_hint
from evolve.selection.contribution import ByContribution
from evolve.selection.grid import Grid
from evolve.selection.islands import Islands
from evolve.selection.selection import Selection
from evolve.selection.uniform import Uniform
from evolve.state import box

SELECTIONS = ("uniform", "contribution", "islands", "grid")


def selection_of(
    name: str,
    problem: Problem,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint] = (),
) -> Selection:
    """The selection of that name, before anything is committed. Raises UsageError as
    `check_selection`.
    """
    check_selection(name, problem)
    boxed, limits = box(problem, objectives, "search")

    def make_front() -> Front:
        return Front(objectives, constraints)

    def largest(entries: Sequence[Entry]) -> Entry:
        shares = contributions([e.values["search"] for e in entries], boxed, limits)
        return entries[shares.index(max(shares))]

    match name:
        case "contribution":
            return ByContribution(boxed, limits)
        case "islands":
            return Islands(make_front, largest)
        case "grid":
            return Grid(make_front, problem.features)
        case _:
            return Uniform()


def check_selection(name: str, problem: Problem) -> None:
    """Raises UsageError: nobody knows how to choose parents by this name, on this problem."""
    if name not in SELECTIONS:
        raise UsageError(f"unknown selection {name!r}", nearest_hint(name, SELECTIONS))
    if name == "grid" and not problem.features:
        raise UsageError(
            f"problem {problem.name} has no behaviour features, so there is no grid",
            "declare some in its class: `features`",
        )


__all__ = ["SELECTIONS", "Selection", "check_selection", "selection_of"]
