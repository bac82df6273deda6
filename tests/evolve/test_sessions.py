"""How long a run was searched: by what its sessions said, and by what killed ones left."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from archive.entry import Finish
from evolve.sessions import searched_s


def at(second: float) -> str:
    return f"2026-03-01T10:{int(second) // 60:02d}:{second % 60:06.3f}+00:00"


def journal_of(notes, finished=(), seconds=None):
    settings = {} if seconds is None else {"seconds": seconds}
    record = SimpleNamespace(started_at=at(0), configuration={"settings": settings})
    finishes = [Finish(i, "d", purpose, at(s)) for i, (purpose, s) in enumerate(finished, start=1)]
    return SimpleNamespace(
        record=record, notes=lambda: list(notes), finishes=lambda after=0: finishes
    )


def stop(elapsed_s: float, second: float):
    return "stop", {"reason": "interrupted", "elapsed_s": elapsed_s}, at(second)


def resumption(second: float, **content):
    return "resume", content, at(second)


@pytest.mark.parametrize(
    ("journal", "expected"),
    [
        (journal_of([]), 0.0),
        (journal_of([stop(100, 101)]), 100.0),
        (journal_of([stop(100, 101), resumption(900), stop(50, 950)]), 150.0),
        (journal_of([stop(650, 660)], seconds=600), 600.0),
        (journal_of([stop(9, 9), resumption(20, seconds=5), stop(7, 30)]), 14.0),
        # killed: until its last evaluation of the search, and not until the next session
        (journal_of([], [("search", 30), ("search", 40), ("rescore", 500)]), 40.0),
        (journal_of([resumption(800), stop(10, 811)], [("search", 40), ("search", 805)]), 50.0),
        (journal_of([("stop", {"elapsed_s": 90, "searched_s": 60}, at(90))]), 60.0),
    ],
)
def test_seconds_of_search(journal, expected):
    assert searched_s(journal) == pytest.approx(expected)
