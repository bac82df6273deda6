"""All runs of one problem in an archive, read as if they were one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing

from archive.constraint import Constraint
from archive.entry import Entry
from archive.store.places import store_at
from archive.store.store import Store
from evaluators.contract import Objective, Problem
from evaluators.errors import UsageError
from evaluators.identity import problem_digest
from evolve.found import Found
from evolve.runs import Run, open_run


class AllRuns(Found):
    """Runs of one problem; their entries' ids are RUN/N."""

    def __init__(self, problem: Problem, runs: Sequence[Run], left_out: int = 0) -> None:
        """`runs` in the order of their start; `left_out`: of another version or parameters."""
        self.name = problem.name
        self.runs = tuple(runs)
        self._problem = problem
        self._left_out = left_out
        self._entries = [(run.name, e) for run in runs for e in run.outstanding()]
        self._run_of = {id(entry): name for name, entry in self._entries}

    @property
    def problem(self) -> Problem:
        return self._problem

    @property
    def caution(self) -> str:
        found = [f"{run.name}: {run.caution}" for run in self.runs if run.caution]
        if self._left_out:
            found.append(f"{self._left_out} runs of another version or parameters are left out")
        return "; ".join(found)

    def outstanding(self) -> Sequence[Entry]:
        return [entry for _, entry in self._entries]

    def objectives(self) -> list[Objective]:
        """Those that every run went by."""
        by_run = [{o.name for o in run.objectives()} for run in self.runs]
        return [o for o in self.problem.objectives if all(o.name in names for names in by_run)]

    def constraints(self) -> list[Constraint]:
        """Those that every run had."""
        first, *others = [run.constraints() for run in self.runs]
        return [c for c in first if all(c in those for those in others)]

    def run_of(self, entry: Entry) -> str:
        return self._run_of[id(entry)]

    def label(self, entry: Entry) -> str:
        return f"{self.run_of(entry)}/{entry.number}"


def runs_on(archive: str, problem: Problem) -> AllRuns:
    """All runs of exactly this problem. Raises UsageError when there is none."""
    store = store_at(archive)
    digest = problem_digest(problem)
    started = {n: (at, d) for n, at, name, d in _started(store) if name == problem.name}
    same = [name for name, (_, d) in started.items() if d == digest]
    if not same:
        raise UsageError(
            f"no run of {problem.name} version {problem.version} with these parameters in "
            f"{store.place}, {len(started)} with others",
            f"start one: adrs run {problem.name}",
        )
    runs = [open_run(archive, name) for name in sorted(same, key=lambda n: started[n][0])]
    found = AllRuns(problem, runs, len(started) - len(same))
    if not found.objectives():
        raise UsageError(
            f"the runs of {problem.name} have no objective in common", "look at them one by one"
        )
    return found


def _started(store: Store) -> Iterator[tuple[str, str, str, str]]:
    """(run, when it was started, its problem's name, its problem's digest)."""
    for name in store.names():
        with closing(store.open(name)) as journal:
            problem = journal.record.configuration["problem"]
            yield name, journal.record.started_at, problem["name"], problem["digest"]
