"""Gives the same budget to a search and to its control arms, seed by seed.

Each cell, an arm with a seed, is a run of its own in the archive: what is there is not run again,
and what was interrupted goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from archive.front import active_objectives
from archive.store.places import store_at
from evaluators.errors import UsageError
from evolve.controls import ENDED, Cell, cell_of, is_alike, without_models
from evolve.events import Noticed, Observer, unwatched
from evolve.openings import play_sealed
from evolve.pools import local_executor
from evolve.runs import Run, open_run
from evolve.search import resume, run, warn_of_sandbox
from evolve.settings import Arm, Settings
from evolve.volumes import Volumes


def arms_for(settings: Settings) -> tuple[Arm, ...]:
    """The search and what it has to beat: without models the model-free search is itself."""
    return ("full", "independent", "greedy", *(("embedded",) if settings.asks else ()))


def bench(
    settings: Settings, arms: Sequence[Arm], seeds: int, observer: Observer = unwatched
) -> Iterator[Cell]:
    """The cells in the order in which they are done, seed by seed, so that arms stay even.

    Args:
        settings: of the search; its runs are called NAME-ARM-SEED, from its own seed on.
        arms: which are to be run.
        seeds: how many.
        observer: told of every event.

    Raises:
        UsageError: no objective has a proved limit, people would be asked, or a run of such a
            name is another search.
        KeyboardInterrupt: Ctrl-C was pressed; nothing is lost.
    """
    problem = settings.problem.load()
    deciding = active_objectives(problem, settings.objectives, settings.exact)
    volumes = Volumes(problem, "sealed", deciding)
    _check(settings, volumes)
    cells = [cell_settings(settings, a, settings.seed + i) for i in range(seeds) for a in arms]
    for number, own in enumerate(cells, start=1):
        observer(Noticed(f"{number}/{len(cells)} {own.name}"))
        yield _judged(_searched(own, observer), own, volumes, observer)


def cell_settings(settings: Settings, arm: Arm, seed: int) -> Settings:
    """Of one run."""
    own = without_models(settings) if arm == "embedded" else settings
    return replace(own, arm=arm, seed=seed, name=f"{settings.name}-{arm}-{seed}")


def _check(settings: Settings, volumes: Volumes) -> None:
    if not volumes.objectives:
        raise UsageError(
            "no exact objective that the search goes by has a proved limit",
            "arms are compared by their share of the box between reference and limit",
        )
    if settings.ask_tell:
        raise UsageError("arms are compared without people", "leave --ask-tell out")


def _searched(settings: Settings, observer: Observer) -> Run:
    """The run of a cell, ended."""
    name = str(settings.name)
    if name not in store_at(settings.archive).names():
        return _ended(run(settings, observer))
    known = open_run(settings.archive, name)
    if known.settings.arm != settings.arm or not is_alike(known.settings, settings):
        raise UsageError(
            f"run {name} is there, and is another search: other settings, or another budget",
            "give these runs a name of their own: --name",
        )
    known.check_same_problem(known.problem)
    if known.stopped in ENDED:
        return known
    known.close()
    again = resume(settings.archive, name, workers=settings.workers, observer=observer)
    return _ended(again)


def _ended(found: Run) -> Run:
    """Raises KeyboardInterrupt where that is what ended the search, which kept it to itself."""
    if found.stopped == "interrupted":
        raise KeyboardInterrupt
    if found.stopped not in ENDED:
        raise UsageError(f"run {found.name} stopped: {found.stopped}", "mend that, and go on")
    return found


def _judged(found: Run, settings: Settings, volumes: Volumes, observer: Observer) -> Cell:
    cell = cell_of(found, volumes)
    if cell is None:
        _open_sealed(found, settings, observer)
        cell = cell_of(found, volumes)
    assert cell is not None, f"{found.name} has ended, and its front was just played"
    found.close()
    return cell


def _open_sealed(found: Run, settings: Settings, observer: Observer) -> None:
    """Play the front on the sealed workloads, on the record."""
    proposals = [entry.proposal for entry in found.front()]
    with (
        closing(store_at(settings.archive).open(found.name, write=True)) as journal,
        closing(local_executor(settings)) as pool,
    ):
        warn_of_sandbox(journal, pool, observer)
        play_sealed(journal, found.problem, pool, proposals, "bench", observer)
