"""The public API: run a search, resume it, evaluate policies.

run = start(Settings(ProblemSpec("expert_placement"), evaluations=400, seed=1))
for entry in run.front():
    print(entry.number, entry.values["selection"])
"""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from contextlib import closing
from dataclasses import replace
from decimal import Decimal

from archive.entry import RunRecord
from archive.front import active_objectives
from archive.journal import Journal, JournalConflictError
from archive.normal_form import normal_digest
from archive.store.places import store_at
from archive.store.server_faults import AwayError
from archive.store.store import RunExistsError, Store
from evaluators.contract import Policy, Problem, Split
from evaluators.errors import UsageError, nearest_hint
from evaluators.execution.executor import Executor, Job, Purpose, Report
from evaluators.registry import ProblemSpec
from evaluators.scale import scale_data
from evolve.calls import Models
from evolve.events import Cautioned, Observer, unwatched
from evolve.hints import check_hint
from evolve.interruption import anywhere
from evolve.patience import LOOK_S, Patience
from evolve.pools import pool_of
from evolve.proposers.proposer import Proposer
from evolve.protection import caution, protection, protections
from evolve.runs import Run, check_same_problem, open_run
from evolve.searching import Search, constraints_of, now
from evolve.selection import check_selection
from evolve.sessions import searched_s, seconds_left
from evolve.settings import BUDGETS, SECONDS_IN_ALL, Settings
from evolve.versions import changed, versions


def run(
    settings: Settings,
    observer: Observer = unwatched,
    *,
    patient: bool = True,
    proposer: Proposer | None = None,
    models: Models | None = None,
    executor: Executor | None = None,
) -> Run:
    """A new run, searched until its budget ends.

    Args:
        settings: what to search for, and where to keep it.
        observer: told of every event.
        patient: wait for people's answers; else stop as soon as nothing else could bring the run
            on, and ask no model meanwhile: `Run.ask` and `Run.tell` go on with it.
        proposer: who proposes; None: the models of the settings, without any the embedded default.
        models: who answers the proposer; None: those of the settings.
        executor: who evaluates; None: a pool where the settings say. Closed at the end.

    Raises:
        UsageError: an unknown objective, a bad constraint, a run that exists, no sandbox, no Ray.
    """
    problem = settings.problem.load()
    check_settings(settings, problem)
    if patient:
        _check_models(settings)
    store = store_at(settings.archive)
    with (
        closing(executor or pool_of(settings, problem)) as pool,
        closing(_created(store, settings, problem, pool)) as journal,
    ):
        journal.when_away(Patience(anywhere, observer))
        search = Search(settings, problem, journal, pool, observer, proposer, models)
        search.go(settings.evaluations, settings.seconds, patient)
    return _reopened(settings.archive, journal.record.name, observer)


def resume(
    archive: str,
    name: str,
    more_evaluations: int | None = None,
    seconds: float | None = None,
    workers: int | None = None,
    observer: Observer = unwatched,
    *,
    more_usd: str | None = None,
    more_tokens: int | None = None,
    patient: bool = True,
    proposer: Proposer | None = None,
    models: Models | None = None,
    executor: Executor | None = None,
    where: str | None = None,
    unsafe_no_sandbox: bool = False,
) -> Run:
    """Go on with a run: replay its journal, then search on.

    Args:
        archive: the folder of runs, or a PostgreSQL URL.
        name: the run's name.
        more_evaluations: added to the budget, when it has ended; so are the next two.
        more_usd: dollars in decimal.
        more_tokens: of calls to models.
        patient: as in `run`.
        seconds: how long to search from now; None: what is left of the run's, if it had any.
        workers: evaluator processes, None for the run's own number.
        observer: told of every new event.
        proposer: the one that the run was started with; None as in `run`.
        models: who answers the proposer; None: those of the settings.
        executor: who evaluates; None: a pool where the settings say. Closed at the end.
        where: its `Settings.executor`; None: as the run was started.
        unsafe_no_sandbox: evaluate without a sandbox from now on.
    """
    with closing(store_at(archive).open(name, write=True)) as journal:
        journal.when_away(Patience(anywhere, observer))
        settings = Settings.from_json(journal.record.configuration["settings"])
        place, number = where or settings.executor, workers or settings.workers
        settings = replace(settings, archive=archive, workers=number, executor=place)
        if unsafe_no_sandbox:
            settings = replace(settings, unsafe_no_sandbox=True)
        problem = settings.problem.load()
        check_same_problem(journal.record, problem)
        settings = _extended(journal, settings, more_evaluations, more_usd, more_tokens)
        if patient:  # what people say is taken in whatever time is left
            settings, seconds = _timed(journal, settings, seconds)
        if models is None and patient:
            _check_models(settings)
        with closing(executor or pool_of(settings, problem, journal)) as pool:
            # the budgets are raised once nothing is left that the user would have to mend first
            budgets = {k: getattr(settings, k) for k in BUDGETS}
            given = {**budgets, "seconds": seconds, SECONDS_IN_ALL: settings.seconds}
            journal.add_note("resume", given, now().isoformat())
            warn_of_sandbox(journal, pool, observer)
            search = Search(settings, problem, journal, pool, observer, proposer, models)
            try:
                search.go(settings.evaluations, seconds, patient)
            except JournalConflictError as error:
                raise _explained(error, journal) from error
    return _reopened(archive, name, observer)


