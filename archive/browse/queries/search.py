"""Which entries somebody looks for: `by:`, `is:`, `failed:`, `code:`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import get_args

from archive.browse.queries.reading import Reading
from archive.entry import Decision, Outline, failure_kinds
from archive.library import assembled
from evaluators.errors import UsageError, nearest_hint

AT_ONCE = 500  # failed entries whose outcomes are read at once
FORM = "by:swap  is:front  failed:time  is:favourite  is:noted  code:argsort"
_STATES = (*get_args(Decision), "favourite", "noted")
_Test = Callable[[Outline], bool]


@dataclass(frozen=True)
class Query:
    """What an entry must be; all of it."""

    proposers: tuple[str, ...] = ()
    """Parts of the proposer's name."""
    states: tuple[str, ...] = ()
    """Decisions, `favourite`, `noted`."""
    kinds: tuple[str, ...] = ()
    """Parts of a failure's kind."""
    code: str = ""
    """What its source contains."""


def parse_query(text: str) -> Query:
    """The query behind `by:swap is:front code:np.argsort(`; a bare word is part of a proposer.

    What follows `code:` is taken to the end, blanks and all; what follows `failed:` up to the next
    word with a colon. Raises UsageError.
    """
    head, _, code = text.partition("code:")
    found: dict[str, list[str]] = {"by": [], "is": [], "failed": []}
    key = ""
    for word in head.split():
        last = key
        key, colon, value = word.partition(":")
        if not colon and last == "failed":  # a kind has several words
            key, value = last, f"{found[last].pop()} {word}".strip()
        elif not colon:
            key, value = "by", word
        if key not in found:
            raise UsageError(f"nothing is looked for by {key!r}", f"write {FORM}")
        found[key].append(value)
    for state in found["is"]:
        if state not in _STATES:
            raise UsageError(f"no entry is {state!r}", nearest_hint(state, _STATES))
    return Query(tuple(found["by"]), tuple(found["is"]), tuple(found["failed"]), code.strip())


def search(reading: Reading, query: Query) -> list[Outline]:
    """The entries that the query describes, in order of commit. Raises UsageError."""
    tests = _tests(reading, query)
    return [o for o in list(reading.outlines) if all(test(o) for test in tests)]


def _tests(reading: Reading, query: Query) -> list[_Test]:
    """One per condition, the cheap ones first."""
    tests = [_is_by(name) for name in query.proposers]
    tests += [_is(reading, state) for state in query.states]
    if query.kinds:
        tests.append(_failed(kinds_of(reading), query.kinds))
    if query.code:
        with reading.shelf.open(reading.run) as journal:
            tests.append(_has_digest(journal.digests_with(query.code)))
    return tests


def _is_by(name: str) -> _Test:
    return lambda outline: name in outline.proposer


def _is(reading: Reading, state: str) -> _Test:
    marks = reading.marks
    if state == "favourite":
        return lambda outline: outline.number in marks.favourites
    if state == "noted":
        return lambda outline: outline.number in marks.notes
    return lambda outline: outline.decision == state


def _has_digest(digests: Set[str]) -> _Test:
    return lambda outline: outline.digest in digests


def _failed(kinds: Mapping[int, str], wanted: tuple[str, ...]) -> _Test:
    return lambda outline: all(kind in kinds.get(outline.number, "") for kind in wanted)


def kinds_of(reading: Reading) -> dict[int, str]:
    """The kinds of failure of every failed entry that can be read, by number."""
    failed = [o.number for o in list(reading.outlines) if o.decision == "failed"]
    kinds: dict[int, str] = {}
    with reading.shelf.open(reading.run) as journal:
        for start in range(0, len(failed), AT_ONCE):
            part = journal.excerpt(failed[start : start + AT_ONCE])
            found = assembled(part.commits, part.proposals, part.evaluations, None)
            kinds.update((e.number, ", ".join(failure_kinds(e.outcome))) for e in found)
    return kinds
