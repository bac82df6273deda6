"""The parts of a prompt that tell about the situation; some are lists that can be cut short."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archive.entry import Entry
from evaluators.contract import Failure
from evolve.prompting.situation import Situation, Step, Task
from evolve.prompting.standing import Row, losses, published_rows, values_of
from evolve.prompting.template import template


@dataclass(frozen=True, slots=True)
class Subject:
    """A program that a prompt is about, and what is known of it; no entry: it was never played."""

    letter: str  # where there are several
    source: str
    entry: Entry | None


@dataclass(slots=True)
class Section:
    """What a section's template is given. `items`, best first, may be cut from the end alone."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    items: list[Any] | None = None
    _texts: dict[int, str] = field(default_factory=dict)  # by the number of items

    def text(self) -> str:
        """The section in words; empty when it has a list with nothing in it."""
        if self.items == []:
            return ""
        count = len(self.items or ())
        if count not in self._texts:
            self._texts[count] = self._render()
        return self._texts[count]

    def _render(self) -> str:
        [text] = template(f"sections/{self.name}").render({**self.values, "items": self.items})
        return text


def subjects_of(kind: str, situation: Situation) -> tuple[Subject, ...]:
    """What the prompt is about. Raises ValueError when a crossover has one program only."""
    parent, partner, refused = situation.parent, situation.partner, situation.refused
    if kind == "crossover":
        if partner is None:
            raise ValueError("a crossover needs two programs that differ")
        return _subject(parent, "A"), _subject(partner, "B")
    if kind == "repair" and refused is not None and refused.answer and refused.form == "program":
        return (Subject("", refused.answer, None),)
    return (_subject(parent),)


def _subject(entry: Entry, letter: str = "") -> Subject:
    return Subject(letter, entry.proposal.source, entry)


def section(name: str, situation: Situation, subjects: Sequence[Subject]) -> Section | None:
    """A section by its name in a template's front matter; None when there is nothing to say."""
    return _SECTIONS[name](situation, subjects)


def failures_of(entry: Entry | None) -> list[dict[str, Any]]:
    """What went wrong, the most frequent first, each with one workload that it shows on."""
    if entry is None:
        return []
    if isinstance(entry.outcome, Failure):
        return [_fault(entry.outcome, "", 0)]
    failures = entry.outcome.failures
    shows_on = {failure: workload for workload, failure in failures.items()}
    counts = Counter(failures.values())
    return [_fault(failure, shows_on[failure], n - 1) for failure, n in counts.most_common()]


def _fault(failure: Failure, workload: str, others: int) -> dict[str, Any]:
    words = {"kind": failure.kind, "message": failure.message}
    return {**words, "workload": workload, "others": others}


def _program(_: Situation, subjects: Sequence[Subject]) -> Section:
    shown = [
        {"letter": s.letter, "source": s.source, "failures": failures_of(s.entry)} for s in subjects
    ]
    return Section("program", {"programs": shown})


def _scores(situation: Situation, subjects: Sequence[Subject]) -> Section:
    task = situation.task
    shown = [(s.letter, s.entry) for s in subjects if s.entry is not None]
    values = {
        "objectives": task.objectives,
        "shown": [Row(letter, values_of(task, e)) for letter, e in shown],
        "published": published_rows(task, [e for _, e in shown], situation.baselines),
        "limits": [task.limits.get(o.name) for o in task.objectives],
    }
    return Section("scores", values)


def _losses(situation: Situation, _: Sequence[Subject]) -> Section:
    found = losses(situation.task, situation.parent, situation.baselines)
    return Section("losses", items=list(found))


def _history(situation: Situation, _: Sequence[Subject]) -> Section:
    return Section("history", items=[_tried(situation.task, step) for step in situation.history])


def _tried(task: Task, step: Step) -> Mapping[str, Any]:
    before = values_of(task, step.parent) if step.parent else [None] * len(task.objectives)
    changes = zip(task.objectives, before, values_of(task, step.entry), strict=True)
    return {
        "idea": step.idea or step.entry.proposal.proposer,
        "failures": failures_of(step.entry)[:1],
        "decision": step.entry.decision,
        "changes": [{"name": o.name, "before": b, "after": a} for o, b, a in changes],
    }


def _inspirations(situation: Situation, subjects: Sequence[Subject]) -> Section:
    seen = {s.entry.proposal.normal_digest for s in subjects if s.entry is not None}
    items = []
    for e in situation.inspirations:
        if e.proposal.normal_digest not in seen:
            seen.add(e.proposal.normal_digest)
            items.append({"entry": e, "values": values_of(situation.task, e)})
    return Section("inspirations", {"objectives": situation.task.objectives}, items)


def _lessons(situation: Situation, _: Sequence[Subject]) -> Section:
    return Section("lessons", items=list(situation.lessons))


def _hints(situation: Situation, _: Sequence[Subject]) -> Section:
    return Section("hints", items=list(situation.hints))


def _refusal(situation: Situation, _: Sequence[Subject]) -> Section | None:
    refused = situation.refused
    if refused is None:  # the program's own failures stand beside it
        return None
    edits = (
        "" if refused.form == "program" or _is_whole(situation, refused.answer) else refused.answer
    )
    return Section("refusal", {"reason": refused.reason, "idea": refused.note, "edits": edits})


def _is_whole(situation: Situation, edits: str) -> bool:
    """Whether edits hold the program over again: with them it would be shown twice."""
    defines = re.compile(rf"\bdef\s+{re.escape(situation.task.problem.signature.entry)}\b")
    return bool(defines.search(edits)) and 2 * len(edits) > len(situation.parent.proposal.source)


_SECTIONS: Mapping[str, Callable[[Situation, Sequence[Subject]], Section | None]] = {
    "program": _program,
    "scores": _scores,
    "losses": _losses,
    "history": _history,
    "inspirations": _inspirations,
    "lessons": _lessons,
    "hints": _hints,
    "refusal": _refusal,
}
