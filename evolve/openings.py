"""The sealed split is opened on the record or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

from archive.entry import Proposal
from archive.journal import Journal
from archive.store.places import store_at
from evaluators.contract import Outcome, Problem
from evaluators.execution.executor import Executor
from evolve.afterwards import Wanted, play_afterwards
from evolve.events import Noticed, Observer
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


def play_sealed(
    journal: Journal,
    problem: Problem,
    pool: Executor,
    proposals: Iterable[Proposal],
    purpose: str,
    observer: Observer,
) -> Mapping[str, Outcome]:
    """What each policy comes to, by its digest; opened only where something is not known yet.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed; what had arrived is journalled.
    """
    wanted = [Wanted(p.digest, p.source, "sealed", "sealed") for p in proposals]
    known = {e.key.digest for e in journal.evaluations() if e.key.purpose == "sealed"}
    if new := {w.digest for w in wanted} - known:
        count = add_opening(journal, problem, f"{purpose} on {len(new)} policies")
        name = journal.record.name
        observer(Noticed(f"opening {count} of the sealed workloads, noted in {name}"))
    played = play_afterwards(journal, problem, pool, wanted, observer)
    return {w.digest: evaluation.outcome for w, evaluation in played.items()}
