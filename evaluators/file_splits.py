"""What a user's file holds becomes search, selection and sealed, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evaluators.contract import Split, Workload
from evaluators.errors import UsageError

CUTS: Mapping[Split, tuple[float, float]] = {  # shares of the workloads
    "search": (0.0, 0.6),
    "selection": (0.6, 0.8),
    "sealed": (0.8, 1.0),
}
LEAST = 5  # workloads, so that none of the three is empty
FILE = "file-"  # what ids begin with


def in_splits(
    path: str,
    made: Sequence[Workload],
    what: str,
    cuts: Mapping[Split, tuple[float, float]] = CUTS,
) -> Mapping[Split, tuple[Workload, ...]]:
    """At least five workloads, cut by their order. Raises UsageError: fewer, or one comes twice.

    Args:
        path: the file, for messages.
        made: ids begin with `file-`.
        what: one of them is, for messages.
        cuts: from which share to which each split goes.
    """
    count = len(made)
    if count < LEAST:
        raise UsageError(
            f"{path} has {count} {what}s, expected at least {LEAST}",
            f"three splits have to be filled; 8 {what}s in a split give an interval",
        )
    check_distinct(path, made, what)
    return {
        split: tuple(made[round(start * count) : round(stop * count)])
        for split, (start, stop) in cuts.items()
    }


def check_distinct(path: str, made: Sequence[Workload], what: str) -> None:
    """Raises UsageError: two workloads have the same content."""
    first: dict[str, str] = {}
    for workload in made:
        name = workload.id.removeprefix(FILE)
        if workload.digest in first:
            raise UsageError(
                f"{path}: {name!r} is the same {what} as {first[workload.digest]!r}",
                "take one of them out: a policy is not judged on what it was found with",
            )
        first[workload.digest] = name
