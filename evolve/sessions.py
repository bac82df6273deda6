"""How long a run was searched, read from its journal: over its start and every resumption."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from archive.journal import Journal

SEARCHED = "searched_s"  # what the note of a stop calls the seconds until there was only judging


@dataclass(frozen=True, slots=True)
class _Session:
    """From a start or a resumption until somebody stopped it or the next one began."""

    begun: datetime
    most_s: float  # what it was given
    elapsed_s: float | None  # what it said when it stopped; None: it was killed


def searched_s(journal: Journal) -> float:
    """Seconds that the search has had, judging and people's answers to a stopped run left out.

    A session that was killed had them until its last evaluation.
    """
    return sum(_lengths_s(journal))


def seconds_left(journal: Journal, seconds: float | None) -> float | None:
    """What is left of the seconds of the whole search; None where they have no limit."""
    return None if seconds is None else max(0.0, seconds - searched_s(journal))


def _lengths_s(journal: Journal) -> Iterator[float]:
    sessions = _sessions(journal)
    arrived = [_when(f.finished_at) for f in journal.finishes() if f.purpose == "search"]
    ends = [s.begun for s in sessions[1:]] + [datetime.max.replace(tzinfo=sessions[0].begun.tzinfo)]
    for session, end in zip(sessions, ends, strict=True):
        took_s = session.elapsed_s
        if took_s is None:
            last = max((at for at in arrived if session.begun <= at < end), default=session.begun)
            took_s = (last - session.begun).total_seconds()
        yield min(took_s, session.most_s)


def _sessions(journal: Journal) -> list[_Session]:
    record = journal.record
    begun, given = record.started_at, record.configuration["settings"].get("seconds")
    sessions, elapsed_s = [], None
    for kind, content, at in journal.notes():
        if kind == "resume":
            sessions.append(_session(begun, given, elapsed_s))
            begun, given, elapsed_s = at, content.get("seconds"), None
        elif kind == "stop":
            elapsed_s = float(content.get(SEARCHED, content["elapsed_s"]))
    return [*sessions, _session(begun, given, elapsed_s)]


def _session(begun: str, given: float | None, elapsed_s: float | None) -> _Session:
    return _Session(_when(begun), math.inf if given is None else given, elapsed_s)


def _when(text: str) -> datetime:
    return datetime.fromisoformat(text)
