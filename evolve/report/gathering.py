"""Gathers what the report is about: plays the front on the sealed split, and reduces the winner."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from archive.store.places import store_at
from evaluators.errors import UsageError
from evaluators.execution.evaluation import cpu_model
from evaluators.execution.executor import Executor
from evolve.controls import controls_of
from evolve.events import Noticed, Observer, unwatched
from evolve.noise_floors import noise_floors
from evolve.openings import play_sealed
from evolve.pools import local_executor
from evolve.reducing import reduce_entry
from evolve.report.claims import Claims, subjects
from evolve.report.markdown import Report
from evolve.robustness import Executors, play_sheet
from evolve.runs import open_run
from evolve.search import warn_of_sandbox

REDUCING_EVALUATIONS = 400
REDUCING_SECONDS = 120.0


def gather(
    archive: str,
    name: str,
    workers: int | None = None,
    observer: Observer = unwatched,
    *,
    reducing_evaluations: int = REDUCING_EVALUATIONS,
    reducing_seconds: float = REDUCING_SECONDS,
    robustness: bool = False,
    executor: Executor | None = None,
    executor_for: Executors | None = None,
) -> Report:
    """What a run found, held against the baselines on the sealed workloads.

    Each policy is played on them once: another report opens them only for what is new.

    Args:
        archive: the folder of runs, or a PostgreSQL URL.
        name: the run's name.
        workers: evaluator processes, None for the run's own number.
        observer: told of every event.
        reducing_evaluations: of how many smaller policies than the winner at most; 0: it stays.
        reducing_seconds: for how long at most.
        robustness: play the winner and the baselines under other settings of the problem, too.
        executor: who plays the sealed split; a local pool when None. Closed at the end.
        executor_for: who plays another setting, given as its problem; a local pool when None.

    Raises:
        UsageError: no such run, somebody writes it, its problem has changed, it has no front.
        KeyboardInterrupt: Ctrl-C was pressed; what had arrived is journalled.
    """
    with closing(store_at(archive).open(name, write=True)) as journal:
        run = open_run(archive, name)
        run.check_same_problem(run.problem)
        if not run.front():
            raise UsageError(
                f"nothing to report: run {name} has no front on the selection workloads",
                f"see why: adrs status {name}",
            )
        settings = replace(run.settings, workers=workers or run.settings.workers)
        with closing(executor or local_executor(settings)) as pool:
            warn_of_sandbox(journal, pool, observer)
            floors = noise_floors(run.problem, "selection", cpu_model(), pool.sandbox)
            proposals = [e.proposal for e in subjects(run)]
            outcomes = play_sealed(journal, run.problem, pool, proposals, "report", observer)
            claims = Claims(run, run.problem, outcomes)
        winner, sheet = claims.winner, None
        if winner and robustness:
            pool_of = executor_for or (lambda spec: local_executor(replace(settings, problem=spec)))
            sheet = play_sheet(journal, run, winner.entry, pool_of, observer)
    reduced = None
    if winner and reducing_evaluations:
        observer(Noticed(f"reducing {winner.name}: {reducing_seconds:g} s at most"))
        reduced = reduce_entry(
            run, winner.entry, reducing_evaluations, reducing_seconds,
            unsafe_no_sandbox=settings.unsafe_no_sandbox,
        )  # fmt: skip
    run = open_run(archive, name)
    return Report(run, claims, reduced, controls_of(archive, run), floors, sheet)
