"""What a run has found, read from its journal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archive.constraint import Constraint, parse_constraint
from archive.entry import Entry, RunRecord
from archive.front import Front, active_objectives
from archive.journal import Journal, Only
from archive.library import entries_of, scores_of, stop_reason
from archive.progress import Progress, progress
from archive.store.places import store_at
from evaluators.contract import Objective, Outcome, Problem, Score, Split
from evaluators.errors import UsageError
from evaluators.identity import Identity, problem_digest
from evaluators.scale import Scale, kept_scale
from evolve.found import Found
from evolve.protection import caution, protections
from evolve.sessions import seconds_left
from evolve.settings import Settings
from evolve.spending import Spending, spending_of
from evolve.tickets import LEASE_MINUTES, Ticket, open_tickets

RACE = "race"  # what the note of a stop calls what the race came to
CONFIRM = "confirm"  # a kind of message: what is measured on a device, how often, and where
RESCORE = "rescore"  # a kind of message: its content is the identity of the problem then

if TYPE_CHECKING:
    from evolve.asktell import Told
    from evolve.tickets import Lease


class Run(Found):
    """What a run has found so far, read from its journal."""

    def __init__(self, journal: Journal, archive: str) -> None:
        self._journal = journal
        self._archive = archive
        self.name = journal.record.name
        started = Settings.from_json(journal.record.configuration["settings"])
        self.settings = started.resumed(journal.notes())

    def close(self) -> None:
        """Give the journal back; what was read stays."""
        self._journal.close()

    @cached_property
    def problem(self) -> Problem:
        """The problem as it is now, made again from the settings."""
        return self.settings.problem.load()

    @property
    def identity(self) -> Identity:
        then = self._journal.record.configuration["problem"]
        return Identity(name=then["name"], version=then["version"], digest=then["digest"])

    @cached_property
    def scale(self) -> Scale:
        """The problem's when the run was started; older runs keep none, and go by its present."""
        then = self._journal.record.configuration["problem"]
        if "scale" not in then:
            return self.problem
        return kept_scale(then["name"], then["version"], then["scale"])

    @property
    def versions(self) -> Mapping[str, str]:
        """What it was started with: Python, packages, and the digest of our own code."""
        return self._journal.record.versions

    def check_same_problem(self, problem: Problem) -> None:
        """Raises UsageError when `problem` is not what the run was started on."""
        check_same_problem(self._journal.record, problem)

    def protections(self) -> Mapping[str, int]:
        """How many evaluations each sandbox saw, by its name."""
        return protections(self._journal.protections())

    @property
    def stopped(self) -> str:
        """Why it stopped; `running` while somebody writes, `killed` if it ended without a word."""
        is_running = store_at(self._archive).is_being_written(self.name)
        return "running" if is_running else stop_reason(self._journal)

    @property
    def seconds_left(self) -> float | None:
        """Of search, until its budget ends; None: it has no such budget."""
        return seconds_left(self._journal, self.settings.seconds)

    @cached_property
    def _entries(self) -> list[Entry]:
        return entries_of(self._journal, self.scale)

    @cached_property
    def _outstanding(self) -> list[Entry]:
        return entries_of(self._journal, self.scale, Only("front", tuple(self.seed_numbers)))

    @property
    def seed_numbers(self) -> range:
        """Of the policies that the search started from, baselines first."""
        return range(1, len(self._journal.record.configuration["seeds"]) + 1)

    def outstanding(self) -> Sequence[Entry]:
        return self._outstanding

    def run_of(self, entry: Entry) -> str:
        return self.name

    def label(self, entry: Entry) -> str:
        return str(entry.number)

    def entries(self) -> list[Entry]:
        """Every committed entry, in order of commit."""
        return self._entries

    def decisions(self) -> Mapping[str, int]:
        """How many entries were decided how."""
        return self._journal.decisions()

    def failures(self) -> Mapping[str, int]:
        """How many entries failed of what."""
        return self._journal.failures()

    def entry(self, number: str | int) -> Entry:
        """The entry of that number. Raises UsageError when there is none."""
        found = entries_of(self._journal, self.scale, Only(numbers=(int(number),)))
        for entry in found:
            if entry.number == int(number):
                return entry
        raise UsageError(
            f"run {self.name} has no entry {number}",
            f"it has entries 1 to {self._journal.last_number()}",
        )

    def scores(self, entry: Entry) -> dict[Split, Score]:
        """The entry's values per workload, on each split that it was scored on whole."""
        return scores_of(self._journal, entry)

    def sealed_outcome(self, entry: Entry) -> Outcome | None:
        """What the entry came to on the sealed split; None where it was not opened for it."""
        played = self._journal.evaluations(Only(numbers=(entry.number,)))
        return next((e.outcome for e in played if e.key.purpose == "sealed"), None)

    def objectives(self) -> list[Objective]:
        return active_objectives(self.scale, self.settings.objectives, self.settings.exact)

    def ask(self, minutes: float = LEASE_MINUTES) -> Lease:
        """A prompt to answer, leased for so many minutes. Raises UsageError when there is none."""
        from evolve.asktell import ask

        return ask(self._archive, self.name, minutes)

    def tell(self, ticket: str, answer: str) -> Told:
        """Answer a ticket; what came of it. Raises UsageError when it cannot be taken."""
        from evolve.asktell import tell

        return tell(self._archive, self.name, ticket, answer)

    def hint(self, text: str) -> None:
        """Tell the models and people of the run something, from their next prompt on."""
        from evolve.asktell import hint

        hint(self._archive, self.name, text)

    def tickets(self) -> Mapping[str, Ticket]:
        """The prompts that wait for people, by the name of their ticket."""
        return open_tickets(self._journal)

    def spending(self) -> Spending:
        """What calls to models came to."""
        return spending_of(self._journal)

    def progress(self) -> list[Progress]:
        """How the search front grew, commit by commit."""
        usd: defaultdict[int, float] = defaultdict(float)
        number_of = {call.id: call.number for call in self._journal.calls()}
        for end in self._journal.call_ends():
            if end.id in number_of:  # a damaged call is not among them
                usd[number_of[end.id]] += float(end.spent.usd)
        boxed, limits = self.exact_box("search")
        front = Front(self.objectives(), self.constraints())
        return progress(self._entries, front, boxed, limits, usd)

    def raced(self) -> Mapping[str, Any]:
        """What the race on the search workloads had come to when the run last stopped by itself;
        empty where there was none.
        """
        stops = [content for kind, content, _ in self._journal.notes() if kind == "stop"]
        return stops[-1].get(RACE, {}) if stops else {}

    def openings(self) -> Sequence[tuple[str, str]]:
        """When and why the sealed split was opened."""
        return [(reason, at) for reason, _, at in self._journal.openings()]

    def rescores(self) -> Sequence[Identity]:
        said = (m.content for m in self._journal.messages() if m.kind == RESCORE)
        return [Identity(name=c["name"], version=c["version"], digest=c["digest"]) for c in said]

    @property
    def caution(self) -> str:
        self.outstanding()  # what is read shows what is damaged
        found = [caution(protections(self._journal.protections()))]
        then, read = self.identity["version"], self.scale.version
        if then != read:
            found.append(f"scores of version {then} of the problem are read as version {read} does")
        found += [f"damaged and left out: {row}" for row in self.damage()]
        return "; ".join(text for text in found if text)

    def damage(self) -> Sequence[str]:
        """The rows that could not be read so far."""
        return self._journal.damage

    def constraints(self) -> list[Constraint]:
        return [parse_constraint(text, self.scale.objectives) for text in self.settings.require]


def open_run(archive: str, name: str, when_away: Callable[[str], None] | None = None) -> Run:
    """A run to look at. Raises UsageError when there is none of that name.

    With `when_away` what is read later waits for a store that has gone away, and tells why.
    """
    journal = store_at(archive).open(name)
    if when_away is not None:
        journal.when_away(when_away)
    return Run(journal, archive)


def check_same_problem(record: RunRecord, problem: Problem) -> None:
    """Raises UsageError when `problem` is not what the run was started on."""
    then = record.configuration["problem"]
    if then["digest"] != problem_digest(problem):
        raise UsageError(
            f"{problem.name} is not what run {record.name} was started on "
            f"({then['name']} version {then['version']} then, version {problem.version} now, "
            "or other parameters)",
            f"score its front anew: adrs rescore {record.name}; "
            "or start a new run, with --from the old one",
        )
