"""One entry: its scores per workload, what failed, who said what, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archive.browse.queries.front import best_of, origin
from archive.browse.queries.reading import Reading
from archive.entry import Call, CallEnd, Entry
from archive.lineage import Step, descent
from evaluators.contract import SPLITS, Failure, Objective, Problem, Score, Split, Workload
from evaluators.scoring import loss


@dataclass(frozen=True, slots=True)
class Mark:
    """One value beside the best baseline's."""

    value: float
    baseline: float | None
    share: float | None
    """From the objective's reference (0) to the limit (1); None without a limit."""


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """The scores on one workload, or all of a split."""

    where: str
    marks: tuple[Mark, ...]  # one per objective


@dataclass(frozen=True, slots=True)
class Fault:
    """What failed, and on which workload; on none when nothing could be scored at all."""

    where: str
    kind: str
    message: str

    @property
    def lines(self) -> list[str]:
        """The kind before each line of the message; alone where nothing is said."""
        return [f"{self.kind}: {line}" for line in self.message.splitlines()] or [self.kind]


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a conversation with a model."""

    role: str
    text: str


def scores(reading: Reading, entry: Entry) -> list[ScoreRow]:
    """Each split as a whole, then the search workloads one by one; empty where none was scored."""
    if reading.problem is None or isinstance(entry.outcome, Failure):
        return []
    wholes = [_whole(reading, entry, split) for split in SPLITS if split in entry.values]
    played = next(iter(entry.outcome.values.values()))  # a race plays some on a few alone
    workloads = [w for w in reading.problem.workloads("search") if w.id in played]
    return wholes + [_single(reading, reading.problem, entry.outcome, w) for w in workloads]


def _whole(reading: Reading, entry: Entry, split: Split) -> ScoreRow:
    baselines = [e.values[split] for e in reading.to_beat(split)]
    marks = []
    for o in reading.objectives():
        limit = reading.limit(o, split)
        best = best_of(o, baselines)
        marks.append(_mark(o, entry.values[split][o.name], best, limit.value if limit else None))
    return ScoreRow(f"all {split}", tuple(marks))


def _single(reading: Reading, problem: Problem, score: Score, workload: Workload) -> ScoreRow:
    limits = problem.limits(workload)
    outcomes = [e.outcome for e in reading.to_beat("search")]
    baselines = [_on(o, workload) for o in outcomes if isinstance(o, Score)]
    values = _on(score, workload)
    marks = []
    for o in problem.objectives:
        limit = limits.get(o.name)
        marks.append(
            _mark(o, values[o.name], best_of(o, baselines), limit.value if limit else None)
        )
    return ScoreRow(workload.id, tuple(marks))


def _on(score: Score, workload: Workload) -> dict[str, float]:
    return {name: values[workload.id] for name, values in score.values.items()}


def _mark(o: Objective, value: float, baseline: float | None, limit: float | None) -> Mark:
    if limit is None or not loss(o, limit) < loss(o, o.reference):
        return Mark(value, baseline, None)
    share = (loss(o, o.reference) - loss(o, value)) / (loss(o, o.reference) - loss(o, limit))
    return Mark(value, baseline, min(1.0, max(0.0, share)))


def faults(entry: Entry) -> list[Fault]:
    """Everything that failed."""
    outcome = entry.outcome
    if isinstance(outcome, Failure):
        return [Fault("", outcome.kind, outcome.message)]
    return [Fault(w, f.kind, f.message) for w, f in outcome.failures.items()]


# -- who said what -------------------------------------------------------------------------------


def conversation(reading: Reading, number: int) -> list[Said]:
    """The prompts and replies that made an entry; nothing where no model was asked."""
    with reading.shelf.open(reading.run) as journal:
        calls = journal.calls_for(number)
    said: list[Said] = []
    for call, end in calls:
        told = [Said(m["role"], m["content"]) for m in call.request["messages"]]
        said += [turn for turn in told if turn not in said]
        said.append(_answered(call, end))
    return said


def _answered(call: Call, end: CallEnd | None) -> Said:
    model = str(call.request["model"])
    if end is None:
        return Said(model, "(no answer yet)")
    if end.state == "answered":
        return Said(model, str(end.answer["text"]))
    return Said(model, f"({end.state}: {end.answer.get('reason', 'nobody knows why')})")


# -- where it comes from -------------------------------------------------------------------------


def line_of(reading: Reading, number: int) -> list[int]:
    """The numbers of the first parents from a seed down to the entry."""
    line = [number]
    while (outline := reading.numbered.get(line[-1])) and outline.parents:
        line.append(outline.parents[0])
    return line[::-1]


def lineage(reading: Reading, number: int) -> list[Step]:
    """The line of first parents with the gain of each step; from below what cannot be read."""
    line = line_of(reading, number)
    reading.load(line)
    return descent(reading.entries[number], reading.known(line), reading.objectives())


def children(reading: Reading, number: int) -> list[int]:
    """The entries that were made from it, in order of commit."""
    return [o.number for o in list(reading.outlines) if number in o.parents]


def load_kin(reading: Reading, number: int) -> None:
    """Read an entry with what it is told beside: line of descent, parents, baselines."""
    reading.load([number, *(base.number for base in bases(reading, number))])


@dataclass(frozen=True, slots=True)
class Base:
    """What an entry's code may be compared with."""

    label: str
    number: int


def bases(reading: Reading, number: int) -> list[Base]:
    """Its parents, what it descends from beyond them, and every baseline; nearest first."""
    outline = reading.numbered[number]
    line = line_of(reading, number)[-2::-1]
    found = [Base("parent", n) for n in outline.parents]
    found += [Base("ancestor", n) for n in line if n not in outline.parents]
    taken = {base.number for base in found} | {number}
    baselines = [o for o in list(reading.outlines) if reading.is_baseline(o)]
    found += [Base("baseline", o.number) for o in baselines if o.number not in taken]
    return [_named(reading, base) for base in found if base.number in reading.numbered]


def _named(reading: Reading, base: Base) -> Base:
    outline = reading.numbered[base.number]
    what = "baseline" if reading.is_baseline(outline) else base.label
    return Base(f"{what} {base.number} {origin(outline.proposer)}", base.number)


def first_baseline(reading: Reading, among: Iterable[Base]) -> int | None:
    """The place of the nearest baseline in a list of bases."""
    return next(
        (i for i, b in enumerate(among) if reading.is_baseline(reading.numbered[b.number])),
        None,
    )


def noted(reading: Reading, number: int) -> Sequence[str]:
    """The notes on an entry, the earliest first."""
    return reading.marks.notes.get(number, ())