def evaluate(
    spec: ProblemSpec,
    policies: Sequence[Policy],
    split: Split,
    workers: int | None = None,
    unsafe_no_sandbox: bool = False,
    purpose: Purpose = "search",
) -> list[Report]:
    """What each policy comes to on a split, in the order given."""
    from evaluators.execution.local import LocalExecutor

    with closing(LocalExecutor(spec, workers, unsafe_no_sandbox)) as executor:
        futures = [executor.submit(Job(p.source, split, purpose)) for p in policies]
        return [f.result() for f in futures]


def _reopened(archive: str, name: str, observer: Observer) -> Run:
    """What was searched, to look at; its store is waited for."""
    tell = Patience(anywhere, observer)
    while True:
        try:
            return open_run(archive, name, tell)
        except AwayError as error:
            tell(f"{error.message}: waiting for it")
            time.sleep(LOOK_S)


# -- starting --------------------------------------------------------------------------------


def check_settings(settings: Settings, problem: Problem) -> None:
    """Whether a run could begin with them, its models' keys and prices apart. Raises UsageError."""
    names = [o.name for o in problem.objectives]
    for name in settings.objectives:
        if name not in names:
            raise UsageError(f"unknown objective {name!r}", nearest_hint(name, names))
    if not active_objectives(problem, settings.objectives, settings.exact):
        raise UsageError("no objective is left to search by", "--exact leaves measured ones out")
    for constraint in constraints_of(settings, problem):
        if settings.exact and constraint.objective.kind == "measured":
            raise UsageError(
                f"--exact leaves {constraint.objective.name} out, and --require goes by it",
                "leave one of the two out",
            )
    check_selection(settings.selection, problem)
    if settings.hints and not settings.asks:
        raise UsageError(
            "the run writes no prompts: nobody would see a hint",
            "let it: --model PROVIDER/NAME or --ask-tell",
        )
    for hint in settings.hints:
        check_hint(hint, settings.model.prompt_tokens)
    for source in settings.seed_policies:
        try:
            compile(source, "<seed policy>", "exec")
            normal_digest(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise UsageError(f"a seed policy does not compile: {error}", "mend it") from error


def _check_models(settings: Settings) -> None:
    if settings.model.names:
        from evolve.models import check_models

        check_models(settings)


def _created(store: Store, settings: Settings, problem: Problem, executor: Executor) -> Journal:
    """A new run's journal, under the first name that is free when none is given."""
    kept = replace(settings, archive=store.place)
    taken = set(store.names())
    while True:
        name = settings.name or _fresh_name(problem, taken)
        try:
            return store.create(_record(replace(kept, name=name), problem, executor))
        except RunExistsError:
            if settings.name is not None:
                raise
            taken.add(name)  # by a run that has just begun, or by something else that lies there


def _fresh_name(problem: Problem, taken: Container[str]) -> str:
    return next(n for i in range(1, 1 << 30) if (n := f"{problem.name}-{i}") not in taken)


def _record(settings: Settings, problem: Problem, executor: Executor) -> RunRecord:
    """The record of a new run: seeds are stored as text, so that no later file changes it."""
    seeds = [[p.name, p.source] for p in problem.baselines().values()]
    seeds += [[f"given_{i}", s] for i, s in enumerate(settings.seed_policies, start=1)]
    return RunRecord(
        name=str(settings.name),
        configuration={
            "settings": settings.to_json(),
            "seeds": seeds,
            "problem": {
                "name": problem.name,
                "version": problem.version,
                "digest": executor.problem_digest,
                "scale": scale_data(problem),
            },
        },
        versions=versions(),
        started_at=now().isoformat(),
    )


# -- resuming --------------------------------------------------------------------------------


def warn_of_sandbox(journal: Journal, executor: Executor, observer: Observer) -> None:
    """Say so when what is to come is scored in another sandbox than what stands."""
    counts = protections(journal.protections())
    counts[protection(executor.sandbox)] += 0
    if text := caution(counts):
        observer(Cautioned(text))


def _extended(
    journal: Journal, settings: Settings, evaluations: int | None, usd: str | None,
    tokens: int | None,
) -> Settings:  # fmt: skip
    """The settings with the budgets of the last resumption, and what is added to them now."""
    settings = settings.resumed(journal.notes())
    for name, more, budget in (("usd", usd, settings.usd), ("tokens", tokens, settings.tokens)):
        if more is not None and budget is None:
            raise UsageError(
                f"run {journal.record.name} has no budget in {name} to add to",
                "leave it out: nothing of that kind is limited",
            )
    return replace(
        settings,
        evaluations=settings.evaluations + (evaluations or 0),
        usd=settings.usd if usd is None else str(Decimal(settings.usd or 0) + Decimal(usd)),
        tokens=settings.tokens if tokens is None else (settings.tokens or 0) + tokens,
    )


def _timed(
    journal: Journal, settings: Settings, seconds: float | None
) -> tuple[Settings, float | None]:
    """The settings with the seconds of the whole search, and those of it that are to come.

    Seconds given to a run without such a budget are this resumption's alone.
    """
    if seconds is None:
        return settings, seconds_left(journal, settings.seconds)
    if settings.seconds is None:
        return settings, seconds
    return replace(settings, seconds=searched_s(journal) + seconds), seconds


def _explained(error: JournalConflictError, journal: Journal) -> Exception:
    """The user's fault when another version resumes a run; ours when nothing has changed."""
    difference = changed(dict(journal.record.versions))
    if not difference:
        return error
    return UsageError(
        f"run {journal.record.name} was searched by another version ({difference}): it cannot be "
        "replayed; its entries stand as they are",
        "resume it with that version, or start a new run with --from this one",
    )
