"""Limits before they are needed: a bar says how far the proofs are."""

from __future__ import annotations

from collections.abc import Sequence

from evaluators.contract import Problem, Split
from evaluators.scale import LIMITED


def prove_limits(problem: Problem, splits: Sequence[Split] = LIMITED) -> None:
    """Have every limit of these splits proved; whoever shows one then waits for nothing.

    On a terminal there is a bar meanwhile.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("proving limits"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    workloads = [w for split in splits for w in problem.workloads(split)]
    quiet = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as progress:
        for workload in progress.track(workloads):
            problem.limits(workload)
