"""What a run's calls to models came to, read from its journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.entry import Amount, Call, CallEnd
from archive.journal import Journal

Note = tuple[str, Mapping[str, Any], str]  # kind, content, when
NO_ANSWER = "no answer"  # the note that says why a request got none


@dataclass(frozen=True)
class Spending:
    """Sums over all calls; what was on the wire at a kill counts at its worst case."""

    known: Amount
    unknown: Amount
    """Of calls of which nobody knows what they cost."""
    calls: int
    ends: Mapping[str, int]
    """How many calls ended how: answered, failed, given up."""
    failures: Mapping[str, int]
    """Why calls failed, tried again or not."""
    no_answers: Mapping[str, int]
    """Why requests got no answer, however often they were tried."""


def spending_of(journal: Journal) -> Spending:
    """The sums as of now."""
    return spending(journal.calls(), journal.call_ends(), journal.notes())


def spending(calls: Sequence[Call], ended: Iterable[CallEnd], noted: Sequence[Note]) -> Spending:
    """The sums over these calls, their ends, and the run's notes."""
    ends = {end.id: end for end in ended}
    on_the_wire = [c.worst for c in calls if c.id not in ends]
    lost = [e.spent for e in ends.values() if not e.is_known]
    notes = (content for kind, content, _ in noted if kind == NO_ANSWER)
    return Spending(
        known=_sum(e.spent for e in ends.values() if e.is_known),
        unknown=_sum([*on_the_wire, *lost]),
        calls=len(calls),
        ends=_states(ends.values(), len(on_the_wire)),
        failures=Counter(_reason(e) for e in ends.values() if e.state == "failed"),
        no_answers=Counter(str(content["reason"]) for content in notes),
    )


def _reason(end: CallEnd) -> str:
    return f"{end.answer['kind']}: {end.answer['reason']}"


def _states(ends: Iterable[CallEnd], on_the_wire: int) -> Mapping[str, int]:
    states: Counter[str] = Counter(e.state for e in ends)
    return {**states, "on the wire": on_the_wire} if on_the_wire else states


def _sum(amounts: Iterable[Amount]) -> Amount:
    return sum(amounts, Amount())
