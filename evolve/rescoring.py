"""Plays a run's front again under the problem as it is now. What was stays as it was."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace

from archive.entry import Candidate, Proposal
from archive.journal import Journal
from archive.store.places import store_at
from evaluators.contract import Problem
from evaluators.errors import UsageError
from evaluators.execution.executor import Executor
from evaluators.identity import Identity, identity_of
from evolve.afterwards import Clock, Wanted, play_afterwards
from evolve.events import Observer, unwatched
from evolve.pools import local_executor
from evolve.rescored import (
    SPLITS,
    UNPROPOSED,
    Outcomes,
    Rescored,
    baselines_now,
    front_then,
    objectives_now,
)
from evolve.runs import RESCORE, Run, open_run
from evolve.searching import now


def rescore(
    archive: str,
    name: str,
    workers: int | None = None,
    observer: Observer = unwatched,
    *,
    unsafe_no_sandbox: bool = False,
    clock: Clock = time.monotonic,
    executor: Executor | None = None,
) -> Rescored:
    """Score a run's front and the problem's baselines, on search and selection, by the problem as
    it is now. Each evaluation is journalled when it arrives and never made again: what was
    interrupted goes on where it was.

    Args:
        archive: the folder of runs, or a PostgreSQL URL.
        name: the run's name.
        workers: evaluator processes, None for the run's own number.
        observer: told of every event.
        unsafe_no_sandbox: play without kernel protection, as the run does if it was started so.
        clock: seconds.
        executor: who evaluates, by the problem as it is now; a local pool when None. Closed at
            the end.

    Raises:
        UsageError: the problem has not changed, is another one or cannot be made; the run has no
            front; somebody writes it.
        KeyboardInterrupt: Ctrl-C was pressed; what had arrived is journalled.
    """
    with closing(store_at(archive).open(name, write=True)) as journal:
        then = open_run(archive, name)
        problem = then.problem
        identity = identity_of(problem)
        _check(then, problem, identity)
        settings = replace(
            then.settings,
            archive=archive,
            workers=workers or then.settings.workers,
            unsafe_no_sandbox=unsafe_no_sandbox or then.settings.unsafe_no_sandbox,
        )
        subjects = [*front_then(then), *baselines_now(then, problem).values()]
        with closing(executor or local_executor(settings)) as pool:
            _announce(journal, identity, subjects)
            outcomes = _played(journal, problem, pool, subjects, observer, clock)
    return Rescored(then, problem, identity, outcomes)


def _check(then: Run, problem: Problem, identity: Identity) -> None:
    was = then.identity
    if was["name"] != problem.name:
        raise UsageError(
            f"the problem of run {then.name} was {was['name']}, and is {problem.name} now",
            f"a rescore is of one problem; start a new run: adrs run ... --from {then.name}",
        )
    if was["digest"] == identity["digest"]:
        raise UsageError(
            f"nothing to rescore: {problem.name} version {problem.version} is what run "
            f"{then.name} was scored on",
            "if scores may have changed, raise the problem's version",
        )
    objectives_now(then, problem)
    if not then.front():
        raise UsageError(
            f"nothing to rescore: run {then.name} has no front on the selection workloads",
            f"see why: adrs status {then.name}",
        )


def _announce(journal: Journal, identity: Identity, subjects: Iterable[Proposal]) -> None:
    """Journal once what is to be evaluated, and as what."""
    for p in subjects:
        if p.number == UNPROPOSED:
            journal.add_candidate(Candidate(p.source, p.digest, p.normal_digest))
    said = [m.content["digest"] for m in journal.messages() if m.kind == RESCORE]
    if identity["digest"] not in said:
        journal.add_message(RESCORE, dict(identity), now().isoformat())


def _played(
    journal: Journal,
    problem: Problem,
    pool: Executor,
    subjects: Iterable[Proposal],
    observer: Observer,
    clock: Clock,
) -> Outcomes:
    """What each comes to on the splits."""
    wanted = [Wanted(p.digest, p.source, split, "rescore") for p in subjects for split in SPLITS]
    played = play_afterwards(journal, problem, pool, wanted, observer, clock)
    return {(w.digest, w.split): evaluation.outcome for w, evaluation in played.items()}
