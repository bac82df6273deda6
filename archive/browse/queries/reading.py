"""A run as far as it has been read: its outlines all, its entries as somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import RLock

from archive.browse.queries.marks import Marks
from archive.browse.queries.shelf import Shelf
from archive.constraint import Constraint, broken, parse_constraint
from archive.entry import SEED, Entry, Outline
from archive.front import Front, Point, active_objectives
from archive.journal import Journal
from archive.library import assembled, stop_reason
from evaluators.contract import Bound, Objective, Problem, Split
from evaluators.errors import UsageError
from evaluators.identity import problem_digest
from evaluators.registry import BUILT_IN, ProblemSpec
from evaluators.scoring import limit_of_split


class Reading:
    """What is known of a run. `follow` reads on from where it stopped, `load` some entries whole.

    One thread reads at a time while another looks: outlines and entries are only ever added, and
    an entry is replaced as a whole when it was evaluated again.
    """

    def __init__(self, shelf: Shelf, run: str) -> None:
        """Raises UsageError when there is no such run, or it cannot be read."""
        self.shelf = shelf
        self.run = run
        self.outlines: list[Outline] = []  # in order of commit
        self.numbered: dict[int, Outline] = {}
        self.entries: dict[int, Entry] = {}
        self.damaged: dict[int, str] = {}  # number -> what of it cannot be read
        self.marks = Marks()
        self.is_live = False  # whether somebody writes it
        self.state = ""  # `running`, or why it stopped
        self.problem: Problem | None = None
        self.trouble = ""  # why there is no problem, and so no score
        self.constraints: Sequence[Constraint] = ()  # what must be satisfied first
        self._limits: dict[tuple[str, Split], Bound | None] = {}
        self._finished = 0  # the id of the last evaluation that was heeded
        self._reads = RLock()
        with shelf.open(run) as journal:
            self.record = journal.record
        self._baselines = {SEED + name for name, _ in self.record.configuration["seeds"]}

    # -- reading -----------------------------------------------------------------------------

    def follow(self) -> bool:
        """Read what is new; whether anything is. Raises UsageError."""
        with self._reads, self.shelf.open(self.run) as journal:
            was_live, self.is_live = self.is_live, self.shelf.is_live(self.run)
            self.state = "running" if self.is_live else stop_reason(journal)
            fresh = journal.outlines(after=len(self.outlines))
            self.numbered.update((o.number, o) for o in fresh)
            self.outlines += fresh
            messages = journal.messages(after=self.marks.last)
            self.marks = self.marks.read(messages)
            again = self._evaluated_since(journal) if self.is_live or was_live else set()
            self._load(journal, again & self.entries.keys())
            return bool(fresh or messages or again or was_live != self.is_live)

    def _evaluated_since(self, journal: Journal) -> set[int]:
        """The committed entries that were evaluated since the last look: by other splits, say."""
        finishes = journal.finishes(after=self._finished)
        self._finished = finishes[-1].id if finishes else self._finished
        digests = {f.digest for f in finishes}
        return {o.number for o in self.outlines if o.digest in digests} if digests else set()

    def open_problem(self) -> None:
        """Make the problem again from the run's settings; `trouble` says why it cannot be."""
        then = self.record.configuration["problem"]
        spec = ProblemSpec(**self.record.configuration["settings"]["problem"])
        try:
            problem = spec.load()
        except UsageError as error:
            self.trouble = f"no scores: {error.message}"
            return
        if problem.version != then["version"] or (
            _is_the_users(spec) and problem_digest(problem) != then["digest"]
        ):
            self.trouble = f"no scores: {problem.name} is not what this run was started on"
            return
        required = self.record.configuration["settings"]["require"]
        self.constraints = [parse_constraint(text, problem.objectives) for text in required]
        self._baselines = {SEED + name for name in problem.baselines()}
        self.problem = problem

    def load(self, numbers: Iterable[int]) -> None:
        """Read these entries, if they are committed and not read yet. Raises UsageError."""
        with self._reads:
            wanted = {n for n in numbers if n in self.numbered} - self.entries.keys()
            if wanted - self.damaged.keys():
                with self.shelf.open(self.run) as journal:
                    self._load(journal, wanted - self.damaged.keys())

    def load_front(self, split: Split) -> None:
        """Read what the front is made of and held against."""
        self.load(o.number for o in self.outlines if o.decision == "front" or self.is_baseline(o))
        for objective in self.objectives():
            self.limit(objective, split)

    def _load(self, journal: Journal, numbers: Iterable[int]) -> None:
        wanted = set(numbers)
        if not wanted:
            return
        excerpt = journal.excerpt(wanted)
        self.damaged.update(excerpt.damaged)
        rows = (excerpt.commits, excerpt.proposals, excerpt.evaluations)
        self.entries.update((e.number, e) for e in assembled(*rows, self.problem))

    # -- what it comes to ----------------------------------------------------------------------

    def known(self, numbers: Iterable[int]) -> list[Entry]:
        """Those of the entries that are read."""
        return [self.entries[n] for n in numbers if n in self.entries]

    def objectives(self) -> Sequence[Objective]:
        """All that are scored, whether the search goes by them or not."""
        return self.problem.objectives if self.problem else ()

    def front(self, split: Split) -> list[Entry]:
        """The non-dominated entries on a split, among those that joined the search front."""
        if self.problem is None:
            return []
        settings = self.record.configuration["settings"]
        deciding = active_objectives(self.problem, settings["objectives"], settings["exact"])
        front = Front(deciding, self.constraints, split)
        joined = (o.number for o in list(self.outlines) if o.decision == "front")
        front.add_all(self.known(joined))
        return list(front.entries)

    def is_baseline(self, outline: Outline) -> bool:
        """Whether it is a published policy of the problem; as long as there is none, whether the
        search started from it.
        """
        return outline.proposer in self._baselines

    def baselines(self) -> list[Entry]:
        """The published policies that were scored."""
        found = self.known(o.number for o in list(self.outlines) if self.is_baseline(o))
        return [e for e in found if e.is_valid]

    def broken(self, values: Point) -> list[Constraint]:
        """What is required and not met by values of one split."""
        return broken(self.constraints, values)

    def to_beat(self, split: Split) -> list[Entry]:
        """The baselines that have values on a split and meet the requirements there."""
        scored = (e for e in self.baselines() if split in e.values)
        return [e for e in scored if not self.broken(e.values[split])]

    def limit(self, objective: Objective, split: Split) -> Bound | None:
        """The proved limit of an objective on a split."""
        if self.problem is None:
            return None
        key = (objective.name, split)
        if key not in self._limits:
            workloads = self.problem.workloads(split)
            self._limits[key] = limit_of_split(self.problem, objective, workloads)
        return self._limits[key]


def _is_the_users(spec: ProblemSpec) -> bool:
    """Whether it may have changed without a new version; ours may not, and digests take seconds."""
    return spec.name not in BUILT_IN or spec.workload_file is not None
