"""All runs of one problem in an archive, read as if they were one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing

from archive.constraint import Constraint
from archive.entry import Entry
from archive.store.places import store_at
from archive.store.store import Store
from evaluators.contract import Objective, Problem
from evaluators.errors import UsageError
from evaluators.identity import Identity, identity_of, problem_digest
from evolve.found import Found
from evolve.runs import Run, open_run


class AllRuns(Found):
    """Runs of one problem; their entries' ids are RUN/N."""

    def __init__(
        self,
        problem: Problem,
        runs: Iterable[Run],
        left_out: int = 0,
        unreadable: Sequence[UsageError] = (),
    ) -> None:
        """`runs` in the order of their start, each read before the next one is taken; `left_out`:
        how many are of another version or of other parameters; `unreadable`: what is wrong with
        others of the archive, whatever they are of.
        """
        self.name = problem.name
        self.runs: list[Run] = []
        self._problem = problem
        self._cautions: list[str] = []
        self._run_of: dict[int, str] = {}
        for run in runs:
            self.runs.append(run)
            self._cautions += [f"{run.name}: {run.caution}"] if run.caution else []
            self._run_of |= {id(entry): run.name for entry in run.outstanding()}
        if left_out:
            self._cautions.append(f"{left_out} runs of another version or parameters are left out")
        self._cautions += map(str, unreadable)

    @property
    def scale(self) -> Problem:
        return self._problem

    @property
    def identity(self) -> Identity:
        return identity_of(self._problem)

    @property
    def caution(self) -> str:
        return "; ".join(self._cautions)

    def outstanding(self) -> Sequence[Entry]:
        return [entry for run in self.runs for entry in run.outstanding()]

    def objectives(self) -> list[Objective]:
        """Those that every run went by."""
        by_run = [{o.name for o in run.objectives()} for run in self.runs]
        return [o for o in self.scale.objectives if all(o.name in names for names in by_run)]

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
    readable, unreadable = _started(store)
    started = {n: (at, d) for n, (at, name, d) in readable.items() if name == problem.name}
    same = [name for name, (_, d) in started.items() if d == digest]
    if not same:
        raise UsageError(
            f"no run of {problem.name} version {problem.version} with these parameters in "
            f"{store.place}, {len(started)} with others",
            f"start one: adrs run {problem.name}",
        )
    in_order = sorted(same, key=lambda name: started[name][0])
    found = AllRuns(problem, _one_by_one(archive, in_order), len(started) - len(same), unreadable)
    if not found.objectives():
        raise UsageError(
            f"the runs of {problem.name} have no objective in common", "look at them one by one"
        )
    return found


def _one_by_one(archive: str, names: Iterable[str]) -> Iterator[Run]:
    """Each is open until the next one is: a server has only so many sessions."""
    for name in names:
        with closing(open_run(archive, name)) as run:
            yield run


def _started(store: Store) -> tuple[dict[str, tuple[str, str, str]], list[UsageError]]:
    """Of each run that can be read (when it was started, its problem's name, its problem's digest),
    and what is wrong with the others.
    """
    found: dict[str, tuple[str, str, str]] = {}
    unreadable: list[UsageError] = []
    for name in store.names():
        try:
            with closing(store.open(name)) as journal:
                problem = journal.record.configuration["problem"]
                found[name] = journal.record.started_at, problem["name"], problem["digest"]
        except UsageError as error:
            unreadable.append(error)
    return found, unreadable
