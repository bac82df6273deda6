"""An archive as a whole: its runs, their entries, and the canonical text of what a run found."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.entry import Amount, Commit, Entry, Evaluation, Proposal, num_evaluated
from archive.journal import Journal, Only
from archive.played import Played, played
from archive.store.codec import to_json
from archive.store.places import store_at
from evaluators.contract import Failure, Outcome, Score, Split
from evaluators.engines.gpu.drift import drift_of
from evaluators.errors import UsageError
from evaluators.execution.executor import Purpose
from evaluators.scale import Scale
from evaluators.scoring import aggregate, is_clean

MIN_PREFIX = 4  # hexadecimal digits that name a candidate
_VALUED: tuple[
    tuple[Split, Purpose], ...
] = (  # which evaluation of a split gives an entry's values
    ("search", "search"),
    ("selection", "selection"),
    ("sealed", "sealed"),
)


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run in one line."""

    name: str
    problem: str
    version: int
    started_at: str
    evaluated: int
    """Committed entries that are neither duplicates nor replies without a policy."""
    joined: int
    """Entries that joined the search front; later ones may have dominated them."""
    stopped: str
    """Why it stopped; `running` while somebody writes, `killed` when it ended without a word."""
    spent: Amount
    """What its calls to models are booked at."""


class Library:
    """The runs of one archive: a folder, or a PostgreSQL URL."""

    def __init__(self, archive: str | Path) -> None:
        self.store = store_at(archive)

    def status(self, run: str) -> RunStatus:
        """Raises UsageError when there is no such run or it cannot be read."""
        with closing(self.store.open(run)) as journal:
            decisions = journal.decisions()
            problem = journal.record.configuration["problem"]
            return RunStatus(
                name=run,
                problem=problem["name"],
                version=problem["version"],
                started_at=journal.record.started_at,
                evaluated=num_evaluated(decisions, journal.failures()),
                joined=decisions.get("front", 0),
                stopped=self._stopped(journal),
                spent=journal.spent(),
            )

    def stopped(self, run: str) -> str:
        """Why it stopped, as in its status."""
        with closing(self.store.open(run)) as journal:
            return self._stopped(journal)

    def _stopped(self, journal: Journal) -> str:
        is_running = self.store.is_being_written(journal.record.name)
        return "running" if is_running else stop_reason(journal)

    def statuses(self) -> tuple[list[RunStatus], list[UsageError]]:
        """Every run that can be read, and what is wrong with each of the others."""
        found: list[RunStatus] = []
        damaged: list[UsageError] = []
        for run in self.store.names():
            try:
                found.append(self.status(run))
            except UsageError as error:
                damaged.append(error)
        return found, damaged

    def locate(self, reference: str, run: str | None = None) -> tuple[str, int]:
        """The run and the number behind `RUN/N`, `N` in a named run, or a digest's first digits.

        Raises:
            UsageError: nothing, or more than one candidate, is meant.
        """
        named, slash, number = reference.rpartition("/")
        if number.isdecimal() and (slash or run is not None):
            return self._numbered(named if slash else str(run), int(number))
        return self._by_digest(reference, [run] if run is not None else self.store.names())

    def _numbered(self, run: str, number: int) -> tuple[str, int]:
        with closing(self.store.open(run)) as journal:
            last = journal.last_number()
        if not 1 <= number <= last:
            raise UsageError(f"no entry {number} in run {run!r}", f"it has 1 to {last}")
        return run, number

    def _by_digest(self, prefix: str, runs: Sequence[str]) -> tuple[str, int]:
        digits = set(prefix.lower())
        if len(prefix) < MIN_PREFIX or not digits <= set("0123456789abcdef"):
            raise UsageError(
                f"{prefix!r} is no entry",
                f"write RUN/N, or at least {MIN_PREFIX} digits of a policy's digest",
            )
        found: dict[str, tuple[str, int]] = {}  # by digest: the first run that has it
        damaged: list[UsageError] = []
        for run in runs:
            try:
                with closing(self.store.open(run)) as journal:
                    for digest, number in journal.numbers_of(prefix.lower()).items():
                        found.setdefault(digest, (run, number))
            except UsageError as error:  # what is asked for may be in another run
                damaged.append(error)
        if damaged and not found:
            raise damaged[0]
        if len(found) != 1:
            shown = ", ".join(f"{run}/{number}" for run, number in list(found.values())[:5])
            raise UsageError(
                f"{len(found)} policies have a digest that begins with {prefix!r}",
                f"write more digits, or one of {shown}" if found else "`adrs runs` lists the runs",
            )
        return next(iter(found.values()))


def stop_reason(journal: Journal) -> str:
    """Why a run that nobody writes stopped; `killed` when it ended without a word."""
    notes = [(kind, content) for kind, content, _ in journal.notes()]
    kind, content = notes[-1] if notes else ("start", {})
    return str(content["reason"]) if kind == "stop" else "killed"


def entries_of(journal: Journal, scale: Scale, only: Only | None = None) -> list[Entry]:
    """Committed entries in order of commit, with their values on each split that they were played
    on whole: all, or only some and the originals of those that are duplicates.

    A duplicate has what its original has; a failed entry has the outcome that failed it; one whose
    rows are damaged is left out (`journal.damage` names them).
    """
    with journal.snapshot():
        only = only and _with_originals(journal, only)
        commits, evaluations = journal.commits(only), journal.evaluations(only)
        return assembled(commits, journal.proposals(only), evaluations, scale)


