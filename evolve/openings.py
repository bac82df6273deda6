"""The sealed split is opened on the record or not at all."""

from __future__ import annotations

from contextlib import closing

from archive.journal import Journal
from archive.store.places import store_at
from evaluators.contract import Problem
from evolve.searching import now


def note_opening(archive: str, run: str, problem: Problem, reason: str) -> int:
    """Journal that the sealed workloads are played; how often they have been for this run.

    Raises:
        UsageError: no such run, or somebody else writes it.
    """
    with closing(store_at(archive).open(run, write=True)) as journal:
        return add_opening(journal, problem, reason)


def add_opening(journal: Journal, problem: Problem, reason: str) -> int:
    """The same by who writes the run."""
    digests = [w.digest for w in problem.workloads("sealed")]
    return journal.add_opening(reason, digests, now().isoformat())