def assembled(
    commits: Iterable[Commit],
    proposals: Iterable[Proposal],
    evaluations: Iterable[Evaluation],
    scale: Scale | None,
) -> list[Entry]:
    """The entries of some commits, in their order; what one duplicates is among them.

    Without a scale nobody can aggregate: they have outcomes, but no values.
    """
    outcomes = played(evaluations)
    proposed = {p.number: p for p in proposals}
    entries: dict[int, Entry] = {}
    for commit in commits:
        proposal = proposed.get(commit.number)
        if proposal is None:
            continue
        if commit.duplicate_of is None:
            entry = _entry(commit, proposal, outcomes, scale)
        else:
            entry = _duplicate(commit, proposal, entries.get(commit.duplicate_of))
        if entry is not None:
            entries[commit.number] = entry
    return list(entries.values())


def _with_originals(journal: Journal, only: Only) -> Only:
    originals = (c.duplicate_of for c in journal.commits(only) if c.duplicate_of is not None)
    return dataclasses.replace(only, numbers=(*only.numbers, *originals))


def _duplicate(commit: Commit, proposal: Proposal, original: Entry | None) -> Entry | None:
    if original is None:
        return None
    return dataclasses.replace(
        original, number=commit.number, proposal=proposal, decision=commit.decision
    )


def _entry(commit: Commit, proposal: Proposal, played: Played, scale: Scale | None) -> Entry | None:
    """None when what was played cannot be read."""
    digest = proposal.digest
    if proposal.rejection:
        return Entry.rejected(proposal)
    if (digest, "search") not in played:
        return None
    outcome = played[digest, "search"].outcome
    if commit.decision == "failed":
        confirmed = played.get((digest, "confirm"))
        if is_clean(outcome) and confirmed is not None:
            outcome = confirmed.outcome
        return Entry(commit.number, proposal, outcome, commit.decision)
    if commit.decision == "eliminated":
        return Entry.eliminated(proposal, outcome)
    values: dict[str, dict[str, float]] = {
        split: aggregated(scale, split, played[digest, purpose].outcome)
        for split, purpose in _VALUED
        if scale and (digest, purpose) in played and is_clean(played[digest, purpose].outcome)
    }
    return Entry(commit.number, proposal, outcome, commit.decision, values)


def scores_of(journal: Journal, entry: Entry) -> dict[Split, Score]:
    """An entry's values per workload, on each split that it was scored on whole."""
    outcomes = played(journal.evaluations(Only(numbers=(entry.number,))))
    digest = entry.proposal.digest
    valued = [(s, outcomes.get((digest, p))) for s, p in _VALUED if s in entry.values]
    return {s: e.outcome for s, e in valued if e and isinstance(e.outcome, Score)}


def aggregated(scale: Scale, split: Split, outcome: Outcome) -> dict[str, float]:
    """One number per objective from a score on a whole split.

    Raises:
        UsageError: the score is of other objectives or workloads.
    """
    if isinstance(outcome, Failure):
        return {}
    workloads = scale.workloads(split)
    try:
        return {o.name: aggregate(o, workloads, outcome.values[o.name]) for o in scale.objectives}
    except KeyError as error:
        raise UsageError(
            f"{scale.name} version {scale.version} has {error}, and what was scored has not",
            "read it with the version of the problem that it was scored on",
        ) from error


# -- the canonical text ------------------------------------------------------------------------


def dump(journal: Journal, scale: Scale) -> bytes:
    """What a run found as JSON lines in order of commit: equal for equal searches.

    Proposals, decisions and the exact part of every outcome; nothing that a clock, a device or the
    number of workers decides: no measured value, no time, no slot, no order of arrival. Nor what
    another version of the problem said of it later.
    """
    exact = {o.name for o in scale.objectives if o.kind == "exact"}
    evaluations: dict[str, list[Evaluation]] = {}
    with journal.snapshot():
        proposals = {p.number: p for p in journal.proposals()}
        commits = journal.commits()
        for evaluation in journal.evaluations():
            if evaluation.key.purpose not in ("time", "rescore", "device"):
                evaluations.setdefault(evaluation.key.digest, []).append(evaluation)
    lines = []
    for commit in commits:
        proposal = proposals[commit.number]
        played = evaluations.get(proposal.digest, []) if commit.duplicate_of is None else []
        outcomes = [_exact_part(e, exact) for e in played]
        lines.append(
            to_json(
                {
                    **dataclasses.asdict(commit),
                    **dataclasses.asdict(proposal),
                    "outcomes": sorted(outcomes, key=to_json),
                }
            )
        )
    return "".join(f"{line}\n" for line in lines).encode()


def exact_breakdown(score: Score) -> Mapping[str, Mapping[str, float]]:
    """A simulator's; what a device adds to it comes from clocks, so then nothing."""
    return score.breakdown if drift_of(score) is None else {}


def _exact_part(evaluation: Evaluation, exact: set[str]) -> dict[str, Any]:
    part: dict[str, Any] = {**dataclasses.asdict(evaluation.key), "traces": dict(evaluation.traces)}
    outcome = evaluation.outcome
    if isinstance(outcome, Failure):
        return {**part, "failure": dataclasses.asdict(outcome)}
    return {
        **part,
        "values": {name: dict(row) for name, row in outcome.values.items() if name in exact},
        "failures": {w: dataclasses.asdict(f) for w, f in outcome.failures.items()},
        "breakdown": {w: dict(b) for w, b in exact_breakdown(outcome).items()},
    }
